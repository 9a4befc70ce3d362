package dev.kith.engine;

import static dev.kith.engine.Graphs.NAME;
import static dev.kith.engine.Graphs.awaitGrown;
import static dev.kith.engine.Graphs.info;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.storage.Directory;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.testkit.Await;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Graphs that are kept: after a restart they serve at once, and one that is not what it was is built anew. */
@Timeout(120)
@ExtendWith(Quiet.class)
class EngineGraphFileTest {
    private static final int DIMENSION = 128;
    private static final int ROWS = 9000;
    /** What such a graph finds at least; see {@link Graphs#recall}. */
    private static final double FOUND = 0.88;

    private static final CollectionName OTHER = new CollectionName("default", "test", "other");
    private static final String FOLDER = "collections/0000000000000001";
    /** Where the head of a graph file says how many rows it is of. */
    private static final int COVERED_AT = 48;
    /** And with how many links a node. */
    private static final int M_AT = 80;

    private final Seeded seeded = new Seeded(33);

    private static Engine open(Directory disk) {
        return Engine.open(EngineOptions.durable(disk, 1L << 30, 2).with(new CheckpointOptions(64L << 20, 1 << 20)));
    }

    private static CollectionSpec spec(long m) {
        return Graphs.spec(DIMENSION, Graphs.index(Metric.L2, "", m, 40));
    }

    private VectorBlock rows(int count) {
        return Graphs.clustered(seeded, count, DIMENSION, 100);
    }

    private static List<String> graphs(FaultyDirectory disk) {
        return disk.folder("collections").folder("0000000000000001").names().stream()
                .filter(name -> name.startsWith("graph-"))
                .toList();
    }

    /** Rows that the newest graph file is of; its head is written last. */
    private static int covered(FaultyDirectory disk) {
        return graphs(disk).stream()
                .map(name -> content(disk, name).order(ByteOrder.LITTLE_ENDIAN))
                .filter(file -> file.limit() >= COVERED_AT + Integer.BYTES)
                .mapToInt(file -> file.getInt(COVERED_AT))
                .max()
                .orElse(0);
    }

    private static ByteBuffer content(FaultyDirectory disk, String name) {
        try {
            return ByteBuffer.wrap(disk.content(FOLDER + "/" + name));
        } catch (IllegalArgumentException swept) {
            return ByteBuffer.allocate(0); // A checkpoint that was made meanwhile does not need it.
        }
    }

    /** Makes checkpoints until the graph has come to its end and is kept as that. */
    private static void awaitKept(Engine engine, FaultyDirectory disk, int rows) {
        awaitGrown(engine);
        Await.until("a graph that is kept", () -> engine.checkpoint(NAME) && covered(disk) == rows);
        // Whatever is being written now is to come to its end.
        assertThat(engine.checkpoint(NAME)).isTrue();
    }

