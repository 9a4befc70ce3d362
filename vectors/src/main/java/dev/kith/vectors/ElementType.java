package dev.kith.vectors;

/** What one component of a vector is. Fixed when a collection is created. */
public enum ElementType {
    /** IEEE 754 single precision, little-endian where stored. NaN and infinities are refused. */
    FLOAT32,
    /** One bit; component j is bit (j mod 8), least significant first, of byte j / 8. */
    BIT;

    /** Bytes of one vector without padding: 4 × dimension, or ⌈dimension / 8⌉. */
    public int bytesPerVector(int dimension) {
        return switch (this) {
            case FLOAT32 -> Math.multiplyExact(dimension, Float.BYTES);
            case BIT -> (dimension + 7) / 8;
        };
    }
}
