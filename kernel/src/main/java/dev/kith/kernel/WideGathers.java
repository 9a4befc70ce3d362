package dev.kith.kernel;

import static dev.kith.kernel.ScalarKernels.PARTIALS;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * What {@link SimdGathers} does, in registers of 16 lanes: all partial sums of a row are one of them, so four rows are
 * four independent chains, and half as many instructions stand between one read from memory and the next.
 */
final class WideGathers {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_512;
    private static final VectorShuffle<Float> SWAP_8 = VectorShuffle.fromOp(SPECIES, i -> i ^ 8);
    private static final VectorShuffle<Float> SWAP_4 = VectorShuffle.fromOp(SPECIES, i -> i ^ 4);
    private static final VectorShuffle<Float> SWAP_2 = VectorShuffle.fromOp(SPECIES, i -> i ^ 2);
    private static final VectorShuffle<Float> SWAP_1 = VectorShuffle.fromOp(SPECIES, i -> i ^ 1);
    /** The second half of the lanes. */
    private static final VectorMask<Float> SECOND_HALF = VectorMask.fromLong(SPECIES, 0xFF00);
    /** The second half of each half. */
    private static final VectorMask<Float> SECOND_QUARTERS = VectorMask.fromLong(SPECIES, 0xF0F0);

    private WideGathers() {}

    private static FloatVector array(float[] values, int at) {
        return FloatVector.fromArray(SPECIES, values, at);
    }

    private static FloatVector row(long row, int element) {
        return FloatVector.fromMemorySegment(
                SPECIES, RowMemory.ALL, row + (long) element * Float.BYTES, ByteOrder.nativeOrder());
    }

    /**
     * Each row's partial sums, folded in halves as {@link Kernels} says: the four rows share registers, so that they
     * take little more than one would. The sums are in lanes 0, 8, 4 and 12, in the order of the arguments.
     */
    private static FloatVector totals(FloatVector row0, FloatVector row1, FloatVector row2, FloatVector row3) {
        FloatVector rows01 =
                row0.blend(row1, SECOND_HALF).add(row1.blend(row0, SECOND_HALF).rearrange(SWAP_8));
        FloatVector rows23 =
                row2.blend(row3, SECOND_HALF).add(row3.blend(row2, SECOND_HALF).rearrange(SWAP_8));
        FloatVector folded = rows01.blend(rows23, SECOND_QUARTERS)
                .add(rows23.blend(rows01, SECOND_QUARTERS).rearrange(SWAP_4));
        folded = folded.add(folded.rearrange(SWAP_2));
        return folded.add(folded.rearrange(SWAP_1));
    }

    static void l2(float[] query, RowTable table, int[] rows, int count, float[] out) {
        for (int i = 0; i < count; i += 4) {
            l2Four(query, table, rows, i, count - 1, out);
        }
    }

    private static void l2Four(float[] query, RowTable table, int[] rows, int at, int last, float[] out) {
        int at1 = Math.min(at + 1, last);
        int at2 = Math.min(at + 2, last);
        int at3 = Math.min(at + 3, last);
        long row0 = table.address(rows[at]);
        long row1 = table.address(rows[at1]);
        long row2 = table.address(rows[at2]);
        long row3 = table.address(rows[at3]);
        int length = table.length();
        FloatVector sums0 = FloatVector.zero(SPECIES);
        FloatVector sums1 = sums0;
        FloatVector sums2 = sums0;
        FloatVector sums3 = sums0;
        for (int d = 0; d < length; d += PARTIALS) {
            FloatVector q = array(query, d);
            FloatVector difference = q.sub(row(row0, d));
            sums0 = difference.fma(difference, sums0);
            difference = q.sub(row(row1, d));
            sums1 = difference.fma(difference, sums1);
            difference = q.sub(row(row2, d));
            sums2 = difference.fma(difference, sums2);
            difference = q.sub(row(row3, d));
            sums3 = difference.fma(difference, sums3);
        }
        FloatVector totals = totals(sums0, sums1, sums2, sums3);
        out[at] = 0f - totals.lane(0);
        out[at1] = 0f - totals.lane(8);
        out[at2] = 0f - totals.lane(4);
        out[at3] = 0f - totals.lane(12);
    }

    static void dot(float[] query, RowTable table, int[] rows, int count, float[] out) {
        for (int i = 0; i < count; i += 4) {
            dotFour(query, table, rows, i, count - 1, out);
        }
    }

    private static void dotFour(float[] query, RowTable table, int[] rows, int at, int last, float[] out) {
        int at1 = Math.min(at + 1, last);
        int at2 = Math.min(at + 2, last);
        int at3 = Math.min(at + 3, last);
        long row0 = table.address(rows[at]);
        long row1 = table.address(rows[at1]);
        long row2 = table.address(rows[at2]);
        long row3 = table.address(rows[at3]);
        int length = table.length();
        FloatVector sums0 = FloatVector.zero(SPECIES);
        FloatVector sums1 = sums0;
        FloatVector sums2 = sums0;
        FloatVector sums3 = sums0;
        for (int d = 0; d < length; d += PARTIALS) {
            FloatVector q = array(query, d);
            sums0 = q.fma(row(row0, d), sums0);
            sums1 = q.fma(row(row1, d), sums1);
            sums2 = q.fma(row(row2, d), sums2);
            sums3 = q.fma(row(row3, d), sums3);
        }
        FloatVector totals = totals(sums0, sums1, sums2, sums3);
        out[at] = 0f + totals.lane(0);
        out[at1] = 0f + totals.lane(8);
        out[at2] = 0f + totals.lane(4);
        out[at3] = 0f + totals.lane(12);
    }
}
