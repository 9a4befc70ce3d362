package dev.kith.engine.segment;

import dev.kith.vectors.FieldPath;
import java.nio.ByteBuffer;

/** A part of the index of a payload field that is to be kept in a file. It never changes; equal ones are the same. */
public interface KeptBlock {
    FieldPath field();

    /** The first of the rows that it is of. */
    int first();

    /** Rows that it is of. */
    int count();

    int bytes();

    /** Writes its {@link #bytes}, little-endian. */
    void write(ByteBuffer into);
}
