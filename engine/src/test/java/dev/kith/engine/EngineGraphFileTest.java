package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.storage.Directory;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Graphs that are kept: after a restart they serve at once, and one that is not what it was is built anew. */
@Timeout(120)
@ExtendWith(Quiet.class)
class EngineGraphFileTest {
    private static final int DIMENSION = 128;
    private static final int ROWS = 9000;
    private static final CollectionName NAME = new CollectionName("default", "test", "graph");
    private static final CollectionName OTHER = new CollectionName("default", "test", "other");
    private static final String FOLDER = "collections/0000000000000001";

    private final Seeded seeded = new Seeded(33);

    private static Engine open(Directory disk) {
        return Engine.open(EngineOptions.durable(disk, 1L << 30, 2).with(new CheckpointOptions(64L << 20, 1 << 20)));
    }

    private static CollectionSpec spec(long m) {
        IndexSpec index = new IndexSpec(
                IndexSpec.Kind.HNSW, Metric.L2, "", new TreeMap<>(Map.of("m", m, "ef_construction", 40L)));
        return new CollectionSpec(ElementType.FLOAT32, DIMENSION, KeyPolicy.NONE, index, Value.Fields.EMPTY);
    }

    private VectorBlock rows(int count) {
        float[][] rows = seeded.clusteredRows(count, DIMENSION, new Seeded.Clusters(100, 0.5));
        float[] values = new float[count * DIMENSION];
        for (int i = 0; i < count; i++) {
            System.arraycopy(rows[i], 0, values, i * DIMENSION, DIMENSION);
        }
        return new VectorBlock.Floats(values, count, DIMENSION);
    }

    private static void await(String what, BooleanSupplier reached) throws InterruptedException {
        Instant end = Instant.now().plus(Duration.ofSeconds(60));
        while (!reached.getAsBoolean() && Instant.now().isBefore(end)) {
            Thread.sleep(5);
        }
        assertThat(reached.getAsBoolean()).as(what).isTrue();
    }

    private static List<String> graphs(FaultyDirectory disk) {
        return disk.folder("collections").folder("0000000000000001").names().stream()
                .filter(name -> name.startsWith("graph-"))
                .toList();
    }

    /** A disk with a graph on it, as it is found after a loss of power. */
    private FaultyDirectory written() throws InterruptedException {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = open(disk)) {
            engine.create(NAME, spec(8));
            engine.put(NAME, Put.append(rows(ROWS)));
            await("a graph that is kept", () -> !graphs(disk).isEmpty());
            engine.create(OTHER, spec(8));
            // Whatever is being written now is to come to its end.
            assertThat(engine.checkpoint(NAME)).isTrue();
        }
        return disk.crash(CrashPolicy.DROP_ALL);
    }

    private static CollectionInfo info(Engine engine) {
        return engine.find(NAME).orElseThrow();
    }

    private double recall(Engine engine) {
        Query query = Query.nearest(rows(50), 10);
        Query exact = new Query(query.vectors(), query.metric(), query.reach(), new Filter.And(List.of()));
        List<Hits> truth = engine.search(NAME, exact);
        List<Hits> found = engine.search(NAME, query);
        int hits = 0;
        int wanted = 0;
        for (int i = 0; i < truth.size(); i++) {
            Set<Long> ids = new HashSet<>();
            LongStream.of(truth.get(i).ids()).forEach(ids::add);
            hits += (int)
                    LongStream.of(found.get(i).ids()).filter(ids::contains).count();
            wanted += ids.size();
        }
        return hits / (double) wanted;
    }

    @Test
    void restart_withAGraph_servesAtOnceAndGrowsOn() throws Exception {
        FaultyDirectory disk = written();
        try (Engine engine = open(disk)) {
            assertThat(info(engine).tailRows()).isZero();
            assertThat(info(engine).servedBy()).isEqualTo("hnsw");
            assertThat(recall(engine)).isGreaterThan(0.9);
            engine.put(NAME, Put.append(rows(3000)));
            engine.delete(NAME, new Selection.Ids(LongStream.range(0, 2000).toArray()));
            await("growth", () -> info(engine).tailRows() == 0);
            assertThat(recall(engine)).isGreaterThan(0.9);
        }
        FaultyDirectory next = disk.crash(CrashPolicy.DROP_ALL);
        try (Engine engine = open(next)) {
            assertThat(info(engine).points()).isEqualTo(ROWS + 1000);
            assertThat(recall(engine)).isGreaterThan(0.9);
            await("growth", () -> info(engine).tailRows() == 0);
            assertThat(recall(engine)).isGreaterThan(0.9);
        }
    }

    @Test
    void restart_afterAReset_hasNoGraph() throws Exception {
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
    private void requireRebuilt(FaultyDirectory disk, String doing) throws InterruptedException {
        try (Engine engine = open(disk)) {
            assertThat(info(engine).damage()).as(doing).isEmpty();
            assertThat(info(engine).points()).as(doing).isEqualTo(ROWS);
            assertThat(recall(engine)).as(doing).isGreaterThan(0.9);
            await(doing, () -> info(engine).tailRows() == 0);
            assertThat(recall(engine)).as(doing).isGreaterThan(0.9);
        }
    }

    @Test
    void aGraphFile_damagedCutMissingOrForeign_isBuiltAnew() throws Exception {
        FaultyDirectory disk = written();
        String name = graphs(disk).getFirst();
        String file = FOLDER + "/" + name;
        int length = disk.content(file).length;
        Random random = new Random(3);
        for (int i = 0; i < 12; i++) {
            FaultyDirectory found = disk.crash(CrashPolicy.KEEP_ALL);
            disk = found;
            int offset = i < 4 ? 20 + 30 * i : random.nextInt(length);
            found.flipBit(file, offset, 3);
            try (Engine engine = open(found)) {
                assertThat(info(engine).damage()).isEmpty();
                assertThat(recall(engine)).as("offset %d", offset).isGreaterThan(0.9);
            }
            found.flipBit(file, offset, 3);
        }
        try (Engine engine = open(disk)) {
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
    void aGraphOfOtherParameters_isBuiltAnew() throws Exception {
        FaultyDirectory disk = written();
        try (Engine engine = open(disk)) {
            engine.alter(NAME, old -> spec(16));
        }
        requireRebuilt(disk, "another m");
    }

    @Test
    void deletingHalf_renumbersTheGraphInTheBackground() throws Exception {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = open(disk)) {
            engine.create(NAME, spec(8));
            engine.put(NAME, Put.append(rows(2 * ROWS)));
            await("growth", () -> info(engine).tailRows() == 0);
            long memory = engine.stats().memoryBytes();
            engine.delete(
                    NAME,
                    new Selection.Ids(LongStream.range(0, 2 * ROWS)
                            .filter(id -> id % 2 == 0)
                            .toArray()));
            await("compaction", () -> engine.stats().memoryBytes() < memory * 2 / 3);
            assertThat(info(engine).tailRows()).isZero();
            assertThat(recall(engine)).isGreaterThan(0.9);
            engine.put(NAME, Put.append(rows(3000)));
            await("growth", () -> info(engine).tailRows() == 0);
            assertThat(recall(engine)).isGreaterThan(0.9);
            assertThat(engine.checkpoint(NAME)).isTrue();
        }
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL))) {
            assertThat(info(engine).points()).isEqualTo(ROWS + 3000);
            assertThat(recall(engine)).isGreaterThan(0.9);
            await("growth", () -> info(engine).tailRows() == 0);
        }
    }
}
