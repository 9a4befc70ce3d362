package dev.kith.kernel;

import static dev.kith.kernel.ScalarKernels.PARTIALS;
import static dev.kith.kernel.SimdKernels.HALF;
import static dev.kith.kernel.SimdKernels.LANES;
import static dev.kith.kernel.SimdKernels.SPECIES;
import static dev.kith.kernel.SimdKernels.WIDE;
import static dev.kith.kernel.SimdKernels.array;
import static dev.kith.kernel.SimdKernels.row;
import static dev.kith.kernel.SimdKernels.total;

import jdk.incubator.vector.FloatVector;

/**
 * One query against rows that lie anywhere, as the neighbours of a graph's node do: bound by the latency of memory, so
 * what counts is how many reads are on their way at once. Four rows are compared at a time, as in {@link SimdScans};
 * where two or three are left, the last one stands in for those that are missing.
 * Reading a word of every line of all rows first made searches slower by a fifth on Zen 3 and by 6 % on Zen 4,
 * whichever lines were read: a processor has only so many reads under way at once, and the loops below keep that many.
 *
 * <p>The arithmetic is that of {@link SimdScans}, written out again: in a method that both call, a scan of rows of 128
 * took 1.5 to 4 times as long, and not the same time twice.
 */
final class SimdGathers {
    private SimdGathers() {}

    static void l2(float[] query, RowTable table, int[] rows, int count, float[] out) {
        if (WIDE) {
            WideGathers.l2(query, table, rows, count, out);
            return;
        }
        int i = 0;
        for (; i + 1 < count; i += 4) {
            l2Four(query, table, rows, i, count - 1, out);
        }
        if (i < count) {
            out[i] = SimdScans.l2One(query, 0, table.address(rows[i]), table.length());
        }
    }

    private static void l2Four(float[] query, RowTable table, int[] rows, int at, int last, float[] out) {
        int at2 = Math.min(at + 2, last);
        int at3 = Math.min(at + 3, last);
        long row0 = table.address(rows[at]);
        long row1 = table.address(rows[at + 1]);
        long row2 = table.address(rows[at2]);
        long row3 = table.address(rows[at3]);
        int length = table.length();
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector sums0 = zero;
        FloatVector sums1 = zero;
        FloatVector sums2 = zero;
        FloatVector sums3 = zero;
        for (int lane = 0; lane < HALF; lane += LANES) {
            FloatVector low0 = zero;
            FloatVector low1 = zero;
            FloatVector low2 = zero;
            FloatVector low3 = zero;
            FloatVector high0 = zero;
            FloatVector high1 = zero;
            FloatVector high2 = zero;
            FloatVector high3 = zero;
            for (int d = lane; d < length; d += PARTIALS) {
                FloatVector q = array(query, d);
                FloatVector r = array(query, d + HALF);
                FloatVector difference = q.sub(row(row0, d));
                low0 = difference.fma(difference, low0);
                difference = r.sub(row(row0, d + HALF));
                high0 = difference.fma(difference, high0);
                difference = q.sub(row(row1, d));
                low1 = difference.fma(difference, low1);
                difference = r.sub(row(row1, d + HALF));
                high1 = difference.fma(difference, high1);
                difference = q.sub(row(row2, d));
                low2 = difference.fma(difference, low2);
                difference = r.sub(row(row2, d + HALF));
                high2 = difference.fma(difference, high2);
                difference = q.sub(row(row3, d));
                low3 = difference.fma(difference, low3);
                difference = r.sub(row(row3, d + HALF));
                high3 = difference.fma(difference, high3);
            }
            sums0 = sums0.add(low0.add(high0));
            sums1 = sums1.add(low1.add(high1));
            sums2 = sums2.add(low2.add(high2));
            sums3 = sums3.add(low3.add(high3));
        }
        out[at] = 0f - total(sums0);
        out[at + 1] = 0f - total(sums1);
        out[at2] = 0f - total(sums2);
        out[at3] = 0f - total(sums3);
    }

    static void dot(float[] query, RowTable table, int[] rows, int count, float[] out) {
        if (WIDE) {
            WideGathers.dot(query, table, rows, count, out);
            return;
        }
        int i = 0;
        for (; i + 1 < count; i += 4) {
            dotFour(query, table, rows, i, count - 1, out);
        }
        if (i < count) {
            out[i] = SimdScans.dotOne(query, 0, table.address(rows[i]), table.length());
        }
    }

    private static void dotFour(float[] query, RowTable table, int[] rows, int at, int last, float[] out) {
        int at2 = Math.min(at + 2, last);
        int at3 = Math.min(at + 3, last);
        long row0 = table.address(rows[at]);
        long row1 = table.address(rows[at + 1]);
        long row2 = table.address(rows[at2]);
        long row3 = table.address(rows[at3]);
        int length = table.length();
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector sums0 = zero;
        FloatVector sums1 = zero;
        FloatVector sums2 = zero;
        FloatVector sums3 = zero;
        for (int lane = 0; lane < HALF; lane += LANES) {
            FloatVector low0 = zero;
            FloatVector low1 = zero;
            FloatVector low2 = zero;
            FloatVector low3 = zero;
            FloatVector high0 = zero;
            FloatVector high1 = zero;
            FloatVector high2 = zero;
            FloatVector high3 = zero;
            for (int d = lane; d < length; d += PARTIALS) {
                FloatVector q = array(query, d);
                FloatVector r = array(query, d + HALF);
                low0 = q.fma(row(row0, d), low0);
                high0 = r.fma(row(row0, d + HALF), high0);
                low1 = q.fma(row(row1, d), low1);
                high1 = r.fma(row(row1, d + HALF), high1);
                low2 = q.fma(row(row2, d), low2);
                high2 = r.fma(row(row2, d + HALF), high2);
                low3 = q.fma(row(row3, d), low3);
                high3 = r.fma(row(row3, d + HALF), high3);
            }
            sums0 = sums0.add(low0.add(high0));
            sums1 = sums1.add(low1.add(high1));
            sums2 = sums2.add(low2.add(high2));
            sums3 = sums3.add(low3.add(high3));
        }
        out[at] = total(sums0);
        out[at + 1] = total(sums1);
        out[at2] = total(sums2);
        out[at3] = total(sums3);
    }
}
