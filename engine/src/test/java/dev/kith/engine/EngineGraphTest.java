package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Collections that a graph searches: it grows behind the writes, and no answer waits for it or misses a row. */
@Timeout(120)
class EngineGraphTest {
    private static final int DIMENSION = 64;
    private static final int ROWS = 20_000;
    private static final int K = 10;
    private static final CollectionName NAME = new CollectionName("default", "test", "graph");
    private final Engine engine = Engine.open(EngineOptions.inMemory(2L << 30, 2));
    private final Seeded seeded = new Seeded(21);

    @AfterEach
    void close() {
        engine.close();
    }

    private void create(Metric metric, String transform) {
        IndexSpec index = new IndexSpec(
                IndexSpec.Kind.HNSW, metric, transform, new TreeMap<>(Map.of("m", 16L, "ef_construction", 60L)));
        engine.create(
                NAME, new CollectionSpec(ElementType.FLOAT32, DIMENSION, KeyPolicy.NONE, index, Value.Fields.EMPTY));
    }

    private float[] rows(int count) {
        float[][] rows = seeded.clusteredRows(count, DIMENSION, new Seeded.Clusters(200, 0.5));
        float[] values = new float[count * DIMENSION];
        for (int i = 0; i < count; i++) {
            System.arraycopy(rows[i], 0, values, i * DIMENSION, DIMENSION);
        }
        return values;
    }

    private void put(int count) {
        for (int from = 0; from < count; from += 5000) {
            int size = Math.min(5000, count - from);
            engine.put(NAME, Put.append(new VectorBlock.Floats(rows(size), size, DIMENSION)));
        }
    }

    private CollectionInfo info() {
        return engine.find(NAME).orElseThrow();
    }

    private CollectionInfo awaitCaughtUp() throws InterruptedException {
        Instant end = Instant.now().plus(Duration.ofSeconds(90));
        CollectionInfo info = info();
        while (info.tailRows() > 0 && Instant.now().isBefore(end)) {
            Thread.sleep(5);
            info = info();
        }
        assertThat(info.tailRows()).as("rows that the graph has not reached").isZero();
        return info;
    }

