package dev.kith.engine;

import static dev.kith.engine.CheckpointLife.ALL;
import static dev.kith.engine.CheckpointLife.DENSE;
import static dev.kith.engine.CheckpointLife.FLOATS;
import static dev.kith.engine.CheckpointLife.KEYED;
import static dev.kith.engine.CheckpointLife.NEVER;
import static dev.kith.engine.CheckpointLife.POINTS;
import static dev.kith.engine.CheckpointLife.WITHOUT_PADDING;
import static dev.kith.engine.CheckpointLife.open;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.testkit.Await;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Compaction: nobody sees it, no step of it loses anything, and memory and disk come back. */
@Timeout(120)
@ExtendWith(Quiet.class)
class EngineCompactionTest {
    private static final int CALLS_MAX = 200;

    /** A life with a checkpoint, then more, then much deleted. */
    private static CheckpointLife begun() {
        CheckpointLife life = new CheckpointLife();
        life.checkpointAll();
        life.fill();
        ALL.forEach(name -> life.done(
                Step.delete(name, new Selection.Ids(LongStream.range(0, 40).toArray()))));
        return life;
    }

    @Test
    void compaction_changesNothingThatAnybodySees() {
        CheckpointLife life = begun();
        for (int round = 0; round < 4; round++) {
            String doing = "round " + round;
            ALL.forEach(name -> life.done(Step.compact(name)));
            life.requireSame(doing);
            life.done(Step.put(POINTS, Put.append(World.smallVectors(life.random, FLOATS, 3))));
            life.done(Step.delete(POINTS, new Selection.Ids(new long[] {50, 51, 52})));
            life.requireSame(doing + ", after a change");
            life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
            life.requireSame(doing + ", restarted");
            life.fill();
            life.done(Step.delete(
                    KEYED,
                    new Selection.Keys(IntStream.range(0, 20)
                            .mapToObj(i -> Put.Key.of("k" + i))
                            .toList())));
            life.requireSame(doing + ", more");
        }
    }

    @Test
    void compaction_ofNothingAndOfAllEnded_leavesAnEmptyCollectionThatTakesMore() {
        CheckpointLife life = begun();
        ALL.forEach(name -> life.done(
                Step.delete(name, new Selection.Ids(LongStream.range(0, 8000).toArray()))));
        ALL.forEach(name -> life.done(Step.compact(name)));
        life.requireSame("empty");
        ALL.forEach(name -> life.done(Step.compact(name)));
        life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
        life.requireSame("empty, restarted");
        life.fill();
        life.requireSame("filled");
    }

    @Test
    @Tag("slow")
    void compaction_powerLostAtEveryCall_losesNothing() {
        List<CrashPolicy> policies = Stream.concat(
                        Stream.of(CrashPolicy.DROP_ALL, CrashPolicy.KEEP_ALL),
                        IntStream.range(0, 4).mapToObj(CrashPolicy::seeded))
                .toList();
        for (CrashPolicy policy : policies) {
            boolean failed = true;
            for (int call = 1; failed; call++) {
                assertThat(call).isLessThan(CALLS_MAX);
                CheckpointLife life = begun();
                String doing = "%s, call %d".formatted(policy, call);
                long last = life.disk.calls() + call;
                life.disk.failAt(last, Kind.CRASH);
                assertThat(life.engine.compact(POINTS) || life.disk.calls() >= last)
                        .as(doing)
                        .isTrue();
                failed = life.disk.calls() >= last;
                life.requireUnharmed(life.disk.crash(policy), POINTS, doing);
            }
        }
    }

    @Test
    @Tag("slow")
    void compaction_errorAtEveryCall_losesNothing() {
        for (Kind kind : List.of(Kind.IO_ERROR, Kind.FAILED_FORCE, Kind.DISK_FULL)) {
            boolean failed = true;
            for (int call = 1; failed; call++) {
                assertThat(call).isLessThan(CALLS_MAX);
                CheckpointLife life = begun();
                String doing = "%s, call %d".formatted(kind, call);
                long last = life.disk.calls() + call;
                life.disk.failAt(last, kind);
                assertThat(life.engine.compact(POINTS)).as(doing).isTrue();
                failed = life.disk.calls() >= last;
                life.requireSame(doing);
                life.requireUnharmed(life.disk.crash(CrashPolicy.DROP_ALL), POINTS, doing);
            }
        }
    }

