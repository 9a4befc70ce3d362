package dev.kith.engine;

import static dev.kith.engine.CheckpointLife.ALL;
import static dev.kith.engine.CheckpointLife.DENSE;
import static dev.kith.engine.CheckpointLife.FLOATS;
import static dev.kith.engine.CheckpointLife.KEYED;
import static dev.kith.engine.CheckpointLife.NEVER;
import static dev.kith.engine.CheckpointLife.POINTS;
import static dev.kith.engine.CheckpointLife.open;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.testkit.Await;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.Put;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Checkpoints: what they keep, every call that making one takes as the last one or a failing one, damage. */
@ExtendWith(Quiet.class)
class EngineCheckpointTest {
    private static final int CALLS_MAX = 200;
    private static final String FOLDER = "collections/0000000000000001";

    @Test
    void checkpoint_thenRestart_holdsTheSame() {
        CheckpointLife life = new CheckpointLife();
        for (int round = 0; round < 4; round++) {
            life.checkpointAll();
            life.requireSame("round " + round);
            life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
            life.requireSame("restart " + round);
            life.fill();
            life.requireSame("more " + round);
            life.reopen(life.disk.kill());
            life.requireSame("restart with log " + round);
        }
    }

    @Test
    void checkpoint_letsTheLogBeforeItGo() {
        CheckpointLife life = new CheckpointLife();
        for (int i = 0; i < 20; i++) {
            life.fill();
        }
        long before = life.engine.find(POINTS).orElseThrow().logBytes();
        life.checkpointAll();
        assertThat(life.engine.find(POINTS).orElseThrow().logBytes()).isLessThan(before / 4);
        assertThat(life.files())
                .hasSize(4)
                .filteredOn(name -> name.startsWith("log-"))
                .hasSize(1);
        life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
        life.requireSame("after it");
        life.checkpointAll();
        assertThat(life.files()).hasSize(4);
    }

    @Test
    void reset_thenCheckpoint_startsFromNothing() {
        CheckpointLife life = new CheckpointLife();
        life.checkpointAll();
        ALL.forEach(name -> life.done(Step.reset(name)));
        life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
        life.requireSame("reset in the log");
        life.checkpointAll();
        assertThat(life.files()).filteredOn(name -> name.startsWith("segment-")).isEmpty();
        life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
        life.requireSame("reset in the checkpoint");
        life.fill();
        life.checkpointAll();
        life.reopen(life.disk.crash(CrashPolicy.DROP_ALL));
        life.requireSame("filled again");
    }

    private static List<CrashPolicy> policies() {
        List<CrashPolicy> policies = new ArrayList<>(List.of(CrashPolicy.DROP_ALL, CrashPolicy.KEEP_ALL));
        IntStream.range(0, 6).forEach(seed -> policies.add(CrashPolicy.seeded(seed)));
        return policies;
    }

    /** A life with one checkpoint, and then more. */
    private static CheckpointLife begun() {
        CheckpointLife life = new CheckpointLife();
        life.checkpointAll();
        life.fill();
        return life;
    }

    @Test
    @Tag("slow")
    void checkpoint_powerLostAtEveryCall_losesNothing() {
        for (boolean first : List.of(true, false)) {
            for (CollectionName name : List.of(POINTS, KEYED)) {
                for (CrashPolicy policy : policies()) {
                    boolean failed = true;
                    for (int call = 1; failed; call++) {
                        assertThat(call).isLessThan(CALLS_MAX);
                        CheckpointLife life = first ? new CheckpointLife() : begun();
                        String doing = "first: %s, %s, call %d, %s".formatted(first, name, call, policy);
                        life.disk.failAt(life.disk.calls() + call, Kind.CRASH);
                        failed = !life.engine.checkpoint(name);
                        life.requireUnharmed(life.disk.crash(policy), name, doing);
                    }
                }
            }
        }
    }

    @Test
    @Tag("slow")
    void checkpoint_errorAtEveryCall_losesNothing() {
        for (boolean first : List.of(true, false)) {
            for (Kind kind : List.of(Kind.IO_ERROR, Kind.FAILED_FORCE, Kind.DISK_FULL)) {
                boolean failed = true;
                for (int call = 1; failed; call++) {
                    assertThat(call).isLessThan(CALLS_MAX);
                    for (boolean again : List.of(true, false)) {
                        CheckpointLife life = first ? new CheckpointLife() : begun();
                        String doing = "first: %s, %s, call %d, again %s".formatted(first, kind, call, again);
                        life.disk.failAt(life.disk.calls() + call, kind);
                        failed = !life.engine.checkpoint(POINTS);
                        life.requireSame(doing);
                        if (again && life.engine.checkpoint(POINTS)) {
                            life.fill();
                            life.requireSame(doing);
                        }
                        life.requireUnharmed(life.disk.crash(CrashPolicy.DROP_ALL), POINTS, doing);
                    }
                }
            }
        }
    }

    private static String file(CheckpointLife life, String prefix) {
        return FOLDER + "/"
                + life.files().stream()
                        .filter(name -> name.startsWith(prefix))
                        .findFirst()
                        .orElseThrow();
    }