    /** The share of the results of an exact search, which a filter on nothing asks for, that the graph finds. */
    private double recall(Query query) {
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
            assertThat(found.get(i).count()).isEqualTo(truth.get(i).count());
        }
        return hits / (double) wanted;
    }

    private Query queries(int count) {
        return Query.nearest(new VectorBlock.Floats(rows(count), count, DIMENSION), K);
    }

    @Test
    void search_whileAndAfterTheGraphGrows_finds() throws Exception {
        create(Metric.L2, "");
        put(ROWS);
        assertThat(recall(queries(20))).as("while it grows").isGreaterThan(0.95);
        assertThat(awaitCaughtUp().servedBy()).isEqualTo("hnsw");
        assertThat(recall(queries(100))).isGreaterThan(0.95);
        assertThat(recall(queries(1))).isGreaterThan(0.5);
        assertThat(info().memoryBytes()).isGreaterThan((long) ROWS * (DIMENSION * 4 + 33 * 4));
    }

    @Test
    void search_forWhatWasJustAdded_findsItAtOnce() throws Exception {
        create(Metric.L2, "");
        put(ROWS);
        awaitCaughtUp();
        for (int i = 0; i < 200; i++) {
            float[] vector = rows(1);
            long id = engine.put(NAME, Put.append(new VectorBlock.Floats(vector, 1, DIMENSION)))
                    .ids()[0];
            Hits hits = engine.search(NAME, Query.nearest(new VectorBlock.Floats(vector, 1, DIMENSION), 1))
                    .getFirst();
            assertThat(hits.ids()).as("round %d", i).containsExactly(id);
            assertThat(hits.scores()[0]).isZero();
        }
    }

    @Test
    void search_afterDeletions_findsNoneOfTheDeleted() throws Exception {
        create(Metric.INNER_PRODUCT, "");
        put(ROWS);
        awaitCaughtUp();
        long[] half = LongStream.range(0, ROWS).filter(id -> id % 2 == 0).toArray();
        assertThat(engine.delete(NAME, new Selection.Ids(half))).isEqualTo(half.length);
        for (Hits hits : engine.search(NAME, queries(200))) {
            assertThat(LongStream.of(hits.ids()).filter(id -> id % 2 == 0)).isEmpty();
        }
        assertThat(recall(queries(100))).as("before it is mended, perhaps").isGreaterThan(0.9);
        put(5000);
        awaitCaughtUp();
        assertThat(recall(queries(100))).as("mended").isGreaterThan(0.95);
    }

    @Test
    void search_ofNormalisedVectors_goesByDirection() throws Exception {
        create(Metric.L2, "NORM");
        put(ROWS);
        awaitCaughtUp();
        Query query = queries(100);
        assertThat(recall(new Query(query.vectors(), Optional.of(Metric.NORMALISED_L2), query.reach(), query.filter())))
                .isGreaterThan(0.95);
    }

    /** Every other row is zero, and has no angle to anything. */
    @ParameterizedTest
    @CsvSource({"L2, NORM", "INNER_PRODUCT, NORM", "COSINE, ''"})
    void search_amongZeroVectorsByAngle_findsWhatAScanFinds(Metric metric, String transform) throws Exception {
        create(metric, transform);
        float[] values = rows(ROWS);
        for (int row = 0; row < ROWS; row += 2) {
            Arrays.fill(values, row * DIMENSION, (row + 1) * DIMENSION, 0);
        }
        engine.put(NAME, Put.append(new VectorBlock.Floats(values, ROWS, DIMENSION)));
        assertThat(awaitCaughtUp().servedBy()).isEqualTo("hnsw");
        Metric by = info().spec().index().searchMetric();
        Query queries = queries(100);
        assertThat(recall(new Query(queries.vectors(), Optional.of(by), queries.reach(), queries.filter())))
                .isGreaterThan(0.95);
        Query zero = Query.nearest(new VectorBlock.Floats(new float[DIMENSION], 1, DIMENSION), K);
        Query scanned = new Query(zero.vectors(), Optional.of(by), zero.reach(), new Filter.And(List.of()));
        assertThat(engine.search(NAME, zero).getFirst().scores())
                .isEqualTo(engine.search(NAME, scanned).getFirst().scores());
        engine.delete(NAME, new Selection.Ids(LongStream.range(0, ROWS / 2).toArray()));
        for (Hits hits : engine.search(NAME, zero)) {
            assertThat(hits.count()).isEqualTo(K);
            assertThat(LongStream.of(hits.ids())).allMatch(id -> id >= ROWS / 2);
        }
    }

    @Test
    void reset_whileTheGraphGrows_startsAnew() throws Exception {
        create(Metric.L2, "");
        put(ROWS);
        engine.reset(NAME);
        assertThat(engine.search(NAME, queries(1)).getFirst().count()).isZero();
        put(ROWS);
        awaitCaughtUp();
        assertThat(info().points()).isEqualTo(ROWS);
        assertThat(recall(queries(100))).isGreaterThan(0.95);
    }

    @Test
    void drop_whileTheGraphGrows_givesTheMemoryBack() throws Exception {
        create(Metric.L2, "");
        put(ROWS);
        engine.drop(NAME);
        Instant end = Instant.now().plus(Duration.ofSeconds(30));
        while (engine.stats().memoryBytes() > 0 && Instant.now().isBefore(end)) {
            Thread.sleep(5);
        }
        assertThat(engine.stats().memoryBytes()).isZero();
    }

    @Test
    void search_forMoreThanTheGraphKeeps_isExact() throws Exception {
        create(Metric.L2, "");
        put(ROWS);
        awaitCaughtUp();
        VectorBlock query = new VectorBlock.Floats(rows(1), 1, DIMENSION);
        assertThat(engine.search(NAME, Query.nearest(query, 10_000)).getFirst().count())
                .isEqualTo(10_000);
        assertThat(recall(Query.nearest(query, 10).withEfSearch(Integer.MAX_VALUE)))
                .isEqualTo(1.0);
    }
}
