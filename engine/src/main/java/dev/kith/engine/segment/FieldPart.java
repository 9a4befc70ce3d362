package dev.kith.engine.segment;

import dev.kith.vectors.FieldPath;

/**
 * A part of the index of a payload field as a file has it.
 *
 * @param first row that it is of
 * @param count rows
 */
public record FieldPart(FieldPath field, int first, int count, Place place) {
    public int end() {
        return first + count;
    }

    /** Where it lies. */
    public record Place(FileRef file, Piece piece) {}
}
