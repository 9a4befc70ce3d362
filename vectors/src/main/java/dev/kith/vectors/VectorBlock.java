package dev.kith.vectors;

/** Vectors of one dimension, row after row. The arrays are owned: whoever hands a block over no longer changes it. */
public sealed interface VectorBlock {

    /** Number of vectors. */
    int count();

    /** Components of each vector. */
    int dimension();

    ElementType element();

    /** @param values {@code float[count × dimension]}, row-major */
    record Floats(float[] values, int count, int dimension) implements VectorBlock {
        public Floats {
            requireShape(values.length, (long) count * dimension);
        }

        @Override
        public ElementType element() {
            return ElementType.FLOAT32;
        }
    }

    /** @param values {@code byte[count × ⌈dimension / 8⌉]}, row-major; bits beyond the dimension are zero */
    record Bits(byte[] values, int count, int dimension) implements VectorBlock {
        public Bits {
            requireShape(values.length, (long) count * ElementType.BIT.bytesPerVector(dimension));
        }

        @Override
        public ElementType element() {
            return ElementType.BIT;
        }
    }

    private static void requireShape(int length, long expected) {
        if (length != expected) {
            throw Rejection.invalid("A block of %d values was declared with %d".formatted(expected, length));
        }
    }
}
