package dev.kith.vectors;

/** What a collection's points are known by besides their ids. Fixed when the collection is created. */
public enum KeyPolicy {
    /** Ids only. */
    NONE,
    /** The key is the vector itself, bit for bit; it is hashed, verified against the row and not stored twice. */
    VECTOR_BITS,
    /** The key is a string of 1 to {@link Limits#KEY_BYTES_MAX} bytes, unique in the collection. */
    BYTES
}
