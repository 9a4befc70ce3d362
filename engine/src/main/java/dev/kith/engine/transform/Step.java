package dev.kith.engine.transform;

import dev.kith.vectors.Rejection;

/** One transform of a chain: vectors of {@link #input()} components become vectors of {@link #output()}. */
public sealed interface Step {
    /** Components that a learned transform may take: a covariance of that width is solved in a few seconds. */
    int LEARNED_DIMENSION_MAX = 1_024;

    /** The step in FAISS's words. */
    String text();

    int input();

    int output();

    /** Scales to norm 1; a zero vector stays zero. */
    record Norm(String text, int input) implements Step {
        @Override
        public int output() {
            return input;
        }
    }

    /** Keeps the directions in which samples vary most, strongest first. */
    record Pca(String text, int input, int output) implements Step {
        public Pca {
            requireLearnable(text, input, output);
        }
    }

    /**
     * Rotates so that product quantisation loses little: the strongest directions, dealt out so that the variances of
     * every sub-quantiser have about the same product.
     *
     * @param parts sub-quantisers; divides the output dimension
     */
    record Opq(String text, int input, int output, int parts) implements Step {
        public Opq {
            requireLearnable(text, input, output);
            if (parts < 1 || output % parts != 0) {
                throw Rejection.invalid("%s: %d components are not divisible by %d".formatted(text, output, parts));
            }
        }
    }

    private static void requireLearnable(String text, int input, int output) {
        if (input > LEARNED_DIMENSION_MAX) {
            throw Rejection.invalid("%s: a learned transform takes at most %d components, not %d"
                    .formatted(text, LEARNED_DIMENSION_MAX, input));
        }
        if (output < 1 || output > input) {
            throw Rejection.invalid("%s: output dimension %d out of range (1-%d)".formatted(text, output, input));
        }
    }
}