    /** A disk with a graph on it, as it is found after a loss of power. */
    private FaultyDirectory written() {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = open(disk)) {
            engine.create(NAME, spec(8));
            engine.put(NAME, Put.append(rows(ROWS)));
            awaitKept(engine, disk, ROWS);
            engine.create(OTHER, spec(8));
        }
        return disk.crash(CrashPolicy.DROP_ALL);
    }

    private double recall(Engine engine) {
        return Graphs.recall(engine, Query.nearest(rows(50), 10));
    }

    @Test
    void restart_withAGraph_servesAtOnceAndGrowsOn() {
        FaultyDirectory disk = written();
        try (Engine engine = open(disk)) {
            assertThat(info(engine).tailRows()).isZero();
            assertThat(info(engine).servedBy()).isEqualTo("hnsw");
            assertThat(recall(engine)).isGreaterThan(FOUND);
            engine.put(NAME, Put.append(rows(3000)));
            engine.delete(NAME, new Selection.Ids(LongStream.range(0, 2000).toArray()));
            awaitGrown(engine);
            assertThat(recall(engine)).isGreaterThan(FOUND);
        }
        FaultyDirectory next = disk.crash(CrashPolicy.DROP_ALL);
        try (Engine engine = open(next)) {
            assertThat(info(engine).points()).isEqualTo(ROWS + 1000);
            assertThat(recall(engine)).isGreaterThan(FOUND);
            awaitGrown(engine);
            assertThat(recall(engine)).isGreaterThan(FOUND);
        }
    }

    @Test
    void restart_afterAReset_hasNoGraph() {
        FaultyDirectory disk = written();
        try (Engine engine = open(disk)) {
            engine.reset(NAME);
            engine.put(NAME, Put.append(rows(20)));
        }
        try (Engine engine = open(disk)) {
            assertThat(info(engine).points()).isEqualTo(20);
            assertThat(recall(engine)).isEqualTo(1.0);
            assertThat(engine.checkpoint(NAME)).isTrue();
            assertThat(graphs(disk)).isEmpty();
        }
    }

    /** Opens a disk whose graph is of no use. */
    private void requireRebuilt(FaultyDirectory disk, String doing) {
        try (Engine engine = open(disk)) {
            assertThat(info(engine).damage()).as(doing).isEmpty();
            assertThat(info(engine).points()).as(doing).isEqualTo(ROWS);
            assertThat(recall(engine)).as(doing).isGreaterThan(FOUND);
            awaitGrown(engine);
            assertThat(recall(engine)).as(doing).isGreaterThan(FOUND);
        }
    }

    @Test
    void aGraphFile_damagedCutMissingOrForeign_isBuiltAnew() {
        FaultyDirectory disk = written();
        String name = graphs(disk).getFirst();
        String file = FOLDER + "/" + name;
        int length = disk.content(file).length;
        Random random = new Random(3);
        for (int i = 0; i < 12; i++) {
            // Each opens the files as they were written: the one before may have kept its new graph already.
            FaultyDirectory found = disk.crash(CrashPolicy.KEEP_ALL);
            int offset = i < 4 ? 20 + 30 * i : random.nextInt(length);
            found.flipBit(file, offset, 3);
            try (Engine engine = open(found)) {
                assertThat(info(engine).damage()).isEmpty();
                assertThat(recall(engine)).as("offset %d", offset).isGreaterThan(FOUND);
            }
        }
        try (Engine engine = open(disk.crash(CrashPolicy.KEEP_ALL))) {
            assertThat(info(engine).tailRows()).as("as it was").isZero();
        }
        FaultyDirectory cut = disk.crash(CrashPolicy.KEEP_ALL);
        cut.truncate(file, length - 1);
        requireRebuilt(cut, "cut");
        FaultyDirectory missing = written();
        missing.folder("collections")
                .folder("0000000000000001")
                .delete(graphs(missing).getFirst());
        requireRebuilt(missing, "missing");
    }

    @Test
    void aGraphOfOtherParameters_isBuiltAnew() {
        FaultyDirectory disk = written();
        try (Engine engine = open(disk)) {
            engine.alter(NAME, old -> spec(16));
        }
        requireRebuilt(disk, "another m");
    }

    @Test
    void aGraphOfOtherParameters_isKeptThoughNoRowHasCome() {
        FaultyDirectory disk = written();
        try (Engine engine = open(disk)) {
            engine.alter(NAME, old -> spec(16));
            Await.until(
                    "the other graph is kept",
                    () -> graphs(disk).stream()
                            .map(name -> content(disk, name).order(ByteOrder.LITTLE_ENDIAN))
                            .anyMatch(file -> file.limit() > M_AT + Integer.BYTES && file.getInt(M_AT) == 16));
        }
    }

    @Test
    @Tag("slow")
    void deletingHalf_renumbersTheGraphInTheBackground() {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = open(disk)) {
            engine.create(NAME, spec(8));
            engine.put(NAME, Put.append(rows(2 * ROWS)));
            awaitGrown(engine);
            long memory = engine.stats().memoryBytes();
            engine.delete(
                    NAME,
                    new Selection.Ids(LongStream.range(0, 2 * ROWS)
                            .filter(id -> id % 2 == 0)
                            .toArray()));
            Await.until("compaction", () -> engine.stats().memoryBytes() < memory * 2 / 3);
            assertThat(info(engine).tailRows()).isZero();
            assertThat(recall(engine)).isGreaterThan(FOUND);
            engine.put(NAME, Put.append(rows(3000)));
            awaitGrown(engine);
            assertThat(recall(engine)).isGreaterThan(FOUND);
            assertThat(engine.checkpoint(NAME)).isTrue();
        }
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL))) {
            assertThat(info(engine).points()).isEqualTo(ROWS + 3000);
            assertThat(recall(engine)).isGreaterThan(FOUND);
            awaitGrown(engine);
        }
    }
}
