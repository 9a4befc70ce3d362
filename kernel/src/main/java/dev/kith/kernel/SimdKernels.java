package dev.kith.kernel;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * What all vector kernels share, norms, and the scans that are no distances. Written once for the preferred species,
 * but for at most 256 bits: a query that scans is bound by memory at that width already, and a tile for 512 bits waits
 * for a benchmark. {@link WideGathers} alone is wider.
 *
 * <p>Summation, the same as in {@link ScalarKernels}: partial sums 0 to 7 and 8 to 15 are two accumulators, so element
 * i belongs to partial sum i mod 16. With registers of 4 lanes a row is passed twice, for lanes 0 to 3 of both halves
 * and for lanes 4 to 7. {@code reduceLanes} is never used on floats: its order is unspecified and differs between
 * interpreted and compiled code.
 */
final class SimdKernels {
    static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.length() >= 8 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_128;

    /** Whether there are registers of 16 lanes, which are faster than two of 8 each. */
    static final boolean WIDE = FloatVector.SPECIES_PREFERRED.length() >= ScalarKernels.PARTIALS;

    static final int LANES = SPECIES.length();
    /** Half the partial sums of a pair: the distance between the elements of its two accumulators. */
    static final int HALF = ScalarKernels.PARTIALS / 2;

    private static final VectorShuffle<Float> SWAP_4 = VectorShuffle.fromOp(SPECIES, i -> i ^ (LANES == HALF ? 4 : 0));
    private static final VectorShuffle<Float> SWAP_2 = VectorShuffle.fromOp(SPECIES, i -> i ^ 2);

    private SimdKernels() {}

    /** Bits of the widest registers that any of the kernels uses. */
    static int registerBits() {
        return WIDE ? ScalarKernels.PARTIALS * Float.SIZE : SPECIES.vectorBitSize();
    }

    static FloatVector array(float[] values, int at) {
        return FloatVector.fromArray(SPECIES, values, at);
    }

    static FloatVector row(long row, int element) {
        return FloatVector.fromMemorySegment(
                SPECIES, RowMemory.ALL, row + (long) element * Float.BYTES, ByteOrder.nativeOrder());
    }

    /** The sum of the 8 or 4 lanes, folded in halves; never −0. */
    static float total(FloatVector sums) {
        FloatVector folded = sums;
        if (LANES == HALF) {
            folded = folded.add(folded.rearrange(SWAP_4));
        }
        folded = folded.add(folded.rearrange(SWAP_2));
        return 0f + (folded.lane(0) + folded.lane(1));
    }

    static float squaredNorm(long row, int length) {
        FloatVector sums = FloatVector.zero(SPECIES);
        for (int lane = 0; lane < HALF; lane += LANES) {
            FloatVector low = FloatVector.zero(SPECIES);
            FloatVector high = FloatVector.zero(SPECIES);
            for (int d = lane; d < length; d += ScalarKernels.PARTIALS) {
                FloatVector x = row(row, d);
                low = x.fma(x, low);
                FloatVector y = row(row, d + HALF);
                high = y.fma(y, high);
            }
            sums = sums.add(low.add(high));
        }
        return total(sums);
    }

    static float squaredNorm(float[] vector, int from, int length) {
        FloatVector sums = FloatVector.zero(SPECIES);
        for (int lane = 0; lane < HALF; lane += LANES) {
            FloatVector low = FloatVector.zero(SPECIES);
            FloatVector high = FloatVector.zero(SPECIES);
            for (int d = lane; d < length; d += ScalarKernels.PARTIALS) {
                FloatVector x = array(vector, from + d);
                low = x.fma(x, low);
                FloatVector y = array(vector, from + d + HALF);
                high = y.fma(y, high);
            }
            sums = sums.add(low.add(high));
        }
        return total(sums);
    }

    static boolean allFinite(float[] values, int from, int to) {
        int bound = from + SPECIES.loopBound(to - from);
        int i = from;
        for (; i < bound; i += LANES) {
            VectorMask<Float> finite = array(values, i).abs().compare(VectorOperators.LE, Float.MAX_VALUE);
            if (!finite.allTrue()) {
                return false;
            }
        }
        return ScalarKernels.allFinite(values, i, to);
    }

    static int above(float[] scores, int from, int count, float threshold, int[] positions) {
        int found = 0;
        int bound = SPECIES.loopBound(count);
        int i = 0;
        for (; i < bound; i += LANES) {
            VectorMask<Float> above = array(scores, from + i).compare(VectorOperators.GT, threshold);
            for (long bits = above.toLong(); bits != 0; bits &= bits - 1) {
                positions[found++] = i + Long.numberOfTrailingZeros(bits);
            }
        }
        for (; i < count; i++) {
            if (scores[from + i] > threshold) {
                positions[found++] = i;
            }
        }
        return found;
    }
}
