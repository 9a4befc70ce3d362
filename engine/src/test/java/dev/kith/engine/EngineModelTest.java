package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.payload.Payloads;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.LogOptions;
import dev.kith.storage.StorageException;
import dev.kith.testkit.ManualClock;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Filter;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Long random lists of calls, with restarts and losses of power between and within them, agree with plain maps. */
@ExtendWith(Quiet.class)
class EngineModelTest {
    /** Files of 16 KiB, so that logs go on in new ones all the time. */
    private static final LogOptions SMALL = new LogOptions(16 << 10, 512, 2048);

    private static final List<CollectionName> NAMES = List.of(
            new CollectionName("a", "n", "one"),
            new CollectionName("a", "n", "two"),
            new CollectionName("a", "m", "one"),
            new CollectionName("b", "n", "one"));
    private static final List<CollectionSpec> SPECS = List.of(
            CollectionSpec.floats(3, Metric.L2),
            CollectionSpec.floats(3, Metric.INNER_PRODUCT),
            CollectionSpec.of(ElementType.FLOAT32, 3, KeyPolicy.BYTES, IndexSpec.flat(Metric.L2)),
            CollectionSpec.of(ElementType.BIT, 10, KeyPolicy.NONE, IndexSpec.flat(Metric.HAMMING)));
    private static final int BATCH_MAX = 40;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void calls_withRestartsAndCrashes_agreeWithMaps(long seed) {
        new Life(seed).run(200);
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(longs = {101, 102, 103, 104, 105, 106, 107, 108, 109, 110})
    void calls_manyWithRestartsAndCrashes_agreeWithMaps(long seed) {
        new Life(seed).run(4000);
    }

    /** One run. */
    private static final class Life {
        private final Seeded seeded;
        private final Random random;
        private final Payloads generator;
        private final ManualClock clock = ManualClock.atNewYear();
        private FaultyDirectory disk = FaultyDirectory.empty();
        private World world = new World();
        private Engine engine;
        private String doing = "";

        Life(long seed) {
            this.seeded = new Seeded(seed);
            this.random = seeded.random();
            this.generator = new Payloads(random);
            this.engine = open();
        }

        private Engine open() {
            Engine opened = Engine.open(EngineOptions.durable(disk, 1 << 26, 1).with(SMALL, clock));
            // Background opening makes calls of its own; afterwards their number depends on ours alone.
            opened.list("a");
            opened.list("b");
            return opened;
        }

        void run(int calls) {
            for (int i = 0; i < calls; i++) {
                Step step = step();
                doing = "%s, call %d: %s".formatted(seeded, i, step);
                switch (random.nextInt(40)) {
                    case 0 -> restart(() -> disk.kill(), true);
                    case 1 -> restart(() -> disk.kill(), false);
                    case 2 -> restart(() -> disk.crash(random.nextLong()), false);
                    case 3, 4 -> crashDuring(step);
                    default -> assertThat(step.answer(engine)).as(doing).isEqualTo(step.expected(world));
                }
                clock.advance(java.time.Duration.ofMillis(random.nextInt(2000) - 500));
            }
            restart(() -> disk.crash(random.nextLong()), true);
            engine.close();
        }

        private void restart(java.util.function.Supplier<FaultyDirectory> found, boolean clean) {
            if (clean) {
                engine.close();
            }
            disk = found.get();
            if (!clean) {
                closeWithoutDisk();
            }
            engine = open();
            assertThat(seen()).as(doing + " restarted").isEqualTo(world.everything());
        }

        private void crashDuring(Step step) {
            World before = world.copy();
            String expected = step.expected(world);
            disk.failAt(disk.calls() + 1 + random.nextInt(6), FaultyDirectory.Kind.CRASH);
            String answer = step.answer(engine);
            disk = disk.crash(random.nextLong());
            closeWithoutDisk();
            engine = open();
            if (answer.equals(expected)) {
                assertThat(seen()).as(doing + " acknowledged").isEqualTo(world.everything());
            } else if (!seen().equals(world.everything())) {
                world = before;
                assertThat(seen()).as(doing + " not acknowledged").isEqualTo(world.everything());
            }
        }

        private void closeWithoutDisk() {
            try {
                engine.close();
            } catch (StorageException expected) {
                // Nothing can be forced any more; threads and memory are let go.
            }
        }

        private List<String> seen() {
            return World.everything(engine, List.of("a", "b"));
        }

        private Step step() {
            CollectionName name = NAMES.get(random.nextInt(NAMES.size()));
            return switch (random.nextInt(26)) {
                case 24, 25 -> scanByKey(name);
                case 22 -> Step.index(name, generator.someFields());
                case 23 -> Step.select(name, generator.filter(), random.nextInt(60) - 1, random.nextInt(60));
                case 20 -> Step.checkpoint(name);
                case 21 -> Step.compact(name);
                case 0 -> Step.drop(name);
                case 1 -> Step.reset(name);
                case 2 -> Step.alter(name, "ef", random.nextInt(100));
                case 3 ->
                    Step.merge(
                            name,
                            IntStream.range(0, 1 + random.nextInt(2))
                                    .mapToObj(i -> NAMES.get(random.nextInt(NAMES.size())))
                                    .toList(),
                            random.nextBoolean());
                case 4, 5, 6 -> Step.delete(name, selection(name));
                case 7 -> Step.scan(name, random.nextInt(60), random.nextInt(60));
                case 8 -> Step.get(name, ids(1 + random.nextInt(2)));
                case 9, 10 -> spec(name).map(spec -> search(name, spec)).orElseGet(() -> create(name));
                default ->
                    spec(name).map(spec -> Step.put(name, inPlace(put(spec)))).orElseGet(() -> create(name));
            };
        }

        private Optional<CollectionSpec> spec(CollectionName name) {
            return engine.find(name).map(info -> info.spec());
        }

        private Step create(CollectionName name) {
            return Step.create(name, SPECS.get(random.nextInt(SPECS.size())));
        }

        /** Now and then others end with a put. */
        private Put inPlace(Put put) {
            return random.nextInt(5) == 0 ? put.insteadOf(generator.filter()) : put;
        }

        private Put put(CollectionSpec spec) {
            int count = random.nextInt(BATCH_MAX);
            var vectors = World.smallVectors(random, spec, count);
            List<Value.Fields> payloads = random.nextBoolean() ? List.of() : payloads(count);
            if (spec.keyPolicy() == KeyPolicy.BYTES) {
                return Put.withKeys(vectors, keys(count), payloads).with(known());
            }
            Optional<long[]> ids = random.nextBoolean() ? Optional.of(ids(count)) : Optional.empty();
            Put.Known known = ids.isPresent() ? known() : Put.Known.REPLACE;
            return new Put(vectors, ids, List.of(), payloads, known, Optional.empty());
        }

        private Put.Known known() {
            return switch (random.nextInt(4)) {
                case 0 -> Put.Known.REQUIRE;
                case 1 -> Put.Known.KEEP;
                default -> Put.Known.REPLACE;
            };
        }

        private Step scanByKey(CollectionName name) {
            Optional<Put.Key> after = random.nextInt(4) == 0 ? Optional.empty() : Optional.of(keys(1).getFirst());
            return Step.scanByKey(name, after, random.nextInt(60));
        }

        private Step search(CollectionName name, CollectionSpec spec) {
            var queries = World.smallVectors(random, spec, 1 + random.nextInt(10));
            Query.Reach reach = random.nextBoolean()
                    ? new Query.Reach.Nearest(1 + random.nextInt(30))
                    : new Query.Reach.Within(-random.nextInt(12));
            Filter filter = random.nextInt(3) == 0 ? generator.filter() : Filter.ALL;
            return Step.search(name, new Query(queries, Optional.empty(), reach, filter));
        }

        private Selection selection(CollectionName name) {
            boolean keyed = spec(name)
                    .filter(spec -> spec.keyPolicy() == KeyPolicy.BYTES)
                    .isPresent();
            return switch (random.nextInt(8)) {
                case 0 -> new Selection.Matching(generator.filter());
                case 1, 2, 3, 4 -> keyed ? new Selection.Keys(keys(3)) : new Selection.Ids(ids(3));
                case 5 -> new Selection.Keys(keys(1));
                default -> new Selection.Ids(ids(random.nextInt(20)));
            };
        }

        /** Small ids, so that many are there; now and then a large one. */
        private long[] ids(int count) {
            return random.longs(count, 0, 80)
                    .map(id -> random.nextInt(40) == 0 ? id << 40 : id)
                    .toArray();
        }

        private List<Put.Key> keys(int count) {
            return random.ints(count, 0, 50)
                    .mapToObj(i -> Put.Key.of("k".repeat(1 + i % 3) + i))
                    .toList();
        }

        private List<Value.Fields> payloads(int count) {
            return Stream.generate(generator::payload).limit(count).toList();
        }
    }
}
