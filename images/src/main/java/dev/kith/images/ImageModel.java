package dev.kith.images;

import dev.kith.vectors.Rejection;

/**
 * A model as a collection of images knows it.
 *
 * @param name of the model, and of its collection
 * @param dimension components of its vectors
 */
public record ImageModel(String name, int dimension) {

    /** Refuses a vector of another length. */
    void requireLength(String url, float[] vector) {
        if (vector.length != dimension) {
            throw Rejection.invalid("The embedding of %s has %d numbers; those of model %s have %d"
                    .formatted(url, vector.length, name, dimension));
        }
    }
}
