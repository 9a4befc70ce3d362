package dev.kith.embed.audio;

/** The discrete Fourier transform of a power of two of numbers (Cooley and Tukey 1965), in place. Immutable. */
final class Fourier {
    private final int count;
    private final double[] cosines;
    private final double[] sines;

    Fourier(int count) {
        if (Integer.bitCount(count) != 1) {
            throw new IllegalStateException(count + " is no power of two");
        }
        this.count = count;
        this.cosines = new double[count / 2];
        this.sines = new double[count / 2];
        for (int at = 0; at < count / 2; at++) {
            cosines[at] = Math.cos(2 * Math.PI * at / count);
            sines[at] = -Math.sin(2 * Math.PI * at / count);
        }
    }

    void transform(double[] real, double[] imaginary) {
        for (int at = 1; at < count; at++) {
            int other = Integer.reverse(at) >>> (Integer.numberOfLeadingZeros(count) + 1);
            if (other > at) {
                swap(real, at, other);
                swap(imaginary, at, other);
            }
        }
        for (int half = 1; half < count; half *= 2) {
            int step = count / (2 * half);
            for (int block = 0; block < count; block += 2 * half) {
                for (int at = 0; at < half; at++) {
                    int upper = block + at;
                    int lower = upper + half;
                    double cosine = cosines[at * step];
                    double sine = sines[at * step];
                    double turnedReal = real[lower] * cosine - imaginary[lower] * sine;
                    double turnedImaginary = real[lower] * sine + imaginary[lower] * cosine;
                    real[lower] = real[upper] - turnedReal;
                    imaginary[lower] = imaginary[upper] - turnedImaginary;
                    real[upper] += turnedReal;
                    imaginary[upper] += turnedImaginary;
                }
            }
        }
    }

    private static void swap(double[] values, int a, int b) {
        double kept = values[a];
        values[a] = values[b];
        values[b] = kept;
    }
}
