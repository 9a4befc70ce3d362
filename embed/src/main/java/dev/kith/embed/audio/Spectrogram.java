package dev.kith.embed.audio;

import dev.kith.embed.models.Tower.SoundRecipe;
import java.util.Arrays;

/**
 * Log-mel spectrograms as transformers' {@code ClapFeatureExtractor} makes them for sounds of one length: frames around
 * every hop-th sample, the edges mirrored, a Hann window, powers, triangles between equal steps of the mel scale of
 * Slaney's Auditory Toolbox (1998), each of area 1, and decibels. Cost: {@code O(frames × window × log window)}.
 * Immutable.
 */
final class Spectrogram {
    private static final double POWER_MIN = 1e-10;
    /** Slaney's scale is linear up to 1,000 Hz, at 15 mels, and logarithmic above. */
    private static final double LINEAR_HZ = 1_000;

    private static final double LINEAR_MELS = 15;
    private static final double HZ_A_MEL = LINEAR_HZ / LINEAR_MELS;
    private static final double LOG_STEP = Math.log(6.4) / 27;

    private final SoundRecipe recipe;
    private final double[] hann;
    /** {@code double[bands][window / 2 + 1]}. */
    private final double[][] triangles;

    private final Fourier fourier;

    Spectrogram(SoundRecipe recipe) {
        this.recipe = recipe;
        this.fourier = new Fourier(recipe.window());
        this.hann = new double[recipe.window()];
        for (int at = 0; at < hann.length; at++) {
            hann[at] = 0.5 - 0.5 * Math.cos(2 * Math.PI * at / hann.length);
        }
        this.triangles = triangles(recipe);
    }

    /** Frames of a sound of the recipe's length. */
    static int frames(SoundRecipe recipe) {
        return 1 + recipe.rate() * recipe.seconds() / recipe.hop();
    }

    private static double[][] triangles(SoundRecipe recipe) {
        int bins = recipe.window() / 2 + 1;
        double[] corners = new double[recipe.bands() + 2];
        double low = mels(recipe.lowHz());
        double step = (mels(recipe.highHz()) - low) / (corners.length - 1);
        for (int at = 0; at < corners.length; at++) {
            corners[at] = hertz(low + at * step);
        }
        double[][] triangles = new double[recipe.bands()][bins];
        for (int band = 0; band < triangles.length; band++) {
            double left = corners[band];
            double top = corners[band + 1];
            double right = corners[band + 2];
            for (int bin = 0; bin < bins; bin++) {
                double hertz = recipe.rate() / 2.0 * bin / (bins - 1);
                double rising = (hertz - left) / (top - left);
                double falling = (right - hertz) / (right - top);
                triangles[band][bin] = Math.max(0, Math.min(rising, falling)) * 2 / (right - left);
            }
        }
        return triangles;
    }

    private static double mels(double hertz) {
        return hertz < LINEAR_HZ ? hertz / HZ_A_MEL : LINEAR_MELS + Math.log(hertz / LINEAR_HZ) / LOG_STEP;
    }

    private static double hertz(double mels) {
        return mels < LINEAR_MELS ? mels * HZ_A_MEL : LINEAR_HZ * Math.exp((mels - LINEAR_MELS) * LOG_STEP);
    }

    /**
     * @param sound {@code float[rate × seconds]}
     * @return {@code float[frames × bands]} in decibels
     */
    float[] of(float[] sound) {
        int frames = 1 + sound.length / recipe.hop();
        float[] decibels = new float[frames * recipe.bands()];
        double[] real = new double[recipe.window()];
        double[] imaginary = new double[recipe.window()];
        double[] powers = new double[recipe.window() / 2 + 1];
        for (int frame = 0; frame < frames; frame++) {
            int first = frame * recipe.hop() - recipe.window() / 2;
            for (int at = 0; at < real.length; at++) {
                real[at] = sound[mirrored(first + at, sound.length)] * hann[at];
            }
            Arrays.fill(imaginary, 0);
            fourier.transform(real, imaginary);
            for (int bin = 0; bin < powers.length; bin++) {
                powers[bin] = real[bin] * real[bin] + imaginary[bin] * imaginary[bin];
            }
            for (int band = 0; band < recipe.bands(); band++) {
                double sum = 0;
                for (int bin = 0; bin < powers.length; bin++) {
                    sum += triangles[band][bin] * powers[bin];
                }
                decibels[frame * recipe.bands() + band] = (float) (10 * Math.log10(Math.max(POWER_MIN, sum)));
            }
        }
        return decibels;
    }

    /** Beyond an edge the sound runs backwards, the sample at the edge not repeated. */
    private static int mirrored(int at, int length) {
        if (at < 0) {
            return -at;
        }
        return at < length ? at : 2 * length - 2 - at;
    }
}
