package dev.kith.engine;

import static dev.kith.engine.Engines.block;
import static dev.kith.engine.Engines.inMemory;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.FaultyDirectory;
import dev.kith.testkit.Oracle;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exact search against brute force in doubles, and relations that must hold whatever the answers are. */
class EngineSearchTest {
    private static final CollectionName NAME = new CollectionName("t", "n", "points");
    private static final CollectionName HALF = new CollectionName("t", "n", "half");
    private static final int POINTS = 370;

    /** One shape of data. */
    record Shape(Metric metric, int dimension) {}

    static Stream<Shape> shapes() {
        return Stream.of(Metric.L2, Metric.INNER_PRODUCT, Metric.COSINE)
                .flatMap(metric -> IntStream.of(1, 2, 15, 16, 17, 128, 200, 1000)
                        .mapToObj(dimension -> new Shape(metric, dimension)));
    }

    private static VectorBlock bits(long[][] rows, int dimension) {
        int bytes = ElementType.BIT.bytesPerVector(dimension);
        byte[] values = new byte[rows.length * bytes];
        for (int i = 0; i < rows.length; i++) {
            for (int b = 0; b < bytes; b++) {
                values[i * bytes + b] = (byte) (rows[i][b / 8] >>> 8 * (b % 8));
            }
        }
        return new VectorBlock.Bits(values, rows.length, dimension);
    }

    private static Map<Long, float[]> byId(float[][] rows) {
        Map<Long, float[]> points = new HashMap<>();
        for (int i = 0; i < rows.length; i++) {
            points.put((long) i, rows[i]);
        }
        return points;
    }

    private static byte[] content(List<Hits> found) {
        ByteBuffer bytes = ByteBuffer.allocate(
                found.stream().mapToInt(hits -> 4 + 12 * hits.count()).sum());
        for (Hits hits : found) {
            bytes.putInt(hits.count());
            LongStream.of(hits.ids()).forEach(bytes::putLong);
            for (float score : hits.scores()) {
                bytes.putFloat(score);
            }
        }
        return bytes.array();
    }

