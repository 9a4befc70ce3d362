package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.RowView;
import dev.kith.kernel.Kernels;
import dev.kith.kernel.RowTable;
import dev.kith.vectors.Metric;

/**
 * Distances of one query to rows: what the kernels score, with its sign turned, since a graph looks for the least.
 * Where the metric goes by the angle, the distance is the negated cosine. A distance is never NaN: what cannot be
 * compared is infinitely far. One thread.
 */
final class Scorer {
    private static final int BATCH_MIN = 64;

    private final Metric metric;
    private final RowView view;
    private final RowTable table;
    private final boolean byAngle;
    private final float[] query;
    private float[] scores = new float[BATCH_MIN];
    private final int[] one = new int[1];
    /** 1 / ‖query‖, or 0 for a zero vector; where the metric goes by the angle. */
    private float scale = 1;

    Scorer(Metric metric, RowView view) {
        this.metric = metric;
        this.byAngle = isByAngle(metric);
        this.view = view;
        this.table = view.table();
        this.query = new float[table.length()];
    }

    /** Whether the metric compares angles, of which a zero vector has none. */
    static boolean isByAngle(Metric metric) {
        return metric != Metric.L2 && metric != Metric.INNER_PRODUCT;
    }

    /** Rows that can be asked for: those below. */
    int limit() {
        return table.count();
    }

    /** Takes a query, padded with zeros. */
    void query(float[] padded, int from) {
        System.arraycopy(padded, from, query, 0, query.length);
        scale();
    }

    /** Takes a row as the query. */
    void row(int row) {
        table.copy(row, query);
        scale();
    }

    private void scale() {
        if (byAngle) {
            float squared = Kernels.active().squaredNorm(query, 0, query.length);
            scale = squared > 0 ? (float) (1 / Math.sqrt(squared)) : 0;
        }
    }

    /** Sets {@link #distance(int)} for the first {@code count} of {@code rows}. */
    void measure(int[] rows, int count) {
        if (scores.length < count) {
            scores = new float[Math.max(count, scores.length * 2)];
        }
        if (metric == Metric.L2) {
            Kernels.active().l2Gather(query, table, rows, count, scores);
        } else {
            Kernels.active().dotGather(query, table, rows, count, scores);
        }
        if (byAngle) {
            for (int i = 0; i < count; i++) {
                float squared = view.norm(rows[i]);
                scores[i] = squared > 0 && scale > 0
                        ? (float) (scores[i] * scale / Math.sqrt(squared))
                        : withoutAngle(squared == scale);
            }
        }
    }

    /** The cosine that scores as much as a zero vector does. */
    private float withoutAngle(boolean bothZero) {
        return switch (metric) {
            case NORMALISED_L2 -> bothZero ? 1 : 0.5f;
            case NORMALISED_INNER_PRODUCT -> 0;
            case L2, INNER_PRODUCT, COSINE, HAMMING -> Float.NEGATIVE_INFINITY;
        };
    }

    /** The distance of the i-th row of the last {@link #measure}. */
    float distance(int i) {
        float score = scores[i];
        return Float.isNaN(score) ? Float.POSITIVE_INFINITY : 0f - score;
    }

    /** The distance of one row. */
    float distanceTo(int row) {
        one[0] = row;
        measure(one, 1);
        return distance(0);
    }
}
