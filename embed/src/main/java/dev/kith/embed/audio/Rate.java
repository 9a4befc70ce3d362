package dev.kith.embed.audio;

/**
 * Samples at another rate: as many zeros between samples as it takes, a low-pass filter, and every so many of its
 * results, computed without the zeros. The filter is a windowed sinc of ten lobes to each side under a Kaiser window
 * with beta 5, which is the choice of SciPy's {@code resample_poly}. Source: Crochiere and Rabiner, Multirate Digital
 * Signal Processing (1983), section 2.3. Cost: {@code O(20 × max(1, from / to))} for each new sample. Safe on any
 * thread.
 */
final class Rate {
    private static final int LOBES = 10;
    private static final double BETA = 5;

    private Rate() {}

    static float[] changed(float[] in, int from, int to) {
        if (from == to) {
            return in;
        }
        int common = common(from, to);
        int up = to / common;
        int down = from / common;
        int half = LOBES * Math.max(up, down);
        double[] filter = lowPass(half, Math.max(up, down));
        float[] out = new float[Math.toIntExact(((long) in.length * up + down - 1) / down)];
        for (int n = 0; n < out.length; n++) {
            // The filter's middle lies on the new sample; k runs over the old ones that it reaches.
            long middle = (long) n * down + half;
            long first = Math.max(0, Math.ceilDiv(middle - 2L * half, up));
            long last = Math.min(in.length - 1L, middle / up);
            double sum = 0;
            for (long k = first; k <= last; k++) {
                sum += in[(int) k] * filter[(int) (middle - k * up)];
            }
            out[n] = (float) (sum * up);
        }
        return out;
    }

    private static int common(int a, int b) {
        return b == 0 ? a : common(b, a % b);
    }

    /** Passes what is below {@code 1 / rate} of half the sampling rate; its sum is 1. */
    private static double[] lowPass(int half, int rate) {
        double[] filter = new double[2 * half + 1];
        double sum = 0;
        for (int at = 0; at < filter.length; at++) {
            double x = (at - half) / (double) rate;
            double position = (at - half) / (double) half;
            double sinc = x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
            filter[at] = sinc * bessel(BETA * Math.sqrt(Math.max(0, 1 - position * position)));
            sum += filter[at];
        }
        for (int at = 0; at < filter.length; at++) {
            filter[at] /= sum;
        }
        return filter;
    }

    /** The modified Bessel function of the first kind and order 0, by its series. */
    private static double bessel(double x) {
        double term = 1;
        double sum = 1;
        for (int k = 1; term > 1e-17 * sum; k++) {
            term *= (x / 2 / k) * (x / 2 / k);
            sum += term;
        }
        return sum;
    }
}
