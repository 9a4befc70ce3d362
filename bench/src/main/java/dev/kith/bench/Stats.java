package dev.kith.bench;

import java.util.Arrays;
import java.util.Locale;

/**
 * Repeated measurements of one thing.
 *
 * @param samples {@code double[n]}, n ≥ 1, ascending
 */
record Stats(double[] samples) {

    Stats {
        if (samples.length == 0) {
            throw new IllegalArgumentException("nothing was measured");
        }
        samples = samples.clone();
        Arrays.sort(samples);
    }

    /** The middle sample; of an even number, the mean of the two in the middle. */
    double median() {
        int half = samples.length / 2;
        return samples.length % 2 == 1 ? samples[half] : (samples[half - 1] + samples[half]) / 2;
    }

    /** The smallest sample that so large a share is not above, 0 to 1. */
    double at(double share) {
        return samples[(int) Math.clamp(Math.ceil(share * samples.length) - 1, 0, samples.length - 1)];
    }

    double min() {
        return samples[0];
    }

    double max() {
        return samples[samples.length - 1];
    }

    /** (max − min) / median: how far the rounds lie apart. */
    double spread() {
        return (max() - min()) / median();
    }

    /** Median and spread for people. */
    @Override
    public String toString() {
        double middle = median();
        int decimals = middle >= 1_000 ? 0 : middle >= 10 ? 1 : 3;
        return String.format(Locale.ROOT, "%,." + decimals + "f (spread %.0f %%)", middle, 100 * spread());
    }
}
