package dev.kith.embed.pipeline;

import dev.kith.embed.Embedding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Vectors out of what a network gives: one row for each input of a batch. */
public final class Rows {
    /**
     * What networks over pictures lay out between their layers for each point of the input: that of ViT-L/14, which has
     * 257 patches of a width of 1,024; convolutions of the table take half of it.
     */
    private static final long BYTES_A_POINT = 400;

    private Rows() {}

    /** Bytes that a batch of pictures, or of spectrograms, may need while it is computed, each of so many points. */
    public static long computingBytes(int count, long points) {
        return count * points * BYTES_A_POINT;
    }

    /**
     * One output of a network.
     *
     * @throws IllegalStateException where it has none of that name, or not one row for each input
     */
    public static Tensor.Floats of(Map<String, Tensor.Floats> outputs, String name, int count) {
        Tensor.Floats output = outputs.get(name);
        if (output == null) {
            throw new IllegalStateException("the network gives " + outputs.keySet() + " and no " + name);
        }
        if (output.shape().length < 2 || output.shape()[0] != count) {
            throw new IllegalStateException(
                    "output %s has shape %s for %d inputs".formatted(name, Arrays.toString(output.shape()), count));
        }
        return output;
    }

    /** The row of one input; further dimensions, mostly of extent 1, are part of the row. */
    public static float[] row(Tensor.Floats output, int at) {
        int width = output.values().length / (int) output.shape()[0];
        return Arrays.copyOfRange(output.values(), at * width, (at + 1) * width);
    }

    /** One vector for each input: its row, brought to unit length where that is wanted. */
    public static List<List<Embedding>> embeddings(Tensor.Floats output, int count, boolean normalised) {
        List<List<Embedding>> embeddings = new ArrayList<>(count);
        for (int at = 0; at < count; at++) {
            float[] vector = row(output, at);
            if (normalised) {
                normalise(vector);
            }
            embeddings.add(List.of(new Embedding(vector, Collections.emptySortedMap())));
        }
        return embeddings;
    }

    /** Divides by the Euclidean norm, in place. A vector of zeros stays as it is. */
    public static void normalise(float[] vector) {
        double squares = 0;
        for (float component : vector) {
            squares += (double) component * component;
        }
        double norm = Math.sqrt(squares);
        for (int at = 0; at < vector.length && norm > 0; at++) {
            vector[at] = (float) (vector[at] / norm);
        }
    }
}
