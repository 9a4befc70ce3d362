package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.storage.LogOptions;
import dev.kith.storage.StorageException;
import dev.kith.testkit.ManualClock;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every call to the disk that a change makes is once the last one, once an error, and once met by a full disk. */
@ExtendWith(Quiet.class)
class EngineCrashTest {
    private static final LogOptions SMALL = new LogOptions(16 << 10, 512, 2048);
    /** No change below makes more calls than this. */
    private static final int CALLS_MAX = 200;

    private static final CollectionName POINTS = new CollectionName("t", "n", "points");
    private static final CollectionName OTHER = new CollectionName("t", "n", "other");
    private static final CollectionName KEYED = new CollectionName("t", "n", "keyed");
    private static final CollectionName NEW = new CollectionName("t", "n", "new");
    private static final CollectionSpec FLOATS = CollectionSpec.floats(4, Metric.L2);
    private static final CollectionSpec WITH_KEYS =
            CollectionSpec.of(ElementType.FLOAT32, 4, KeyPolicy.BYTES, IndexSpec.flat(Metric.L2));

    static Stream<Step> changes() {
        return Stream.of(
                Step.create(NEW, FLOATS),
                Step.put(POINTS, Put.append(vectors(3))),
                Step.put(POINTS, Put.withIds(vectors(3), new long[] {1, 7, 900})),
                Step.put(POINTS, Put.replace(vectors(2), new long[] {0, 2})),
                // Larger than a log file: the log goes on in a new one.
                Step.put(POINTS, Put.append(vectors(1200))),
                Step.put(KEYED, Put.withKeys(vectors(2), keys("a", "z"), List.of(payload(1), payload(9)))),
                // Keeps the point that it names, and ends the other one that is accepted; and of many parts.
                Step.put(
                        KEYED,
                        Put.withKeys(vectors(2), keys("b", "z"), List.of(payload(1), payload(9)))
                                .insteadOf(numbered(1, 2))),
                Step.put(POINTS, Put.append(vectors(1200)).insteadOf(Filter.ALL)),
                Step.put(KEYED, Put.withKeys(vectors(0), List.of(), List.of()).insteadOf(numbered(0))),
                Step.delete(POINTS, new Selection.Ids(new long[] {0, 1, 55})),
                Step.delete(KEYED, new Selection.Keys(keys("b"))),
                Step.reset(POINTS),
                Step.drop(POINTS),
                Step.alter(POINTS, "nprobe", 7),
                Step.merge(OTHER, List.of(POINTS, OTHER), false),
                Step.merge(OTHER, List.of(POINTS), true));
    }

    private static VectorBlock vectors(int count) {
        return World.smallVectors(new Random(count), FLOATS, count);
    }

    private static List<Put.Key> keys(String... texts) {
        return Stream.of(texts).map(Put.Key::of).toList();
    }

    private static Filter numbered(int... numbers) {
        return new Filter.In(
                FieldPath.of("n"),
                IntStream.of(numbers).<Value>mapToObj(Value.Int::new).toList());
    }

    private static Value.Fields payload(int n) {
        return new Value.Fields(Map.of("n", new Value.Int(n)));
    }

    /** A disk, the engine on it, and what it should hold. */
    private static final class Life {
        private FaultyDirectory disk = FaultyDirectory.empty();
        private final World world = new World();
        private final ManualClock clock = ManualClock.atNewYear();
        private Engine engine = open(disk, clock);

        Life() {
            acknowledged(Step.create(POINTS, FLOATS));
            acknowledged(Step.create(OTHER, FLOATS));
            acknowledged(Step.create(KEYED, WITH_KEYS));
            acknowledged(Step.put(POINTS, Put.append(vectors(5))));
            acknowledged(Step.put(POINTS, Put.withIds(vectors(2), new long[] {3, 70})));
            acknowledged(Step.delete(POINTS, new Selection.Ids(new long[] {4})));
            acknowledged(Step.put(OTHER, Put.append(vectors(4))));
            acknowledged(Step.put(
                    KEYED, Put.withKeys(vectors(3), keys("a", "b", "c"), List.of(payload(0), payload(1), payload(2)))));
        }

