package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.FaultyDirectory;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the engine takes it gives back, and what does not fit is refused before anything is done. */
@ExtendWith(Quiet.class)
class EngineMemoryTest {
    private static final CollectionName NAME = new CollectionName("t", "n", "points");

    private static VectorBlock vectors(int count) {
        return new VectorBlock.Floats(new float[count * 8], count, 8);
    }

    @Test
    void memory_afterManyLives_isBackAtTheStart() {
        try (Engine engine = Engine.open(EngineOptions.durable(FaultyDirectory.empty(), 1 << 28, 1))) {
            CollectionName stays = new CollectionName("t", "n", "stays");
            engine.create(stays, CollectionSpec.floats(8, Metric.L2));
            engine.put(stays, Put.append(vectors(100)));
            long before = engine.stats().memoryBytes();
            assertThat(before).isPositive();
            for (int i = 0; i < 1000; i++) {
                engine.create(NAME, CollectionSpec.floats(8, Metric.L2));
                engine.put(NAME, Put.append(vectors(50)));
                engine.search(NAME, Query.nearest(vectors(1), 3));
                if (i % 2 == 0) {
                    engine.reset(NAME);
                    engine.put(NAME, Put.append(vectors(10)));
                    engine.reset(NAME);
                }
                engine.drop(NAME);
            }
            assertThat(engine.stats().memoryBytes()).isEqualTo(before);
            assertThat(engine.stats().collections()).isEqualTo(1);
        }
    }

    @Test
    void put_beyondTheBudget_isRefusedWithNumbersAndLeavesNothing() {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 100_000, 1))) {
            engine.create(NAME, CollectionSpec.floats(8, Metric.L2));
            engine.put(NAME, Put.append(vectors(100)));
            long calls = disk.calls();
            long used = engine.stats().memoryBytes();
            assertThatThrownBy(() -> engine.put(NAME, Put.append(vectors(5000))))
                    .isInstanceOfSatisfying(Rejection.class, refused -> {
                        assertThat(refused.code()).isEqualTo(Rejection.Code.EXHAUSTED);
                        assertThat(refused.text()).contains(Long.toString(100_000 - used), "100000", "needed");
                    });
            assertThat(disk.calls()).isEqualTo(calls);
            assertThat(engine.stats().memoryBytes()).isEqualTo(used);
            assertThat(engine.put(NAME, Put.append(vectors(1))).ids()).containsExactly(100);
        }
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 100_000, 1))) {
            assertThat(engine.find(NAME).orElseThrow().points()).isEqualTo(101);
        }
    }

    @Test
    void put_ofChosenIds_countsTheMapOfIds() {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 100_000, 1))) {
            engine.create(NAME, CollectionSpec.floats(8, Metric.L2));
            long[] scattered = LongStream.range(0, 1000).map(i -> 3 * i).toArray();
            long calls = disk.calls();
            assertThatThrownBy(() -> engine.put(NAME, Put.withIds(vectors(1000), scattered)))
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.EXHAUSTED));
            assertThat(disk.calls()).isEqualTo(calls);
            assertThat(engine.put(NAME, Put.append(vectors(1000))).points()).isEqualTo(1000);
        }
    }

    @Test
    void put_withPayloads_countsThem() {
        try (Engine engine = Engine.open(EngineOptions.inMemory(3 << 20, 1))) {
            engine.create(NAME, KEYED);
            assertThat(engine.put(NAME, keyed(0, 10)).points()).isEqualTo(10);
            long used = engine.stats().memoryBytes();
            assertThatThrownBy(() -> engine.put(NAME, keyed(10, 300)))
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.EXHAUSTED));
            assertThat(engine.stats().memoryBytes()).isEqualTo(used);
            assertThat(engine.put(NAME, keyed(10, 20)).points()).isEqualTo(30);
            assertThat(engine.stats().memoryBytes()).isBetween(used + 200_000, used + 210_000);
        }
    }

    private static final CollectionSpec KEYED =
            CollectionSpec.of(ElementType.FLOAT32, 8, KeyPolicy.BYTES, IndexSpec.flat(Metric.L2));

    /** Points with payloads of 10 kB. */
    private static Put keyed(int first, int count) {
        Value.Fields payload = Value.Fields.EMPTY.with("text", new Value.Text("x".repeat(10_000)));
        return Put.withKeys(
                vectors(count),
                IntStream.range(first, first + count)
                        .mapToObj(i -> Put.Key.of("key " + i))
                        .toList(),
                Collections.nCopies(count, payload));
    }

    /** What fits while it grows fits again when it is replayed, in whatever order: or a restart would lose it. */
    @Test
    void open_withTheBudgetThatWasFilled_succeeds() {
        for (long seed = 0; seed < 6; seed++) {
            Seeded seeded = new Seeded(seed);
            Random random = seeded.random();
            FaultyDirectory disk = FaultyDirectory.empty();
            List<CollectionName> names = IntStream.range(0, 4)
                    .mapToObj(i -> new CollectionName("t", "n", "c" + i))
                    .toList();
            List<Long> points = new ArrayList<>();
            try (Engine engine = Engine.open(EngineOptions.durable(disk, 4 << 20, 1))) {
                for (CollectionName name : names) {
                    engine.create(name, name.name().equals("c0") ? KEYED : CollectionSpec.floats(8, Metric.L2));
                }
                for (int refusals = 0; refusals < 3; ) {
                    int which = random.nextInt(4);
                    int count = 1 + random.nextInt(which == 0 ? 20 : 3000);
                    Put put = which == 0
                            ? keyed(random.nextInt(200), count)
                            : Put.withIds(
                                    vectors(count),
                                    random.longs(count, 0, 100_000).toArray());
                    try {
                        engine.put(names.get(which), put);
                    } catch (Rejection full) {
                        assertThat(full.code()).isEqualTo(Rejection.Code.EXHAUSTED);
                        refusals++;
                    }
                }
                names.forEach(name -> points.add(engine.find(name).orElseThrow().points()));
            }
            try (Engine engine = Engine.open(EngineOptions.durable(disk, 4 << 20, 1))) {
                assertThat(names.stream()
                                .map(name -> engine.find(name).orElseThrow().points())
                                .toList())
                        .as("%s", seeded)
                        .isEqualTo(points);
            }
        }
    }

    @Test
    void open_beyondTheBudget_refusesThatCollectionAndKeepsItsFiles() {
        FaultyDirectory disk = FaultyDirectory.empty();
        CollectionName small = new CollectionName("t", "n", "small");
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 1 << 28, 1))) {
            engine.create(small, CollectionSpec.floats(8, Metric.L2));
            engine.put(small, Put.append(vectors(2)));
            engine.create(NAME, CollectionSpec.floats(8, Metric.L2));
            engine.put(NAME, Put.append(vectors(5000)));
        }
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 100_000, 1))) {
            assertThatThrownBy(() -> engine.scan(NAME, 0, 1))
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.EXHAUSTED));
            CollectionInfo info = engine.find(NAME).orElseThrow();
            assertThat(info.unavailable().orElseThrow().text())
                    .startsWith("The collection cannot be opened: Memory budget reached: ");
            assertThatThrownBy(info::points).isInstanceOf(Rejection.class);
            assertThat(engine.list("t")).contains(info);
            assertThat(engine.find(small).orElseThrow().points()).isEqualTo(2);
            assertThat(engine.stats().memoryBytes()).isLessThan(1000);
        }
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 1 << 28, 1))) {
            assertThat(engine.find(NAME).orElseThrow().points()).isEqualTo(5000);
        }
    }
}