    private static void requireOrdered(Hits hits) {
        for (int i = 1; i < hits.count(); i++) {
            assertThat(hits.scores()[i - 1]).isGreaterThanOrEqualTo(hits.scores()[i]);
            if (hits.scores()[i - 1] == hits.scores()[i]) {
                assertThat(hits.ids()[i - 1]).isLessThan(hits.ids()[i]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void search_seededData_agreesWithBruteForce(Shape shape) {
        Seeded seeded = new Seeded(shape.dimension());
        float[][] rows = seeded.normalRows(POINTS, shape.dimension());
        for (int i = 0; i < 50; i++) {
            rows[300 + i] = rows[i].clone(); // Ties.
        }
        float[][] queries = seeded.normalRows(11, shape.dimension());
        queries[3] = rows[300];
        Oracle.Likeness likeness = Oracle.Likeness.valueOf(shape.metric().name());
        double tolerance = shape.metric() == Metric.COSINE ? 1e-5 : 1e-5 * (4 + shape.dimension());
        try (Engine engine = inMemory()) {
            engine.create(NAME, CollectionSpec.floats(shape.dimension(), shape.metric()));
            engine.put(NAME, Put.append(block(rows)));
            for (int k : new int[] {1, 10, POINTS - 1, 5000}) {
                List<Hits> found = engine.search(NAME, Query.nearest(block(queries), k));
                for (int q = 0; q < queries.length; q++) {
                    Hits hits = found.get(q);
                    List<Oracle.Hit> expected = Oracle.topK(byId(rows), queries[q], likeness, k);
                    assertThat(hits.count()).isEqualTo(expected.size());
                    assertThat(LongStream.of(hits.ids()).distinct().count()).isEqualTo(hits.count());
                    requireOrdered(hits);
                    for (int i = 0; i < hits.count(); i++) {
                        double own = likeness.score(queries[q], rows[(int) hits.ids()[i]]);
                        assertThat((double) hits.scores()[i])
                                .as("%s, query %d, hit %d", seeded, q, i)
                                .isCloseTo(own, within(tolerance))
                                .isCloseTo(expected.get(i).score(), within(tolerance));
                    }
                }
            }
        }
    }

    private static org.assertj.core.data.Offset<Double> within(double tolerance) {
        return org.assertj.core.data.Offset.offset(tolerance);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 63, 64, 65, 127, 128, 1000})
    void search_bits_agreesWithBruteForceExactly(int dimension) {
        Seeded seeded = new Seeded(dimension);
        long[][] rows = seeded.bitRows(500, dimension);
        long[][] queries = seeded.bitRows(11, dimension);
        Map<Long, long[]> points = new HashMap<>();
        IntStream.range(0, rows.length).forEach(i -> points.put((long) i, rows[i]));
        try (Engine engine = inMemory()) {
            engine.create(
                    NAME,
                    CollectionSpec.of(ElementType.BIT, dimension, KeyPolicy.NONE, IndexSpec.flat(Metric.HAMMING)));
            engine.put(NAME, Put.append(bits(rows, dimension)));
            List<Hits> found = engine.search(NAME, Query.nearest(bits(queries, dimension), 40));
            for (int q = 0; q < queries.length; q++) {
                List<Oracle.Hit> expected = Oracle.topKBits(points, queries[q], 40);
                Hits hits = found.get(q);
                assertThat(hits.ids())
                        .as(seeded.toString())
                        .containsExactly(
                                expected.stream().mapToLong(Oracle.Hit::id).toArray());
                for (int i = 0; i < 40; i++) {
                    assertThat((double) hits.scores()[i])
                            .isEqualTo(expected.get(i).score());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = Metric.class, names = "HAMMING", mode = EnumSource.Mode.EXCLUDE)
    void search_manyQueriesOverSeveralChunks_equalsEachAloneBitForBit(Metric metric) {
        Seeded seeded = new Seeded(7);
        int dimension = 10_000; // 128 rows a chunk.
        float[][] rows = seeded.normalRows(300, dimension);
        float[][] queries = seeded.normalRows(21, dimension);
        try (Engine engine = inMemory()) {
            engine.create(NAME, CollectionSpec.floats(dimension, metric));
            engine.put(NAME, Put.append(block(rows)));
            engine.delete(NAME, new Selection.Ids(new long[] {0, 127, 128, 256, 299}));
            for (Query.Reach reach : List.of(new Query.Reach.Nearest(25), new Query.Reach.Within(-20_000))) {
                Query all = new Query(block(queries), Optional.empty(), reach, Filter.ALL);
                byte[] together = content(engine.search(NAME, all));
                List<Hits> apart = new ArrayList<>();
                for (float[] query : queries) {
                    apart.addAll(engine.search(
                            NAME, new Query(block(new float[][] {query}), Optional.empty(), reach, Filter.ALL)));
                }
                assertThat(content(apart)).as(seeded.toString()).isEqualTo(together);
                requireOrdered(apart.getFirst());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = Metric.class, names = "HAMMING", mode = EnumSource.Mode.EXCLUDE)
    void search_extremeValues_findsAllInOrder(Metric metric) {
        float[][] rows = {
            {0, 0, 0, 0},
            {0, 0, 0, 0},
            {1e-40f, 1e-40f, 0, 0},
            {Float.MIN_VALUE, 0, 0, 0},
            {3e38f, 3e38f, 3e38f, 3e38f},
            {-3e38f, -3e38f, 3e38f, 3e38f},
            {3e38f, 3e38f, 3e38f, 3e38f},
            {1e25f, 0, 0, 0},
            {1e-25f, 1e-25f, 1e-25f, 0},
            {1, 1, 1, 1},
            {1, 1, 1, 1},
            {-1, 2, 0.5f, -3}
        };
        try (Engine engine = inMemory()) {
            engine.create(NAME, CollectionSpec.floats(4, metric));
            engine.put(NAME, Put.append(block(rows)));
            for (float[] query : rows) {
                for (int k = 1; k <= rows.length + 1; k++) {
                    Hits hits = engine.search(NAME, Query.nearest(block(new float[][] {query}), k))
                            .getFirst();
                    assertThat(hits.count()).isEqualTo(Math.min(k, rows.length));
                    assertThat(LongStream.of(hits.ids()).distinct().count()).isEqualTo(hits.count());
                    requireOrdered(hits);
                    if (metric != Metric.L2 && metric != Metric.INNER_PRODUCT) {
                        requireAngles(metric, rows, query, hits);
                    }
                }
            }
        }
    }

    private static void requireAngles(Metric metric, float[][] rows, float[] query, Hits hits) {
        for (int i = 0; i < hits.count(); i++) {
            double own = angle(metric, query, rows[(int) hits.ids()[i]]);
            if (own == Double.NEGATIVE_INFINITY) {
                assertThat(hits.scores()[i]).isEqualTo(Float.NEGATIVE_INFINITY);
            } else {
                assertThat((double) hits.scores()[i])
                        .as("%s of %s, id %d", metric, Arrays.toString(query), hits.ids()[i])
                        .isCloseTo(own, within(1e-6));
            }
        }
    }

    private static double angle(Metric metric, float[] query, float[] row) {
        double cosine = Oracle.Likeness.COSINE.score(query, row);
        boolean zero = cosine == Double.NEGATIVE_INFINITY;
        return switch (metric) {
            case NORMALISED_L2 -> zero ? (Arrays.equals(query, row) ? 0 : -1) : 2 * cosine - 2;
            case NORMALISED_INNER_PRODUCT -> zero ? 0 : cosine;
            default -> cosine;
        };
    }

    @Test
    void range_radiusOfAnExactScore_excludesIt() {
        try (Engine engine = inMemory()) {
            engine.create(NAME, CollectionSpec.floats(1, Metric.L2));
            engine.put(NAME, Put.append(block(new float[][] {{0}, {1}, {2}, {3}, {-2}})));
            VectorBlock zero = block(new float[][] {{0}});
            assertThat(engine.search(NAME, Query.within(zero, -4)).getFirst().ids())
                    .containsExactly(0, 1);
            assertThat(engine.search(NAME, Query.within(zero, Math.nextDown(-4f)))
                            .getFirst()
                            .ids())
                    .containsExactly(0, 1, 2, 4);
            assertThat(engine.search(NAME, Query.within(zero, 0)).getFirst().ids())
                    .isEmpty();
            assertThat(engine.search(NAME, Query.within(zero, Float.NEGATIVE_INFINITY))
                            .getFirst()
                            .ids())
                    .containsExactly(0, 1, 2, 4, 3);
            assertThatThrownBy(() -> engine.search(NAME, Query.within(zero, Float.NaN)))
                    .isInstanceOf(Rejection.class);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Metric.class,
            names = {"L2", "INNER_PRODUCT", "COSINE"})
    void search_metamorphicRelations_hold(Metric metric) {
        Seeded seeded = new Seeded(25);
        float[][] rows = seeded.clusteredRows(900, 24, new Seeded.Clusters(5, 0.1));
        Query query = Query.nearest(block(seeded.normalRows(9, 24)), 30);
        try (Engine engine = inMemory()) {
            engine.create(NAME, CollectionSpec.floats(24, metric));
            engine.put(NAME, Put.append(block(rows)));
            byte[] plain = content(engine.search(NAME, query));

            // Another order of insertion, in several puts, with some points replaced twice.
            CollectionName permuted = new CollectionName("t", "n", "permuted");
            engine.create(permuted, CollectionSpec.floats(24, metric));
            putPermuted(engine, permuted, rows, seeded.shuffledIds(rows.length));
            assertThat(content(engine.search(permuted, query)))
                    .as("permuted, %s", seeded)
                    .isEqualTo(plain);

            // A filter that accepts everything.
            Filter all = new Filter.And(List.of(Filter.ALL, new Filter.And(List.of())));
            assertThat(content(engine.search(NAME, new Query(query.vectors(), Optional.empty(), query.reach(), all))))
                    .isEqualTo(plain);

            // The union of two halves.
            engine.create(HALF, CollectionSpec.floats(24, metric));
            long[] odd =
                    LongStream.range(0, rows.length).filter(id -> id % 2 == 1).toArray();
            engine.merge(HALF, List.of(NAME), true);
            engine.delete(HALF, new Selection.Ids(odd));
            engine.delete(
                    permuted,
                    new Selection.Ids(LongStream.range(0, rows.length)
                            .filter(id -> id % 2 == 0)
                            .toArray()));
            assertThat(content(union(engine.search(HALF, query), engine.search(permuted, query), 30)))
                    .as("union, %s", seeded)
                    .isEqualTo(plain);

            if (metric == Metric.COSINE) {
                float[] scaled = ((VectorBlock.Floats) query.vectors()).values().clone();
                for (int i = 0; i < scaled.length; i++) {
                    scaled[i] *= 0x1p-20f;
                }
                VectorBlock small = new VectorBlock.Floats(scaled, 9, 24);
                assertThat(content(engine.search(NAME, Query.nearest(small, 30))))
                        .isEqualTo(plain);
            }

            // Every point twice: each hit comes twice, the smaller id first.
            engine.put(
                    NAME,
                    Put.withIds(
                            block(rows),
                            LongStream.range(0, rows.length)
                                    .map(id -> id + 1000)
                                    .toArray()));
            List<Hits> doubled = engine.search(NAME, Query.nearest(query.vectors(), 60));
            for (Hits hits : doubled) {
                Map<Long, Integer> seen = new HashMap<>();
                LongStream.of(hits.ids()).forEach(id -> seen.merge(id % 1000, 1, Integer::sum));
                assertThat(seen)
                        .hasSize(30)
                        .allSatisfy((id, times) -> assertThat(times).isEqualTo(2));
            }
        }
    }

    private static void putPermuted(Engine engine, CollectionName name, float[][] rows, long[] order) {
        engine.put(name, Put.withIds(block(Arrays.copyOf(rows, 300)), Arrays.copyOf(order, 300)));
        float[][] shuffled = LongStream.of(order).mapToObj(id -> rows[(int) id]).toArray(float[][]::new);
        for (int from = 0; from < rows.length; from += 100) {
            VectorBlock some = block(Arrays.copyOfRange(shuffled, from, from + 100));
            engine.put(name, Put.withIds(some, Arrays.copyOfRange(order, from, from + 100)));
        }
    }

    private static List<Hits> union(List<Hits> one, List<Hits> other, int k) {
        List<Hits> united = new ArrayList<>();
        for (int q = 0; q < one.size(); q++) {
            List<Oracle.Hit> all = new ArrayList<>();
            for (Hits hits : List.of(one.get(q), other.get(q))) {
                for (int i = 0; i < hits.count(); i++) {
                    all.add(new Oracle.Hit(hits.ids()[i], hits.scores()[i]));
                }
            }
            all.sort(Comparator.comparingDouble(Oracle.Hit::score).reversed().thenComparingLong(Oracle.Hit::id));
            List<Oracle.Hit> best = all.subList(0, k);
            float[] scores = new float[k];
            for (int i = 0; i < k; i++) {
                scores[i] = (float) best.get(i).score();
            }
            united.add(new Hits(best.stream().mapToLong(Oracle.Hit::id).toArray(), scores));
        }
        return united;
    }

    @Test
    void search_again_isIdenticalAlsoAfterRestart() {
        Seeded seeded = new Seeded(27);
        FaultyDirectory disk = FaultyDirectory.empty();
        Query query = Query.nearest(block(seeded.normalRows(20, 100)), 50);
        byte[] first;
        try (Engine engine = Engine.open(EngineOptions.durable(disk, Engines.MEMORY, 2))) {
            engine.create(NAME, CollectionSpec.floats(100, Metric.L2));
            engine.put(NAME, Put.append(block(seeded.normalRows(2000, 100))));
            engine.put(NAME, Put.withIds(block(seeded.normalRows(200, 100)), seeded.shuffledIds(200)));
            first = content(engine.search(NAME, query));
            for (int i = 0; i < 100; i++) {
                assertThat(content(engine.search(NAME, query))).isEqualTo(first);
            }
        }
        try (Engine engine = Engine.open(EngineOptions.durable(disk, Engines.MEMORY, 1))) {
            assertThat(content(engine.search(NAME, query))).isEqualTo(first);
        }
    }

    @Test
    void search_filtered_findsKWhileKMatch() {
        Seeded seeded = new Seeded(24);
        int points = 1000;
        float[][] rows = seeded.normalRows(points, 8);
        List<Value.Fields> payloads = IntStream.range(0, points)
                .mapToObj(i -> new Value.Fields(Map.of(
                        "one", new Value.Bool(i == 500), "few", new Value.Int(i % 100), "odd", new Value.Int(i % 2))))
                .toList();
        try (Engine engine = inMemory()) {
            engine.create(NAME, CollectionSpec.floats(8, Metric.L2));
            engine.put(
                    NAME,
                    new Put(block(rows), Optional.empty(), List.of(), payloads, Put.Known.REPLACE, Optional.empty()));
            Map<Filter, Integer> matching = Map.of(
                    new Filter.Equals(FieldPath.of("one"), new Value.Bool(true)), 1,
                    new Filter.Equals(FieldPath.of("few"), new Value.Int(3)), 10,
                    new Filter.Equals(FieldPath.of("odd"), new Value.Int(1)), 500,
                    new Filter.Equals(FieldPath.of("odd"), new Value.Real(1)), 0,
                    new Filter.Equals(FieldPath.of("none"), Value.NULL), 0);
            float[] query = seeded.normalRow(8);
            matching.forEach((filter, count) -> {
                Hits hits = engine.search(
                                NAME,
                                new Query(
                                        block(new float[][] {query}),
                                        Optional.empty(),
                                        new Query.Reach.Nearest(20),
                                        filter))
                        .getFirst();
                assertThat(hits.count()).isEqualTo(Math.min(20, count));
                requireOrdered(hits);
            });
        }
    }

    @Tag("slow")
    @Test
    void range_moreResultsThanTheLimit_isRefused() {
        try (Engine engine = inMemory()) {
            engine.create(NAME, CollectionSpec.floats(1, Metric.L2));
            engine.put(NAME, Put.append(new VectorBlock.Floats(new float[1001], 1001, 1)));
            VectorBlock queries = new VectorBlock.Floats(new float[10_000], 10_000, 1);
            assertThatThrownBy(() -> engine.search(NAME, Query.within(queries, -1)))
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.EXHAUSTED));
        }
    }
}
