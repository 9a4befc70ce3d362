package dev.kith.embed.image;

import java.util.List;

/**
 * A block of eight by eight samples of a JPEG, made anew with fewer samples out of its coefficients. A decoder gave
 * the samples, rounded; since every coefficient is a multiple of its step, which is in the file, the nearest multiples
 * of what a forward transform finds are the ones that the file has, unless samples were cut to what eight bits can say.
 * Source: ITU T.81, A.3.3 and A.3.4; the fixed point, its two passes and their rounding are those of libjpeg's reduced
 * inverse transforms, whose results are means of neighbouring samples of the full one. Cost: some two thousand
 * multiplications. Used by one thread.
 */
final class JpegBlock {
    static final int SIDE = 8;
    /** Bits of the fixed point, and those that the first pass leaves. */
    private static final int BITS = 13;

    private static final int PASS_BITS = 2;
    /** Bits by which two passes are larger than the samples. */
    private static final int SCALE_BITS = 3;
    /** Most that rounding alone can make of the sum of squared differences; other errors make far more. */
    private static final double ROUNDING_MAX = SIDE * SIDE * 0.25;

    private static final double[][] COSINES = new double[SIDE][SIDE];

    static {
        for (int k = 0; k < SIDE; k++) {
            for (int x = 0; x < SIDE; x++) {
                COSINES[k][x] = (k == 0 ? Math.sqrt(0.125) : 0.5) * Math.cos((2 * x + 1) * k * Math.PI / 16);
            }
        }
    }

    private final int side;
    private final int sideBits;
    private final int[] steps;
    private final int[][] weights;
    private final double[] samples = new double[SIDE * SIDE];
    private final double[] rows = new double[SIDE * SIDE];
    private final int[] coefficients = new int[SIDE * SIDE];
    private final int[] columns = new int[SIDE * SIDE];

    /**
     * @param side samples along each side of what is made: 1, 2 or 4
     * @param steps of the coefficients, row by row
     */
    JpegBlock(int side, List<Integer> steps) {
        this.side = side;
        this.sideBits = Integer.numberOfTrailingZeros(SIDE / side);
        this.steps = steps.stream().mapToInt(Integer::intValue).toArray();
        this.weights = new int[side][SIDE];
        for (int j = 0; j < side; j++) {
            for (int k = 0; k < SIDE; k++) {
                double mean = k == 0 ? 1 : Math.sqrt(2);
                for (int halved = SIDE; halved > side; halved /= 2) {
                    mean *= Math.cos(k * Math.PI / (2 * halved));
                }
                double weight = mean * Math.cos((2 * j + 1) * k * Math.PI / (2 * side));
                weights[j][k] = (int) Math.round(weight * (1 << (BITS + sideBits)));
            }
        }
    }

    void put(int x, int y, double sample) {
        samples[y * SIDE + x] = sample - 128;
    }

    /** Finds the coefficients of what was put; false: it cannot be what the file has. */
    boolean isFound() {
        for (int y = 0; y < SIDE; y++) {
            for (int k = 0; k < SIDE; k++) {
                double sum = 0;
                for (int x = 0; x < SIDE; x++) {
                    sum += COSINES[k][x] * samples[y * SIDE + x];
                }
                rows[y * SIDE + k] = sum;
            }
        }
        double error = 0;
        for (int at = 0; at < coefficients.length; at++) {
            double sum = 0;
            for (int y = 0; y < SIDE; y++) {
                sum += COSINES[at / SIDE][y] * rows[y * SIDE + at % SIDE];
            }
            coefficients[at] = (int) Math.round(sum / steps[at]) * steps[at];
            error += (sum - coefficients[at]) * (sum - coefficients[at]);
        }
        if (error > ROUNDING_MAX) {
            return false;
        }
        for (int column = 0; column < SIDE; column++) {
            for (int j = 0; j < side; j++) {
                long sum = 0;
                for (int k = 0; k < SIDE; k++) {
                    sum += (long) weights[j][k] * coefficients[k * SIDE + column];
                }
                columns[j * SIDE + column] = rounded(sum, BITS - PASS_BITS + sideBits);
            }
        }
        return true;
    }

    /** A sample of what is made. */
    int sample(int x, int y) {
        long sum = 0;
        for (int k = 0; k < SIDE; k++) {
            sum += (long) weights[x][k] * columns[y * SIDE + k];
        }
        return Math.clamp(rounded(sum, BITS + PASS_BITS + SCALE_BITS + sideBits) + 128, 0, 255);
    }

    private static int rounded(long value, int bits) {
        return (int) ((value + (1L << (bits - 1))) >> bits);
    }
}
