package dev.kith.engine;

import static dev.kith.engine.Graphs.NAME;
import static dev.kith.engine.Graphs.awaitGrown;
import static dev.kith.engine.Graphs.info;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.storage.Directory;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.storage.StorageFile;
import dev.kith.testkit.Await;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Graphs of which only what has changed is written: every step of that, every damage, and steady growth. */
@Timeout(300)
@ExtendWith(Quiet.class)
class EngineGraphChangesTest {
    private static final int DIMENSION = 512;
    private static final int ROWS = 2500;
    private static final int MORE = 20;
    /** With eight links and forty candidates it is 0.9, give or take a few of the 500 wanted. */
    private static final double RECALL = 0.85;

    private static final int CALLS_MAX = 200;
    private static final int FILES_MAX = 16;
    private static final String FOLDER = "collections/0000000000000001";
    private static final List<String> FOLDERS = List.of("catalogue", FOLDER);

    private final Seeded seeded = new Seeded(35);
    private final float[][] centres = seeded.normalRows(20, DIMENSION);

    private static Engine open(Directory disk) {
        return Engine.open(EngineOptions.durable(disk, 1L << 30, 2).with(new CheckpointOptions(64L << 20, 1 << 20)));
    }

    /** Near centres that all rows share. */
    private VectorBlock rows(int count) {
        float[][] rows = seeded.normalRows(count, DIMENSION);
        for (float[] row : rows) {
            float[] centre = centres[seeded.random().nextInt(centres.length)];
            for (int i = 0; i < DIMENSION; i++) {
                row[i] = centre[i] + row[i] / 2;
            }
        }
        return Engines.block(rows);
    }

    private static List<String> graphs(FaultyDirectory disk) {
        return disk.folder("collections").folder("0000000000000001").names().stream()
                .filter(name -> name.startsWith("graph-"))
                .toList();
    }

    /** Where a graph file's head says of how many rows it is, and which one it changes. */
    private static long head(FaultyDirectory disk, String name, int at) {
        ByteBuffer file = ByteBuffer.wrap(disk.content(FOLDER + "/" + name)).order(ByteOrder.LITTLE_ENDIAN);
        return file.limit() < 128 ? 0 : at == 48 ? file.getInt(48) : file.getLong(at);
    }

    /** Makes checkpoints until the graph has come to its end and is kept as that. */
    private static void awaitKept(Engine engine, FaultyDirectory disk, int rows) {
        awaitGrown(engine);
        Await.until(
                "a graph that is kept",
                () -> engine.checkpoint(NAME)
                        && !graphs(disk).isEmpty()
                        && head(disk, graphs(disk).getLast(), 48) == rows);
        // Whatever is being written now is to come to its end.
        assertThat(engine.checkpoint(NAME)).isTrue();
    }