        void acknowledged(Step step) {
            assertThat(step.answer(engine)).as(step.toString()).isEqualTo(step.expected(world));
        }

        void reopen(FaultyDirectory found) {
            try {
                engine.close();
            } catch (StorageException expected) {
                // The disk is gone; threads and memory are let go.
            }
            disk = found;
            engine = open(disk, clock);
        }

        /** What the engine shows after a while, in which it may try again to open what it could not. */
        List<String> seen() {
            clock.advance(Duration.ofSeconds(10));
            return World.everything(engine, List.of("t"));
        }
    }

    /** Opens an engine and all its collections, so that from then on only our calls reach the disk. */
    private static Engine open(FaultyDirectory disk) {
        return open(disk, ManualClock.atNewYear());
    }

    private static Engine open(FaultyDirectory disk, ManualClock clock) {
        Engine engine = Engine.open(EngineOptions.durable(disk, 1 << 28, 1).with(SMALL, clock));
        engine.list("t");
        return engine;
    }

    private static List<CrashPolicy> policies() {
        List<CrashPolicy> policies = new ArrayList<>(List.of(CrashPolicy.DROP_ALL, CrashPolicy.KEEP_ALL));
        IntStream.range(0, 2).forEach(seed -> policies.add(CrashPolicy.seeded(seed)));
        return policies;
    }

    @ParameterizedTest
    @MethodSource("changes")
    void change_powerLostAtEveryCall_isThereWhollyOrNotAtAll(Step change) {
        for (CrashPolicy policy : policies()) {
            boolean failed = true;
            for (int call = 1; failed; call++) {
                assertThat(call).isLessThan(CALLS_MAX);
                failed = powerGoes(change, policy, call);
            }
        }
    }

    /** Answers whether the change made that many calls. */
    private static boolean powerGoes(Step change, CrashPolicy policy, int call) {
        Life life = new Life();
        String doing = "%s, call %d".formatted(change, call);
        long last = life.disk.calls() + call;
        life.disk.failAt(last, Kind.CRASH);
        World after = life.world.copy();
        String expected = change.expected(after);
        boolean acknowledged = change.answer(life.engine).equals(expected);
        boolean failed = life.disk.calls() >= last;
        assertThat(failed || acknowledged).as(doing).isTrue();
        life.reopen(life.disk.crash(policy));
        List<String> seen = life.seen();
        if (acknowledged) {
            assertThat(seen).as(doing).isEqualTo(after.everything());
        } else {
            assertThat(seen).as(doing).isIn(life.world.everything(), after.everything());
        }
        requireNoOrphans(life, doing);
        requireUsable(life.engine, doing);
        life.engine.close();
        return failed;
    }

    private static void requireNoOrphans(Life life, String doing) {
        assertThat(life.disk.folder("collections").names())
                .as(doing)
                .hasSize(life.engine.list("t").size());
    }

    private static void requireUsable(Engine engine, String doing) {
        CollectionName name = new CollectionName("t", "n", "afterwards");
        engine.create(name, FLOATS);
        assertThat(engine.put(name, Put.append(vectors(2))).points()).as(doing).isEqualTo(2);
        for (CollectionName there : List.of(POINTS, OTHER)) {
            engine.find(there).ifPresent(info -> {
                Put.Result result = engine.put(there, Put.append(vectors(1)));
                assertThat(result.points()).as(doing).isEqualTo(info.points() + 1);
                assertThat(engine.get(there, result.ids()).total()).as(doing).isEqualTo(info.points() + 1);
            });
        }
    }

    @Test
    void firstOpening_powerLostAtEveryCall_opensEmptyAfterwards() {
        for (CrashPolicy policy : policies()) {
            boolean failed = true;
            for (int call = 1; failed; call++) {
                FaultyDirectory disk = FaultyDirectory.empty();
                disk.failAt(call, Kind.CRASH);
                try {
                    open(disk).close();
                    failed = false;
                } catch (StorageException expected) {
                    assertThat(call).isLessThan(CALLS_MAX);
                }
                FaultyDirectory found = disk.crash(policy);
                Engine engine = open(found);
                assertThat(engine.list("t")).isEmpty();
                requireUsable(engine, "first opening, call " + call);
                engine.close();
            }
        }
    }

