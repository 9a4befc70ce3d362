package dev.kith.engine.segment;

import dev.kith.storage.RecordLog;
import java.util.List;

/**
 * A collection at one border of its log.
 *
 * @param number in the file's name; greater than that of every checkpoint before
 * @param epoch of the collection
 * @param start the border: where the log goes on, and the sequence of the last mutation that is in here
 * @param nextId the id that the counter gives next
 * @param segments the rows, from 0 on without a gap
 * @param ended a bit a row that has ended; words without any at the end may be missing
 * @param graph files of the graph over the first of the rows, where there is one: all of it, then changes
 * @param fields files of indexes of payload fields over the first of the rows; which blocks count, these say
 */
public record Checkpoint(
        long number,
        long epoch,
        RecordLog.Tip start,
        long nextId,
        List<SegmentRef> segments,
        long[] ended,
        List<FileRef> graph,
        List<FileRef> fields) {

    /** All rows, the ended ones included. */
    public int rows() {
        return segments.isEmpty() ? 0 : segments.getLast().end();
    }

    /** Bytes of the files that it names. */
    public long bytes() {
        return segments.stream().mapToLong(segment -> segment.file().bytes()).sum()
                + graph.stream().mapToLong(FileRef::bytes).sum()
                + fields.stream().mapToLong(FileRef::bytes).sum();
    }
}