    /** A disk with a graph of all rows in one file. */
    private FaultyDirectory whole() {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = open(disk)) {
            engine.create(NAME, Graphs.spec(DIMENSION, Graphs.index(Metric.L2, "", 8, 40)));
            engine.put(NAME, Put.append(rows(ROWS)));
            awaitKept(engine, disk, ROWS);
        }
        assertThat(graphs(disk)).hasSize(1);
        return disk.crash(CrashPolicy.DROP_ALL);
    }

    private double recall(Engine engine) {
        return Graphs.recall(engine, Query.nearest(rows(50), 10));
    }

    private void requireServed(Engine engine, int points, String doing) {
        assertThat(info(engine).damage()).as(doing).isEmpty();
        assertThat(info(engine).points()).as(doing).isEqualTo(points);
        assertThat(info(engine).servedBy()).as(doing).isEqualTo("hnsw");
        assertThat(info(engine).tailRows()).as(doing).isLessThanOrEqualTo(MORE);
        assertThat(recall(engine)).as(doing).isGreaterThan(RECALL);
    }

    @Test
    void aFewMoreRows_areWrittenAsChanges_andServeAfterARestart() {
        FaultyDirectory disk = whole();
        int points = ROWS;
        for (int round = 0; round < FILES_MAX + 4; round++) {
            try (Engine engine = open(disk)) {
                requireServed(engine, points, "round " + round);
                engine.put(NAME, Put.append(rows(2)));
                points += 2;
                awaitKept(engine, disk, points);
            }
            List<String> files = graphs(disk);
            if (round == 0) {
                assertThat(files).hasSize(2);
                assertThat(disk.content(FOLDER + "/" + files.getLast()).length)
                        .isLessThan(disk.content(FOLDER + "/" + files.getFirst()).length / 10);
            }
            assertThat(files).hasSizeLessThanOrEqualTo(FILES_MAX);
            assertThat(head(disk, files.getFirst(), 120)).isZero();
            for (int i = 1; i < files.size(); i++) {
                assertThat(head(disk, files.get(i), 120))
                        .isEqualTo(Long.parseLong(files.get(i - 1).substring(6), 16));
            }
            disk = disk.crash(CrashPolicy.DROP_ALL);
        }
    }

    @Test
    @Tag("slow")
    void rowsThatStopComing_areKeptWithTheGraph_thoughTheyAreFew() {
        FaultyDirectory disk = whole();
        int few = ROWS / 16;
        try (Engine engine = open(disk)) {
            engine.put(NAME, Put.append(rows(few)));
            Await.until(
                    "a graph of all rows in a file",
                    () -> head(disk, graphs(disk).getLast(), 48) == ROWS + few);
            assertThat(engine.checkpoint(NAME))
                    .as("what is being written has come to its end")
                    .isTrue();
        }
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL))) {
            assertThat(info(engine).tailRows()).isZero();
            requireServed(engine, ROWS + few, "after a restart");
        }
    }

    @Test
    void endedRows_areTakenOutOfTheKeptGraph() {
        FaultyDirectory disk = whole();
        try (Engine engine = open(disk)) {
            engine.delete(NAME, new Selection.Ids(LongStream.range(0, 300).toArray()));
            Await.until(
                    "ended rows are taken out, and that is kept",
                    () -> engine.checkpoint(NAME) && head(disk, graphs(disk).getLast(), 56) == 300);
        }
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL))) {
            requireServed(engine, ROWS - 300, "after a restart");
        }
    }

    @Test
    @Tag("slow")
    void writingChanges_powerLostAtEveryCall_leavesAGraphThatServes() {
        FaultyDirectory base = whole();
        VectorBlock more = rows(MORE);
        for (CrashPolicy policy : List.of(CrashPolicy.DROP_ALL, CrashPolicy.KEEP_ALL, CrashPolicy.seeded(4))) {
            boolean failed = true;
            for (int call = 1; failed; call++) {
                assertThat(call).isLessThan(CALLS_MAX);
                String doing = "%s, call %d".formatted(policy, call);
                FaultyDirectory disk = base.copy(FOLDERS);
                try (Engine engine = open(disk)) {
                    engine.put(NAME, Put.append(more));
                    awaitGrown(engine);
                    disk.failAt(disk.calls() + call, Kind.CRASH);
                    failed = !engine.checkpoint(NAME);
                } catch (dev.kith.storage.StorageException expected) {
                    // The disk is gone; threads and memory are let go.
                }
                requireUnharmed(disk.crash(policy), doing);
            }
        }
    }

    @Test
    @Tag("slow")
    void writingChanges_errorAtEveryCall_isMadeGoodByTheNext() {
        FaultyDirectory base = whole();
        VectorBlock more = rows(MORE);
        for (Kind kind : List.of(Kind.IO_ERROR, Kind.FAILED_FORCE, Kind.DISK_FULL)) {
            boolean failed = true;
            for (int call = 1; failed; call++) {
                assertThat(call).isLessThan(CALLS_MAX);
                String doing = "%s, call %d".formatted(kind, call);
                FaultyDirectory disk = base.copy(FOLDERS);
                try (Engine engine = open(disk)) {
                    engine.put(NAME, Put.append(more));
                    awaitGrown(engine);
                    disk.failAt(disk.calls() + call, kind);
                    failed = !engine.checkpoint(NAME);
                    engine.checkpoint(NAME);
                    assertThat(recall(engine)).as(doing).isGreaterThan(RECALL);
                }
                requireUnharmed(disk.crash(CrashPolicy.DROP_ALL), doing);
            }
        }
    }

    /** The rows are there, a graph serves them, it grows on, and nothing is left over. */
    private void requireUnharmed(FaultyDirectory disk, String doing) {
        try (Engine engine = open(disk)) {
            requireServed(engine, ROWS + MORE, doing);
            engine.put(NAME, Put.append(rows(3)));
            awaitKept(engine, disk, ROWS + MORE + 3);
            List<String> files = graphs(disk);
            assertThat(files).as(doing).hasSizeBetween(1, 3);
            assertThat(head(disk, files.getFirst(), 120)).as(doing).isZero();
        }
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL))) {
            requireServed(engine, ROWS + MORE + 3, doing);
        }
    }

    /** A disk whose graph is in three files. */
    private FaultyDirectory changed() {
        FaultyDirectory disk = whole();
        for (int round = 1; round <= 2; round++) {
            try (Engine engine = open(disk)) {
                engine.put(NAME, Put.append(rows(MORE)));
                awaitKept(engine, disk, ROWS + round * MORE);
            }
            disk = disk.crash(CrashPolicy.DROP_ALL);
        }
        assertThat(graphs(disk)).hasSize(3);
        return disk;
    }

    private void requireRebuilt(FaultyDirectory disk, String doing) {
        try (Engine engine = open(disk)) {
            assertThat(info(engine).damage()).as(doing).isEmpty();
            assertThat(info(engine).points()).as(doing).isEqualTo(ROWS + 2 * MORE);
            assertThat(recall(engine)).as(doing).isGreaterThan(RECALL);
            awaitKept(engine, disk, ROWS + 2 * MORE);
            assertThat(graphs(disk)).as(doing).hasSize(1);
        }
    }

    @Test
    @Tag("slow")
    void changes_damagedCutMissingOrForeign_letTheGraphBeBuiltAnew() {
        FaultyDirectory disk = changed();
        List<String> names = graphs(disk);
        Random random = new Random(3);
        for (String name : names.subList(1, 3)) {
            String file = FOLDER + "/" + name;
            int length = disk.content(file).length;
            List<Integer> offsets = new ArrayList<>(List.of(9, 30, 50, 60, 121, length - 1));
            IntStream.range(0, 3).forEach(i -> offsets.add(random.nextInt(length)));
            for (int offset : offsets) {
                FaultyDirectory found = disk.copy(FOLDERS);
                found.flipBit(file, offset, 2);
                requireRebuilt(found, "%s, bit at %d".formatted(name, offset));
            }
            for (int cut : new int[] {0, 127, 128, length / 2, length - 1}) {
                FaultyDirectory found = disk.copy(FOLDERS);
                found.truncate(file, cut);
                requireRebuilt(found, "%s, cut to %d".formatted(name, cut));
            }
            FaultyDirectory missing = disk.copy(FOLDERS);
            missing.folder("collections").folder("0000000000000001").delete(name);
            requireRebuilt(missing, name + " missing");
            FaultyDirectory foreign = disk.copy(FOLDERS);
            Directory folder = foreign.folder("collections").folder("0000000000000001");
            folder.delete(name);
            try (StorageFile other = folder.open(name, Directory.Mode.CREATE_NEW)) {
                String from = names.get(names.indexOf(name) - 1);
                other.write(ByteBuffer.wrap(disk.content(FOLDER + "/" + from)), 0);
            }
            requireRebuilt(foreign, name + " is another one");
        }
    }

    /** No pause of a second, after which a graph would be sealed: what has grown is kept all the same. */
    @Test
    void aGraph_thatNeverRests_isKeptAsItGrows() {
        FaultyDirectory disk = FaultyDirectory.empty();
        long points = 0;
        try (Engine engine = open(disk)) {
            engine.create(NAME, Graphs.spec(DIMENSION, Graphs.index(Metric.L2, "", 8, 40)));
            engine.put(NAME, Put.append(rows(ROWS)));
            for (points = ROWS;
                    graphs(disk).isEmpty() || head(disk, graphs(disk).getLast(), 48) < 2 * ROWS; ) {
                engine.put(NAME, Put.append(rows(100)));
                points += 100;
            }
            // Whatever is being written now is to come to its end.
            assertThat(engine.checkpoint(NAME)).isTrue();
        }
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL))) {
            assertThat(info(engine).points()).isEqualTo(points);
            assertThat(points - info(engine).tailRows()).isGreaterThanOrEqualTo(2 * ROWS);
            assertThat(recall(engine)).isGreaterThan(RECALL);
            awaitGrown(engine);
            assertThat(recall(engine)).isGreaterThan(RECALL);
        }
    }
}
