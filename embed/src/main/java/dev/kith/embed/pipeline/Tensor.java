package dev.kith.embed.pipeline;

/** Numbers with a shape, row-major, as networks take and give them. Arrays are owned. */
public sealed interface Tensor {
    /** Extent of each dimension, the outermost first. */
    long[] shape();

    /** @param values {@code float[product of the shape]} */
    record Floats(float[] values, long... shape) implements Tensor {
        public Floats {
            requireProduct(values.length, shape);
        }
    }

    /** @param values {@code long[product of the shape]} */
    record Longs(long[] values, long... shape) implements Tensor {
        public Longs {
            requireProduct(values.length, shape);
        }
    }

    private static void requireProduct(int length, long[] shape) {
        long product = 1;
        for (long extent : shape) {
            product *= extent;
        }
        if (product != length) {
            throw new IllegalStateException("%d numbers for a shape of %d".formatted(length, product));
        }
    }
}
