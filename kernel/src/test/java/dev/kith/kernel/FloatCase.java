package dev.kith.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Queries against rows, run by any kernel into {@code float[queries × rows]}, row-major; all offsets are non-zero. */
final class FloatCase {
    /** Bytes in front of the first row. */
    static final long MARGIN = 64;

    private static final int QUERY_OFFSET = 5;
    private static final int OUT_OFFSET = 3;

    final float[][] queries;
    final float[][] rows;
    private final int length;

    FloatCase(float[][] queries, float[][] rows) {
        this.queries = queries;
        this.rows = rows;
        this.length = queries[0].length;
    }

    float[] l2(Kernels kernels) {
        return scan(kernels::l2);
    }

    float[] dot(Kernels kernels) {
        return scan(kernels::dot);
    }

    float[] l2Tile(Kernels kernels) {
        return tile(kernels::l2Tile);
    }

    float[] dotTile(Kernels kernels) {
        return tile(kernels::dotTile);
    }

    /** A segment of exactly the margin and the rows. */
    MemorySegment place(Arena arena) {
        MemorySegment memory = arena.allocate(MARGIN + (long) rows.length * length * Float.BYTES, 64);
        for (int r = 0; r < rows.length; r++) {
            long at = MARGIN + (long) r * length * Float.BYTES;
            MemorySegment.copy(rows[r], 0, memory, ValueLayout.JAVA_FLOAT, at, length);
        }
        return memory;
    }

    /**
     * Checks scores against double maths. A partial sum has length / 16 terms and folding adds five, each addition or
     * product with a relative error of at most 2⁻²⁴ of the sum of absolute terms; the factor of 2 covers the difference
     * inside the square, and the smallest float covers products that vanish.
     */
    void assertNear(float[] l2, float[] dot, String seed) {
        double relative = 2 * (length / 16 + 5) * 0x1p-24;
        for (int q = 0; q < queries.length; q++) {
            for (int r = 0; r < rows.length; r++) {
                double squares = 0;
                double product = 0;
                double absolute = 0;
                for (int d = 0; d < length; d++) {
                    double difference = (double) queries[q][d] - rows[r][d];
                    squares += difference * difference;
                    product += (double) queries[q][d] * rows[r][d];
                    absolute += Math.abs((double) queries[q][d] * rows[r][d]);
                }
                double vanishing = length * (double) Float.MIN_VALUE;
                int at = q * rows.length + r;
                String what = "query " + q + ", row " + r + ", " + seed;
                assertThat((double) l2[at]).as(what).isCloseTo(-squares, within(relative * squares + vanishing));
                assertThat((double) dot[at]).as(what).isCloseTo(product, within(relative * absolute + vanishing));
            }
        }
    }

    private interface Scan {
        void run(
                float[] query,
                int queryOffset,
                MemorySegment rows,
                long offset,
                int count,
                int length,
                float[] out,
                int outOffset);
    }

    private interface Tile {
        void run(float[] queries, int queryCount, MemorySegment rows, long offset, int count, int length, float[] out);
    }

    private float[] scan(Scan kernel) {
        float[] result = new float[queries.length * rows.length];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = place(arena);
            for (int q = 0; q < queries.length; q++) {
                float[] query = new float[QUERY_OFFSET + length];
                System.arraycopy(queries[q], 0, query, QUERY_OFFSET, length);
                float[] out = new float[OUT_OFFSET + rows.length + 1];
                kernel.run(query, QUERY_OFFSET, memory, MARGIN, rows.length, length, out, OUT_OFFSET);
                assertThat(out[OUT_OFFSET - 1]).isZero();
                assertThat(out[OUT_OFFSET + rows.length]).isZero();
                System.arraycopy(out, OUT_OFFSET, result, q * rows.length, rows.length);
            }
        }
        return result;
    }

    private float[] tile(Tile kernel) {
        float[] all = new float[queries.length * length];
        for (int q = 0; q < queries.length; q++) {
            System.arraycopy(queries[q], 0, all, q * length, length);
        }
        float[] out = new float[queries.length * rows.length];
        try (Arena arena = Arena.ofConfined()) {
            kernel.run(all, queries.length, place(arena), MARGIN, rows.length, length, out);
        }
        return out;
    }
}
