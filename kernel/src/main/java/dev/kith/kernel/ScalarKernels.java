package dev.kith.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The plain loops that define what is right; the vector kernels must return the same bits, in the order of summation
 * that {@link Kernels} gives. Rows are absolute addresses that {@link RowMemory} has checked.
 */
final class ScalarKernels {
    /** How many partial sums a pair has: element i is added to partial sum i mod 16. */
    static final int PARTIALS = 16;

    /** A word of a bit row. */
    static final ValueLayout.OfLong WORD = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private ScalarKernels() {}

    static void l2(float[] query, int queryOffset, long rows, int count, int length, float[] out, int outOffset) {
        float[] partials = new float[PARTIALS];
        for (int i = 0; i < count; i++) {
            long row = rows + (long) i * length * Float.BYTES;
            Arrays.fill(partials, 0f);
            for (int d = 0; d < length; d++) {
                float difference = query[queryOffset + d] - element(row, d);
                partials[d % PARTIALS] = Math.fma(difference, difference, partials[d % PARTIALS]);
            }
            out[outOffset + i] = 0f - fold(partials);
        }
    }

    static void dot(float[] query, int queryOffset, long rows, int count, int length, float[] out, int outOffset) {
        float[] partials = new float[PARTIALS];
        for (int i = 0; i < count; i++) {
            long row = rows + (long) i * length * Float.BYTES;
            Arrays.fill(partials, 0f);
            for (int d = 0; d < length; d++) {
                partials[d % PARTIALS] = Math.fma(query[queryOffset + d], element(row, d), partials[d % PARTIALS]);
            }
            out[outOffset + i] = fold(partials);
        }
    }

    static void hamming(long[] query, int queryOffset, long rows, int count, int words, float[] out, int outOffset) {
        for (int i = 0; i < count; i++) {
            long row = rows + (long) i * words * Long.BYTES;
            long differing = 0;
            for (int w = 0; w < words; w++) {
                long word = RowMemory.ALL.get(WORD, row + (long) w * Long.BYTES);
                differing += Long.bitCount(query[queryOffset + w] ^ word);
            }
            out[outOffset + i] = 0f - differing;
        }
    }

    static float squaredNorm(long row, int length) {
        float[] partials = new float[PARTIALS];
        for (int d = 0; d < length; d++) {
            float x = element(row, d);
            partials[d % PARTIALS] = Math.fma(x, x, partials[d % PARTIALS]);
        }
        return fold(partials);
    }

    static float squaredNorm(float[] vector, int from, int length) {
        float[] partials = new float[PARTIALS];
        for (int d = 0; d < length; d++) {
            float x = vector[from + d];
            partials[d % PARTIALS] = Math.fma(x, x, partials[d % PARTIALS]);
        }
        return fold(partials);
    }

    static boolean allFinite(float[] values, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!Float.isFinite(values[i])) {
                return false;
            }
        }
        return true;
    }

    static int above(float[] scores, int from, int count, float threshold, int[] positions) {
        int found = 0;
        for (int i = 0; i < count; i++) {
            if (scores[from + i] > threshold) {
                positions[found++] = i;
            }
        }
        return found;
    }

    private static float element(long row, int d) {
        return RowMemory.ALL.get(JAVA_FLOAT, row + (long) d * Float.BYTES);
    }

    /** The sum of 16 partial sums: 16 are folded onto 8, those onto 4, onto 2, onto 1; never −0. */
    private static float fold(float[] partials) {
        for (int half = PARTIALS / 2; half > 0; half /= 2) {
            for (int j = 0; j < half; j++) {
                partials[j] += partials[j + half];
            }
        }
        return 0f + partials[0];
    }
}
