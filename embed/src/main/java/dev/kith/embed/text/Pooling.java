package dev.kith.embed.text;

import dev.kith.embed.pipeline.Tensor;
import java.util.Arrays;

/** One vector from what a network says of tokens: {@code float[batch × tokens × width]}. */
final class Pooling {
    private Pooling() {}

    /** The mean of a text's tokens, without those that fill it up. */
    static float[] mean(Tensor.Floats states, int text, int count) {
        int width = width(states, 3);
        if (states.shape()[1] < count) {
            throw new IllegalStateException("an output has %d tokens of %d".formatted(states.shape()[1], count));
        }
        int start = Math.toIntExact(text * states.shape()[1] * width);
        double[] sums = new double[width];
        for (int token = 0; token < count; token++) {
            for (int i = 0; i < width; i++) {
                sums[i] += states.values()[start + token * width + i];
            }
        }
        float[] mean = new float[width];
        for (int i = 0; i < width; i++) {
            mean[i] = (float) (sums[i] / count);
        }
        return mean;
    }

    /** The first token of a text. */
    static float[] first(Tensor.Floats states, int text) {
        int width = width(states, 3);
        int start = Math.toIntExact(text * states.shape()[1] * width);
        return Arrays.copyOfRange(states.values(), start, start + width);
    }

    private static int width(Tensor.Floats tensor, int dimensions) {
        if (tensor.shape().length != dimensions) {
            throw new IllegalStateException(
                    "an output has %d dimensions instead of %d".formatted(tensor.shape().length, dimensions));
        }
        return Math.toIntExact(tensor.shape()[dimensions - 1]);
    }
}
