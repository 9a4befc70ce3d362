package dev.kith.embed.text;

import dev.kith.embed.pipeline.Tensor;
import java.util.Arrays;

/** One vector from what a network says of tokens: {@code float[batch × tokens × width]}. */
final class Pooling {
    private Pooling() {}

    /** The mean of a text's tokens, without those that fill it up. */
    static float[] mean(Tensor.Floats states, int text, int count) {
        int width = width(states, 3);
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

    /** A text's row of {@code float[batch × width]}. */
    static float[] row(Tensor.Floats vectors, int text) {
        int width = width(vectors, 2);
        return Arrays.copyOfRange(vectors.values(), text * width, (text + 1) * width);
    }

    private static int width(Tensor.Floats tensor, int dimensions) {
        if (tensor.shape().length != dimensions) {
            throw new IllegalStateException(
                    "an output has %d dimensions instead of %d".formatted(tensor.shape().length, dimensions));
        }
        return Math.toIntExact(tensor.shape()[dimensions - 1]);
    }

    /** Divides by the Euclidean norm, in place. A vector of zeros stays as it is. */
    static void normalise(float[] vector) {
        double squares = 0;
        for (float component : vector) {
            squares += (double) component * component;
        }
        if (squares > 0) {
            double norm = Math.sqrt(squares);
            for (int i = 0; i < vector.length; i++) {
                vector[i] = (float) (vector[i] / norm);
            }
        }
    }
}