    @Test
    void deletingHalf_inTheBackground_givesMemoryAndDiskBack() {
        FaultyDirectory disk = FaultyDirectory.empty();
        World world = new World();
        Random random = new Random(8);
        try (Engine engine = open(disk, new CheckpointOptions(256 << 10, 0))) {
            Step.create(DENSE, WITHOUT_PADDING).answer(engine);
            Step.create(DENSE, WITHOUT_PADDING).expected(world);
            for (int i = 0; i < 20; i++) {
                Step put = Step.put(DENSE, Put.append(World.smallVectors(random, WITHOUT_PADDING, 1000)));
                assertThat(put.answer(engine)).isEqualTo(put.expected(world));
            }
            for (int i = 0; i < 20; i += 2) {
                long[] ids = LongStream.range(i * 1000, i * 1000 + 1000).toArray();
                Step delete = Step.delete(DENSE, new Selection.Ids(ids));
                assertThat(delete.answer(engine)).isEqualTo(delete.expected(world));
            }
            long live = 10_000L * (32 * Float.BYTES + Long.BYTES);
            Await.until("the disk given back", () -> disk.used() < live * 3 / 2);
            assertThat(engine.stats().memoryBytes()).isLessThan(15_000L * 160);
            assertThat(World.everything(engine, List.of("t"))).isEqualTo(world.everything());
        }
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL), NEVER)) {
            assertThat(World.everything(engine, List.of("t"))).isEqualTo(world.everything());
        }
    }

    @Test
    void compaction_whileOthersWriteAndSearch_carriesAllOver() throws Exception {
        CheckpointLife life = begun();
        AtomicBoolean done = new AtomicBoolean();
        AtomicInteger made = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread compacting = Thread.ofPlatform().start(() -> {
            try {
                while (!done.get()) {
                    // A reset that comes between ends one, no more than that.
                    made.addAndGet(life.engine.compact(POINTS) ? 1 : 0);
                    assertThat(life.engine.compact(KEYED)).isTrue();
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        Thread searching = Thread.ofPlatform().start(() -> {
            try {
                Random random = new Random(4);
                while (!done.get()) {
                    life.engine.search(POINTS, Query.nearest(World.smallVectors(random, FLOATS, 2), 5));
                    life.engine.scan(POINTS, 0, 10);
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        Random random = new Random(99);
        for (int i = 0; i < 1500; i++) {
            Step step = step(random);
            assertThat(step.answer(life.engine)).as("call %d: %s", i, step).isEqualTo(step.expected(life.world));
        }
        done.set(true);
        compacting.join();
        searching.join();
        assertThat(failure.get()).isNull();
        assertThat(made.get()).isGreaterThan(20);
        life.requireSame("after all");
        life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
        life.requireSame("restarted");
        life.engine.close();
    }

    private static Step step(Random random) {
        List<Put.Key> keys = random.ints(5, 0, 60)
                .distinct()
                .mapToObj(i -> Put.Key.of("k" + i))
                .toList();
        long[] ids = random.longs(6, 0, 200).distinct().toArray();
        return switch (random.nextInt(8)) {
            case 0 -> Step.delete(POINTS, new Selection.Ids(ids));
            case 1 -> Step.delete(KEYED, new Selection.Keys(keys));
            case 2 -> Step.put(KEYED, Put.withKeys(World.smallVectors(random, FLOATS, keys.size()), keys, List.of()));
            case 3 -> Step.put(POINTS, Put.withIds(World.smallVectors(random, FLOATS, ids.length), ids));
            case 4 -> Step.scan(POINTS, random.nextInt(100), 20);
            case 5 -> random.nextInt(40) == 0 ? Step.reset(POINTS) : Step.checkpoint(POINTS);
            default -> Step.put(POINTS, Put.append(World.smallVectors(random, FLOATS, 4)));
        };
    }
}
