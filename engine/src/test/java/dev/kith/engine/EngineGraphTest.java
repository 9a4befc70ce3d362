package dev.kith.engine;

import static dev.kith.engine.Graphs.NAME;
import static dev.kith.engine.Graphs.awaitGrown;
import static dev.kith.engine.Graphs.info;
import static dev.kith.engine.Graphs.recall;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Await;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
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
    private final Engine engine = Engine.open(EngineOptions.inMemory(2L << 30, 2));
    private final Seeded seeded = new Seeded(21);

    @AfterEach
    void close() {
        engine.close();
    }

    private void create(Metric metric, String transform) {
        engine.create(NAME, Graphs.spec(DIMENSION, Graphs.index(metric, transform, 16, 60)));
    }

    private VectorBlock rows(int count) {
        return Graphs.clustered(seeded, count, DIMENSION, 200);
    }

    private void put(int count) {
        for (int from = 0; from < count; from += 5000) {
            int size = Math.min(5000, count - from);
            engine.put(NAME, Put.append(rows(size)));
        }
    }

    private Query queries(int count) {
        return Query.nearest(rows(count), K);
    }

    @Test
    void search_whileAndAfterTheGraphGrows_finds() {
        create(Metric.L2, "");
        put(ROWS);
        assertThat(recall(engine, queries(20))).as("while it grows").isGreaterThan(0.95);
        awaitGrown(engine);
        assertThat(info(engine).servedBy()).isEqualTo("hnsw");
        assertThat(recall(engine, queries(100))).isGreaterThan(0.95);
        assertThat(recall(engine, queries(1))).isGreaterThan(0.5);
        assertThat(info(engine).memoryBytes()).isGreaterThan((long) ROWS * (DIMENSION * 4 + 33 * 4));
    }

    @Test
    void search_forWhatWasJustAdded_findsItAtOnce() {
        create(Metric.L2, "");
        put(ROWS);
        awaitGrown(engine);
        for (int i = 0; i < 200; i++) {
            VectorBlock vector = rows(1);
            long id = engine.put(NAME, Put.append(vector)).ids()[0];
            Hits hits = engine.search(NAME, Query.nearest(vector, 1)).getFirst();
            assertThat(hits.ids()).as("round %d", i).containsExactly(id);
            assertThat(hits.scores()[0]).isZero();
        }
    }

    @Test
    void search_afterDeletions_findsNoneOfTheDeleted() {
        create(Metric.INNER_PRODUCT, "");
        put(ROWS);
        awaitGrown(engine);
        long[] half = LongStream.range(0, ROWS).filter(id -> id % 2 == 0).toArray();
        assertThat(engine.delete(NAME, new Selection.Ids(half))).isEqualTo(half.length);
        for (Hits hits : engine.search(NAME, queries(200))) {
            assertThat(LongStream.of(hits.ids()).filter(id -> id % 2 == 0)).isEmpty();
        }
        assertThat(recall(engine, queries(100)))
                .as("before it is mended, perhaps")
                .isGreaterThan(0.9);
        put(5000);
        awaitGrown(engine);
        assertThat(recall(engine, queries(100))).as("mended").isGreaterThan(0.95);
    }

    @Test
    void search_ofNormalisedVectors_goesByDirection() {
        create(Metric.L2, "NORM");
        put(ROWS);
        awaitGrown(engine);
        Query query = queries(100);
        assertThat(recall(engine, query.by(Metric.NORMALISED_L2))).isGreaterThan(0.95);
    }

    /** Every other row is zero, and has no angle to anything. */
    @ParameterizedTest
    @CsvSource({"L2, NORM", "INNER_PRODUCT, NORM", "COSINE, ''"})
    void search_amongZeroVectorsByAngle_findsWhatAScanFinds(Metric metric, String transform) {
        create(metric, transform);
        float[] values = ((VectorBlock.Floats) rows(ROWS)).values();
        for (int row = 0; row < ROWS; row += 2) {
            Arrays.fill(values, row * DIMENSION, (row + 1) * DIMENSION, 0);
        }
        engine.put(NAME, Put.append(new VectorBlock.Floats(values, ROWS, DIMENSION)));
        awaitGrown(engine);
        assertThat(info(engine).servedBy()).isEqualTo("hnsw");
        Metric by = info(engine).spec().index().searchMetric();
        Query queries = queries(100);
        assertThat(recall(engine, queries.by(by))).isGreaterThan(0.95);
        Query zero = Query.nearest(new VectorBlock.Floats(new float[DIMENSION], 1, DIMENSION), K);
        assertThat(engine.search(NAME, zero.by(by)).getFirst().scores())
                .isEqualTo(engine.search(NAME, zero.by(by).exactly()).getFirst().scores());
        engine.delete(NAME, new Selection.Ids(LongStream.range(0, ROWS / 2).toArray()));
        for (Hits hits : engine.search(NAME, zero)) {
            assertThat(hits.count()).isEqualTo(K);
            assertThat(LongStream.of(hits.ids())).allMatch(id -> id >= ROWS / 2);
        }
    }

    private float[][] around(float[] centre, int count, double spread) {
        float[][] rows = seeded.normalRows(count, DIMENSION);
        for (float[] row : rows) {
            for (int i = 0; i < DIMENSION; i++) {
                row[i] = (float) (centre[i] + spread * row[i]);
            }
        }
        return rows;
    }

    /** So few that the graph is not mended, and more than a walk keeps: it does not get past them. */
    @Test
    void search_whereACloudWasDeleted_findsWhatLivesAroundIt() {
        create(Metric.L2, "");
        put(ROWS);
        float[] centre = ((VectorBlock.Floats) rows(1)).values();
        engine.put(NAME, Put.append(Engines.block(around(centre, 2_000, 0.5))));
        float[][] cloud = around(centre, 900, 0.05);
        engine.put(NAME, Put.append(Engines.block(cloud)));
        awaitGrown(engine);
        engine.delete(
                NAME,
                new Selection.Ids(LongStream.range(ROWS + 2_000, ROWS + 2_000 + cloud.length)
                        .toArray()));
        Query within = Query.nearest(Engines.block(cloud), K).withEfSearch(K);
        List<Hits> truth = engine.search(NAME, within.exactly());
        List<Hits> found = engine.search(NAME, within);
        int same = 0;
        for (int i = 0; i < cloud.length; i++) {
            Set<Long> nearest = LongStream.of(truth.get(i).ids()).boxed().collect(Collectors.toSet());
            same += (int)
                    LongStream.of(found.get(i).ids()).filter(nearest::contains).count();
        }
        assertThat(same / (double) (cloud.length * K)).as("%s, recall", seeded).isGreaterThan(0.9);
    }

    /** The squared norm of such a query is no float: its angle is measured in doubles, or not at all. */
    @ParameterizedTest
    @CsvSource({"1e-26", "1e22"})
    void search_forAVeryShortOrLongQueryByAngle_findsWhatAScanFinds(float scale) {
        create(Metric.COSINE, "");
        put(ROWS);
        awaitGrown(engine);
        assertThat(info(engine).servedBy()).isEqualTo("hnsw");
        float[] query = ((VectorBlock.Floats) rows(1)).values();
        for (int i = 0; i < DIMENSION; i++) {
            query[i] *= scale;
        }
        Query scaled = Query.nearest(new VectorBlock.Floats(query, 1, DIMENSION), K);
        assertThat(engine.search(NAME, scaled).getFirst().ids())
                .isEqualTo(engine.search(NAME, scaled.exactly()).getFirst().ids());
    }

    /** What a walk comes by is all near the query, and what is accepted is all far away. */
    @Test
    void search_whereWhatIsAcceptedIsFarFromTheQuery_findsWhatAScanFinds() {
        create(Metric.L2, "");
        float[] values = ((VectorBlock.Floats) rows(ROWS)).values();
        List<Value.Fields> payloads = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            boolean far = row % 2 == 0;
            payloads.add(Value.Fields.EMPTY.with("far", new Value.Bool(far)));
            for (int i = row * DIMENSION; i < (row + 1) * DIMENSION; i++) {
                values[i] = (far ? 20 : 0) + values[i];
            }
        }
        VectorBlock block = new VectorBlock.Floats(values, ROWS, DIMENSION);
        engine.put(NAME, new Put(block, Optional.empty(), List.of(), payloads, Put.Known.REPLACE, Optional.empty()));
        FieldPath far = FieldPath.of("far");
        engine.alter(NAME, spec -> spec.withPayloadIndexes(new TreeSet<>(Set.of(far))));
        awaitGrown(engine);
        Query query = queries(50).where(new Filter.Equals(far, new Value.Bool(true)));
        assertThat(recall(engine, query)).isGreaterThan(0.95);
        List<Hits> found = engine.search(NAME, query);
        List<Hits> right = engine.search(NAME, query.exactly());
        int same = 0;
        for (int i = 0; i < found.size(); i++) {
            same += found.get(i).ids()[0] == right.get(i).ids()[0] ? 1 : 0;
        }
        assertThat(same).as("nearest found with the usual number of candidates").isGreaterThan(45);
    }

    @Test
    @Tag("slow")
    void alter_ofTheIndex_growsAnotherGraphOrNone() {
        engine.create(NAME, CollectionSpec.floats(DIMENSION, Metric.L2));
        put(ROWS);
        assertThat(info(engine).servedBy()).isEqualTo("exact");
        for (long m : new long[] {16, 24}) {
            engine.alter(NAME, spec -> spec.withIndex(Graphs.index(Metric.L2, "", m, 60)));
            assertThat(info(engine).tailRows()).as("m %d: begun anew", m).isPositive();
            engine.delete(NAME, new Selection.Ids(LongStream.range(0, m * 100).toArray()));
            awaitGrown(engine);
            assertThat(info(engine).servedBy()).isEqualTo("hnsw");
            assertThat(recall(engine, queries(50))).as("m %d", m).isGreaterThan(0.95);
        }
        engine.alter(NAME, spec -> spec.withIndex(IndexSpec.flat(Metric.L2)));
        assertThat(info(engine).servedBy()).isEqualTo("exact");
        assertThat(info(engine).memoryBytes()).isLessThan((long) ROWS * (DIMENSION * 4 + 100));
        assertThat(recall(engine, queries(20))).isEqualTo(1.0);
    }

    @Test
    void alter_duringACompaction_waitsForItsEnd() {
        create(Metric.L2, "");
        put(ROWS);
        awaitGrown(engine);
        engine.delete(NAME, new Selection.Ids(LongStream.range(0, ROWS / 2).toArray()));
        for (long m = 8; m < 14; m++) {
            long next = m;
            engine.alter(NAME, spec -> spec.withIndex(Graphs.index(Metric.L2, "", next, 40)));
            engine.delete(
                    NAME,
                    new Selection.Ids(LongStream.range(0, ROWS / 2 + m * 100).toArray()));
            engine.put(NAME, Put.append(rows(500)));
        }
        awaitGrown(engine);
        assertThat(recall(engine, queries(50))).isGreaterThan(0.9);
    }

    @Test
    void reset_whileTheGraphGrows_startsAnew() {
        create(Metric.L2, "");
        put(ROWS);
        engine.reset(NAME);
        assertThat(engine.search(NAME, queries(1)).getFirst().count()).isZero();
        put(ROWS);
        awaitGrown(engine);
        assertThat(info(engine).points()).isEqualTo(ROWS);
        assertThat(recall(engine, queries(100))).isGreaterThan(0.95);
    }

    @Test
    void drop_whileTheGraphGrows_givesTheMemoryBack() {
        create(Metric.L2, "");
        put(ROWS);
        engine.drop(NAME);
        Await.until("memory given back", () -> engine.stats().memoryBytes() == 0);
    }

    @Test
    void search_forMoreThanTheGraphKeeps_isExact() {
        create(Metric.L2, "");
        put(ROWS);
        awaitGrown(engine);
        VectorBlock query = rows(1);
        assertThat(engine.search(NAME, Query.nearest(query, 10_000)).getFirst().count())
                .isEqualTo(10_000);
        assertThat(recall(engine, Query.nearest(query, 10).withEfSearch(Integer.MAX_VALUE)))
                .isEqualTo(1.0);
    }
}
