package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.FaultyDirectory;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
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
            assertThat(engine.find(NAME).orElseThrow().damage()).isPresent();
            assertThat(engine.find(small).orElseThrow().points()).isEqualTo(2);
            assertThat(engine.stats().memoryBytes()).isLessThan(1000);
        }
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 1 << 28, 1))) {
            assertThat(engine.find(NAME).orElseThrow().points()).isEqualTo(5000);
        }
    }
}