    @Test
    void opening_powerLostAtEveryCall_losesNothing() {
        for (CrashPolicy policy : policies()) {
            boolean failed = true;
            for (int call = 1; failed; call++) {
                Life life = new Life();
                Step.drop(OTHER).expected(life.world);
                life.disk.failAt(life.disk.calls() + 4, Kind.IO_ERROR);
                String dropped = Step.drop(OTHER).answer(life.engine);
                FaultyDirectory disk = life.disk.kill();
                disk.failAt(disk.calls() + call, Kind.CRASH);
                try {
                    open(disk).close();
                } catch (StorageException expected) {
                    assertThat(call).isLessThan(CALLS_MAX);
                }
                failed = disk.calls() >= call;
                life.reopen(disk.crash(policy));
                assertThat(life.seen()).as("%s, call %d", dropped, call).isEqualTo(life.world.everything());
                requireNoOrphans(life, "opening, call " + call);
                requireUsable(life.engine, "opening, call " + call);
                life.engine.close();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("changes")
    void change_errorAtEveryCall_stopsWritingAndKeepsReading(Step change) {
        for (Kind kind : List.of(Kind.IO_ERROR, Kind.FAILED_FORCE, Kind.DISK_FULL)) {
            boolean failed = true;
            for (int call = 1; failed; call++) {
                assertThat(call).isLessThan(CALLS_MAX);
                Life life = new Life();
                long before = life.disk.calls();
                life.disk.failAt(before + call, kind);
                String doing = "%s, %s at call %d".formatted(change, kind, call);
                String answer = change.answer(life.engine);
                failed = life.disk.calls() >= before + call;
                requireHonest(life, change, answer, doing);
            }
        }
    }

    private static void requireHonest(Life life, Step change, String answer, String doing) {
        World after = life.world.copy();
        if (answer.equals(change.expected(after))) {
            assertThat(life.seen()).as(doing).isEqualTo(after.everything());
            life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
            assertThat(life.seen()).as(doing).isEqualTo(after.everything());
        } else if (answer.equals("EXHAUSTED")) {
            assertThat(life.seen()).as(doing).isEqualTo(life.world.everything());
            life.acknowledged(change);
            assertThat(life.seen()).as(doing).isEqualTo(life.world.everything());
            life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
            assertThat(life.seen()).as(doing).isEqualTo(life.world.everything());
        } else {
            assertThat(answer).as(doing).isEqualTo("UNAVAILABLE");
            assertThat(life.seen()).as(doing).isEqualTo(life.world.everything());
            assertThat(life.engine.search(POINTS, Query.nearest(vectors(1), 3)))
                    .as(doing)
                    .hasSize(1);
            String again = change.answer(life.engine);
            if (change.text().startsWith("create")) {
                // What failed may have been the new folder only, and nothing is lost with that.
                assertThat(again).as(doing).isIn("UNAVAILABLE", "created");
            } else {
                assertThat(again).as(doing).isEqualTo("UNAVAILABLE");
            }
            life.reopen(life.disk.crash(CrashPolicy.KEEP_ALL));
            assertThat(life.seen()).as(doing).isIn(life.world.everything(), after.everything());
        }
        requireNoOrphans(life, doing);
        requireUsable(life.engine, doing);
        life.engine.close();
    }

    @ParameterizedTest
    @MethodSource("changes")
    void change_onFullDisk_isRefusedAndWorksWhenThereIsRoom(Step change) {
        boolean refused = true;
        for (long room = 0; refused; room = room * 2 + 300) {
            Life life = new Life();
            life.disk.capacity(life.disk.used() + room);
            String doing = "%s, room for %d bytes".formatted(change, room);
            World after = life.world.copy();
            String expected = change.expected(after);
            String answer = change.answer(life.engine);
            refused = !answer.equals(expected);
            if (refused) {
                assertThat(answer).as(doing).isEqualTo("EXHAUSTED");
                assertThat(life.seen()).as(doing).isEqualTo(life.world.everything());
                life.disk.capacity(Long.MAX_VALUE);
                life.acknowledged(change);
            }
            life.disk.capacity(Long.MAX_VALUE);
            assertThat(life.seen()).as(doing).isEqualTo(after.everything());
            life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
            assertThat(life.seen()).as(doing).isEqualTo(after.everything());
            life.engine.close();
        }
    }

    @Test
    void put_ofManyPartsCutShort_isNotThereAndLeavesNothingInItsSlots() {
        CollectionSpec wide = CollectionSpec.floats(4000, Metric.L2);
        int count = 700; // 11 MB: three parts.
        List<Value.Fields> payloads =
                IntStream.range(0, count).mapToObj(EngineCrashTest::payload).toList();
        VectorBlock vectors = World.smallVectors(new Random(1), wide, count);
        Step large = Step.put(
                NEW, new Put(vectors, Optional.empty(), List.of(), payloads, Put.Known.REPLACE, Optional.empty()));
        int unfinished = 0;
        // The last calls are the parts' appends and the force; before them room is made.
        long calls = requireWholeOrCleared(wide, large, Long.MAX_VALUE, false);
        for (long call = calls - 5; call <= calls; call++) {
            long points = requireWholeOrCleared(wide, large, call, true);
            unfinished += points == 1 ? 1 : 0;
        }
        assertThat(unfinished).isBetween(1, 5);
    }

    /** Answers how many calls the put made, or how many points were found after the loss of power. */
    private static long requireWholeOrCleared(CollectionSpec spec, Step large, long call, boolean crash) {
        FaultyDirectory disk = FaultyDirectory.empty();
        Engine engine = open(disk);
        World world = new World();
        Step first = Step.put(NEW, Put.append(World.smallVectors(new Random(2), spec, 1)));
        Step.create(NEW, spec).answer(engine);
        Step.create(NEW, spec).expected(world);
        assertThat(first.answer(engine)).isEqualTo(first.expected(world));
        long before = disk.calls();
        disk.failAt(crash ? before + call : Long.MAX_VALUE, Kind.CRASH);
        String answer = large.answer(engine);
        long made = disk.calls() - before;
        FaultyDirectory found = disk.crash(CrashPolicy.KEEP_ALL);
        closeWithoutDisk(engine);
        try (Engine reopened = open(found)) {
            long points = reopened.find(NEW).orElseThrow().points();
            if (points > 1 || !answer.equals("UNAVAILABLE")) {
                large.expected(world);
            }
            Step small = Step.put(NEW, Put.append(World.smallVectors(new Random(3), spec, 2)));
            assertThat(small.answer(reopened)).isEqualTo(small.expected(world));
            assertThat(World.everything(reopened, List.of("t")).equals(world.everything()))
                    .as("call %d, %s, %d points", call, answer, points)
                    .isTrue();
            return crash ? points : made;
        }
    }

    private static void closeWithoutDisk(Engine engine) {
        try {
            engine.close();
        } catch (StorageException expected) {
            // The disk is gone.
        }
    }

    @Test
    void create_afterTheCataloguesForceFailed_leavesTheFirstFolderAlone() {
        int refusals = 0;
        for (int call = 1; call < 20; call++) {
            Life life = new Life();
            life.disk.failAt(life.disk.calls() + call, Kind.FAILED_FORCE);
            if (!Step.create(NEW, FLOATS).answer(life.engine).equals("UNAVAILABLE")) {
                continue;
            }
            refusals++;
            String answer =
                    Step.create(NEW, CollectionSpec.floats(9, Metric.L2)).answer(life.engine);
            life.reopen(life.disk.kill());
            life.engine.find(NEW).ifPresent(info -> {
                assertThat(info.damage()).isEmpty();
                assertThat(info.spec().dimension()).isEqualTo(answer.equals("created") ? 9 : 4);
            });
            life.engine.close();
        }
        assertThat(refusals).isPositive();
    }
}
