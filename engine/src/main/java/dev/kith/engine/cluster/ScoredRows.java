package dev.kith.engine.cluster;

import dev.kith.kernel.Kernels;
import dev.kith.vectors.Metric;
import dev.kith.vectors.VectorBlock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Vectors laid out as the kernels want them, padded in native memory, to be scored against centroids. The memory goes
 * when this is closed, by the thread that made it.
 */
final class ScoredRows implements AutoCloseable {
    /** Alignment of the first row: a cache line. */
    private static final long ALIGNMENT = 64;
    /** Bytes of rows scored together: they stay in the second cache while all centroids pass by. */
    private static final int BLOCK_BYTES = 256 * 1024;

    private final Kernels kernels = Kernels.active();
    private final Arena arena = Arena.ofConfined();
    private final boolean byDistance;
    private final int count;
    private final int dimension;
    private final int length;
    private final int blockRows;
    private final MemorySegment rows;

    ScoredRows(VectorBlock.Floats block, Metric metric) {
        this.byDistance = metric == Metric.L2;
        this.count = block.count();
        this.dimension = block.dimension();
        this.length = Kernels.paddedLength(dimension);
        this.blockRows = Math.max(1, BLOCK_BYTES / (length * Float.BYTES));
        this.rows = arena.allocate((long) count * length * Float.BYTES, ALIGNMENT);
        for (int row = 0; row < count; row++) {
            MemorySegment.copy(block.values(), row * dimension, rows, ValueLayout.JAVA_FLOAT, offset(row), dimension);
        }
    }

    /** Scores every row against the centroid at {@code centroids[at]}, into {@code out[row]}. */
    void score(float[] centroids, int at, float[] out) {
        float[] query = new float[length];
        System.arraycopy(centroids, at, query, 0, dimension);
        if (byDistance) {
            kernels.l2(query, 0, rows, 0, count, length, out, 0);
        } else {
            kernels.dot(query, 0, rows, 0, count, length, out, 0);
        }
    }

    /**
     * Finds the best of the first {@code clusters} centroids for every row; equal scores go to the smaller cluster.
     *
     * @param centroids {@code float[clusters × dimension]}, row-major
     * @param best receives the cluster of each row
     * @param score receives its score
     */
    void nearest(float[] centroids, int clusters, int[] best, float[] score) {
        float[] query = new float[length];
        float[] out = new float[blockRows];
        Arrays.fill(score, Float.NEGATIVE_INFINITY);
        Arrays.fill(best, 0);
        for (int from = 0; from < count; from += blockRows) {
            int some = Math.min(blockRows, count - from);
            for (int cluster = 0; cluster < clusters; cluster++) {
                System.arraycopy(centroids, cluster * dimension, query, 0, dimension);
                if (byDistance) {
                    kernels.l2(query, 0, rows, offset(from), some, length, out, 0);
                } else {
                    kernels.dot(query, 0, rows, offset(from), some, length, out, 0);
                }
                for (int i = 0; i < some; i++) {
                    if (out[i] > score[from + i]) {
                        score[from + i] = out[i];
                        best[from + i] = cluster;
                    }
                }
            }
        }
    }

    private long offset(int row) {
        return (long) row * length * Float.BYTES;
    }

    @Override
    public void close() {
        arena.close();
    }
}
