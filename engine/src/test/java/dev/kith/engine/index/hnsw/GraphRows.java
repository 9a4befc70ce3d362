package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowLayout;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.Rows;
import dev.kith.engine.scan.ExactScan;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Query;
import dev.kith.vectors.VectorBlock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;

/** Rows with ids that are their numbers, and a graph over them that a test grows by hand. */
public final class GraphRows {
    static final int K = 10;
    private static final int BATCH_ROWS = 4096;

    final Rows rows;
    public final HnswGraph graph;
    private final int dimension;
    private final Metric metric;
    private long sequence;
    private int linked;

    public GraphRows(int dimension, Metric metric, HnswOptions options) {
        this.dimension = dimension;
        this.metric = metric;
        this.rows = new Rows(new RowLayout(ElementType.FLOAT32, dimension), new MemoryBudget(4L << 30));
        this.graph = new HnswGraph(options, metric);
    }

    /** Adds rows without linking them. */
    public void put(float[][] vectors) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocate((long) vectors.length * dimension * Float.BYTES + 64, 64);
            for (int i = 0; i < vectors.length; i++) {
                MemorySegment.copy(
                        vectors[i], 0, source, ValueLayout.JAVA_FLOAT, (long) i * dimension * Float.BYTES, dimension);
            }
            int base = rowCount();
            rows.reserve(vectors.length, i -> base + i, 0);
            int first = rows.stage(source, vectors.length);
            for (int i = 0; i < vectors.length; i++) {
                rows.describe(first + i, first + i, null, null);
            }
            rows.link(vectors.length, ++sequence);
        }
    }

    private int rowCount() {
        return view().rowCount();
    }

    public void delete(int row) {
        rows.delete(row, ++sequence);
    }

    public RowView view() {
        return rows.view(sequence);
    }

    float[] vector(int row) {
        float[] vector = new float[view().layout().paddedDimension()];
        view().table().copy(row, vector);
        return vector;
    }

    /** Links all rows that are not linked yet, one after the other, in batches as the keeper does. */
    public void link() {
        RowView view = view();
        while (linked < view.rowCount()) {
            int to = Math.min(view.rowCount(), linked + BATCH_ROWS);
            graph.reserve(to);
            for (int row : graph.order(linked, to)) {
                if (view.isLive(row)) {
                    graph.insert(row, view);
                }
            }
            linked = to;
        }
    }

    /** Takes ended rows out, as the keeper does. */
    void mend() {
        Mender mender = new Mender(graph, view(), linked);
        mender.mend(0, linked);
        mender.leadBack(0, linked);
        graph.finish(view(), linked);
    }

    /** Prunes, seals and connects, as the keeper does when it is idle. */
    void seal() {
        graph.seal(view(), linked);
        graph.connect(view(), linked);
    }

    /** The rows that a search finds, nearest first. */
    int[] search(float[] query, int ef) {
        RowView view = view();
        float[] padded = new float[view.layout().paddedDimension()];
        System.arraycopy(query, 0, padded, 0, dimension);
        int[] found = graph.search(view, new HnswGraph.Query(padded, 0), ef, view.allLive() ? null : view::isLive)
                .rows();
        int[] apart = graph.rowsApart(K, view::isLive);
        if (apart.length == 0) {
            return Arrays.copyOf(found, Math.min(K, found.length));
        }
        int[] rated = IntStream.concat(IntStream.of(found).limit(K), IntStream.of(apart))
                .toArray();
        return Arrays.stream(best(query, rated).ids())
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    private Hits best(float[] query, int[] among) {
        return ExactScan.best(view(), Query.nearest(new VectorBlock.Floats(query, 1, dimension), K), metric, among);
    }

    /** The share of the true K nearest that searches find. */
    double recall(float[][] queries, int ef) {
        RowView view = view();
        int[] all = IntStream.range(0, view.rowCount()).filter(view::isLive).toArray();
        int hits = 0;
        int wanted = 0;
        for (float[] query : queries) {
            Hits exact = best(query, all);
            Set<Long> truth = new HashSet<>();
            for (long id : exact.ids()) {
                truth.add(id);
            }
            for (int row : search(query, ef)) {
                hits += truth.contains((long) row) ? 1 : 0;
            }
            wanted += exact.count();
        }
        return hits / (double) wanted;
    }

    /**
     * The share of the K rows found that are as near as the K nearest are, where many are equally near. Scores may
     * differ in their last bits.
     */
    double recallByScore(float[][] queries, int ef) {
        RowView view = view();
        int[] all = IntStream.range(0, view.rowCount()).filter(view::isLive).toArray();
        int hits = 0;
        for (float[] query : queries) {
            float[] exact = best(query, all).scores();
            float worst = exact[K - 1] - Math.abs(exact[K - 1]) * 1e-5f;
            int[] found = IntStream.of(search(query, ef)).distinct().toArray();
            for (float score : best(query, found).scores()) {
                hits += score >= worst ? 1 : 0;
            }
        }
        return hits / (double) (queries.length * K);
    }

    /** Says that a test has linked all rows below by itself. */
    void linkedTo(int count) {
        linked = count;
    }

    void release() {
        rows.release();
    }

    int linkedRows() {
        return linked;
    }
}
