package dev.kith.engine.segment;

import java.nio.ByteBuffer;
import java.util.List;

/** Indexes of payload fields that are made of what was written of some. */
public interface FieldsTarget {
    /** Which of the parts that the files have are to be read. */
    List<FieldPart> choose(List<FieldPart> all);

    /** Takes one of these, little-endian; several threads may bring different ones. False when it makes no sense. */
    boolean take(FieldPart part, ByteBuffer bytes);
}
