package dev.kith.engine.segment;

/**
 * Rows that a segment is written of.
 *
 * @param epoch of the collection
 * @param first the first row
 * @param end the first row after them
 */
public record SegmentRows(long epoch, int first, int end) {}