    private static void requireQuarantined(CheckpointLife life, String file, String doing) {
        life.engine = open(life.disk, NEVER);
        CollectionInfo info = life.engine.find(POINTS).orElseThrow();
        assertThat(info.unavailable().map(Rejection::text).orElse("none"))
                .as(doing)
                .contains(file.substring(file.indexOf('/') + 1), " at ");
        Step put = Step.put(POINTS, Put.append(World.smallVectors(life.random, FLOATS, 1)));
        assertThat(put.answer(life.engine)).as(doing).isEqualTo("UNAVAILABLE");
        life.done(Step.scan(KEYED, 0, 100));
        life.done(Step.scan(DENSE, 0, 100));
        life.engine.close();
    }

    @Test
    void anyBitOfASegmentOrACheckpointFlipped_isFoundAndNamed() {
        Random random = new Random(3);
        for (String kind : List.of("segment-", "checkpoint-")) {
            for (int i = 0; i < 60; i++) {
                CheckpointLife life = begun();
                life.engine.close();
                life.disk = life.disk.kill();
                String file = file(life, kind);
                byte[] content = life.disk.content(file);
                // Each byte of the head, and others.
                int offset = i < 20 ? i * 6 : random.nextInt(content.length);
                life.disk.flipBit(file, offset, random.nextInt(8));
                byte[] damaged = life.disk.content(file);
                requireQuarantined(life, file, "%s%d".formatted(kind, offset));
                assertThat(life.disk.content(file)).isEqualTo(damaged);
            }
        }
    }

    @Test
    void aSegmentOrCheckpoint_cutShortOrMissing_isFoundAndNamed() {
        for (String kind : List.of("segment-", "checkpoint-")) {
            for (int cut : new int[] {0, 1, 64, 127, 128, 200, -1, -8, -24}) {
                CheckpointLife life = begun();
                life.engine.close();
                life.disk = life.disk.kill();
                String file = file(life, kind);
                int length = life.disk.content(file).length;
                life.disk.truncate(file, cut < 0 ? length + cut : Math.min(cut, length - 1));
                requireQuarantined(life, file, kind + cut);
            }
        }
        CheckpointLife life = begun();
        life.engine.close();
        life.disk = life.disk.kill();
        String file = file(life, "segment-");
        life.disk.folder("collections").folder(file.split("/")[1]).delete(file.split("/")[2]);
        requireQuarantined(life, file, "missing");
    }

    @Test
    void checkpoint_inTheBackground_keepsTheLogShort() {
        FaultyDirectory disk = FaultyDirectory.empty();
        World world = new World();
        Random random = new Random(7);
        try (Engine engine = open(disk, new CheckpointOptions(8 << 10, 0))) {
            assertThat(Step.create(POINTS, FLOATS).answer(engine))
                    .isEqualTo(Step.create(POINTS, FLOATS).expected(world));
            for (int i = 0; i < 200; i++) {
                Step step = random.nextInt(4) == 0
                        ? Step.delete(
                                POINTS,
                                new Selection.Ids(random.longs(20, 0, 1000).toArray()))
                        : Step.put(POINTS, Put.append(World.smallVectors(random, FLOATS, 20)));
                assertThat(step.answer(engine)).as("call %d", i).isEqualTo(step.expected(world));
            }
            Await.until("a short log", () -> engine.find(POINTS).orElseThrow().logBytes() <= 16 << 10);
        }
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL), NEVER)) {
            assertThat(World.everything(engine, List.of("t"))).isEqualTo(world.everything());
        }
    }

    @Test
    void drop_whileCheckpointsAreMade_leavesNothing() {
        FaultyDirectory disk = FaultyDirectory.empty();
        Random random = new Random(7);
        try (Engine engine = open(disk, new CheckpointOptions(1, 0))) {
            for (int round = 0; round < 50; round++) {
                engine.create(POINTS, FLOATS);
                for (int i = 0; i < 5; i++) {
                    engine.put(POINTS, Put.append(World.smallVectors(random, FLOATS, 20)));
                }
                engine.drop(POINTS);
                assertThat(disk.folder("collections").names())
                        .as("round %d", round)
                        .isEmpty();
            }
            assertThat(engine.stats().memoryBytes()).isZero();
        }
    }

    @Test
    void aNewestCheckpointThatIsTorn_isLeftAsideWhereTheOneBeforeIsThere() {
        CheckpointLife life = begun();
        life.disk.failAt(life.disk.calls() + CALLS_MAX, Kind.CRASH);
        List<String> before = life.files();
        life.engine.close();
        life.disk = life.disk.kill();
        String older = before.stream()
                .filter(name -> name.startsWith("checkpoint-"))
                .findFirst()
                .orElseThrow();
        String newer = "checkpoint-%016x".formatted(Long.parseLong(older.substring(11), 16) + 5);
        Stream.of(0, 100, 300).forEach(bytes -> {
            var folder = life.disk.folder("collections").folder("0000000000000001");
            folder.delete(newer);
            try (var file = folder.open(newer, dev.kith.storage.Directory.Mode.CREATE_NEW)) {
                file.write(java.nio.ByteBuffer.allocate(bytes), 0);
            }
            life.engine = open(life.disk, NEVER);
            life.requireSame(bytes + " bytes");
            life.engine.close();
        });
    }
}
