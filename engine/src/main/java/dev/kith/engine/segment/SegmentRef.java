package dev.kith.engine.segment;

/**
 * A segment file and its rows.
 *
 * @param first the first row
 * @param count rows, at least 1
 */
public record SegmentRef(FileRef file, int first, int count) {
    /** The first row after it. */
    public int end() {
        return first + count;
    }
}
