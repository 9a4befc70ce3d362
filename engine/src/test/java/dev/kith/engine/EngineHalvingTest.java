package dev.kith.engine;

import static dev.kith.engine.Graphs.NAME;
import static dev.kith.engine.Graphs.awaitGrown;
import static dev.kith.engine.Graphs.info;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.engine.index.hnsw.HardRows;
import dev.kith.storage.Directory;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.testkit.Await;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** After half of the points is deleted and compacted away, and after a restart, as much is found as ever. */
@Timeout(120)
class EngineHalvingTest {
    private static final int DIMENSION = 256;
    /** Half of them is still so many that a graph is made of them alone. */
    private static final int ROWS = 9000;

    private static final int K = 10;
    private static final int HUBS = 100;
    private static final int[] EFS = {10, 14, 20, 40, 80};

    private final Seeded seeded = new Seeded(51);
    private final HardRows hard = new HardRows(seeded, DIMENSION);

    private static Engine open(Directory disk) {
        return Engine.open(EngineOptions.durable(disk, 1L << 30, 2).with(new CheckpointOptions(64L << 20, 1 << 20)));
    }

    private static void fill(Engine engine, float[][] rows) {
        engine.create(NAME, Graphs.spec(DIMENSION, Graphs.index(Metric.L2, "", 16, 100)));
        engine.put(NAME, Put.append(Engines.block(rows)));
        awaitGrown(engine);
    }

    @Test
    @Tag("slow")
    void search_afterHalfIsGone_findsAsMuchAsInAFreshGraphAtEveryEf() {
        float[][] rows = hard.next(ROWS);
        VectorBlock queries = Engines.block(hard.next(300));
        FaultyDirectory disk = FaultyDirectory.empty();
        long[] deleted;
        double[] mended;
        try (Engine engine = open(disk)) {
            fill(engine, rows);
            deleted = deleted(engine, rows);
            assertThat(engine.delete(NAME, new Selection.Ids(deleted))).isEqualTo(ROWS / 2);
            Await.until("compaction", () -> engine.stats().upkeep().garbageRows() == 0);
            Await.until("the graph of the rows that are left", () -> isServed(engine));
            mended = recalls(engine, queries);
            assertThat(engine.checkpoint(NAME)).isTrue();
        }
        double[] restarted;
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL))) {
            assertThat(info(engine).tailRows())
                    .as("rows that no graph has after a restart")
                    .isZero();
            restarted = recalls(engine, queries);
        }
        double[] fresh;
        try (Engine engine = Engine.open(EngineOptions.inMemory(1L << 30, 2))) {
            long[] sorted = Arrays.stream(deleted).sorted().toArray();
            fill(
                    engine,
                    IntStream.range(0, ROWS)
                            .filter(row -> Arrays.binarySearch(sorted, row) < 0)
                            .mapToObj(row -> rows[row])
                            .toArray(float[][]::new));
            fresh = recalls(engine, queries);
        }
        for (int i = 0; i < EFS.length; i++) {
            assertThat(mended[i]).as("%s, ef %d", seeded, EFS[i]).isGreaterThan(fresh[i] - 0.01);
            assertThat(restarted[i]).as("%s, ef %d, restarted", seeded, EFS[i]).isGreaterThan(fresh[i] - 0.01);
        }
    }

    private static boolean isServed(Engine engine) {
        return info(engine).servedBy().equals("hnsw");
    }

    /** Half of all ids: those that are most often among the nearest of others, and others at random. */
    private long[] deleted(Engine engine, float[][] rows) {
        int[] found = new int[ROWS];
        for (Hits hits : engine.search(NAME, Query.nearest(Engines.block(rows), K + 1))) {
            LongStream.of(hits.ids()).forEach(id -> found[(int) id]++);
        }
        LongStream hubs = IntStream.range(0, ROWS)
                .boxed()
                .sorted(Comparator.comparing((Integer row) -> -found[row]))
                .mapToLong(Integer::longValue)
                .limit(HUBS);
        return LongStream.concat(hubs, LongStream.of(seeded.shuffledIds(ROWS)))
                .distinct()
                .limit(ROWS / 2)
                .toArray();
    }

    /** The share of the rows found with each ef that score as the nearest do: some rows are there twice. */
    private static double[] recalls(Engine engine, VectorBlock queries) {
        Query query = Query.nearest(queries, K);
        assertThat(isServed(engine)).isTrue();
        return IntStream.of(EFS)
                .mapToDouble(ef -> {
                    int hits = 0;
                    var truth = engine.search(NAME, query.exactly());
                    var found = engine.search(NAME, query.withEfSearch(ef));
                    for (int i = 0; i < truth.size(); i++) {
                        float worst = truth.get(i).scores()[K - 1] * 1.00001f;
                        for (float score : found.get(i).scores()) {
                            hits += score >= worst ? 1 : 0;
                        }
                    }
                    return hits / (double) (truth.size() * K);
                })
                .toArray();
    }
}
