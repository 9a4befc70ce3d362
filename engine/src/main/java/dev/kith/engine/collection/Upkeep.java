package dev.kith.engine.collection;

/**
 * What a collection's checkpoints and compactions have to do and have done.
 *
 * @param garbageRows rows that have ended and still take room
 * @param segmentBytes bytes of the files that the last checkpoint names
 * @param checkpointAgeSeconds since the last checkpoint was made or loaded; 0 where the log is all there is
 * @param longestHoldSeconds for how long checkpoints and compactions have held up writers at a time, at most
 * @param replayBytes of log that a start would replay, in one collection at most
 * @param logBytesWritten bytes that were appended to the log since the collection was opened
 * @param otherBytesWritten bytes of segments, graphs and checkpoints that were written since
 */
public record Upkeep(
        long garbageRows,
        long segmentBytes,
        double checkpointAgeSeconds,
        double longestHoldSeconds,
        long replayBytes,
        long logBytesWritten,
        long otherBytesWritten) {

    /** Of no collection. */
    public static final Upkeep NONE = new Upkeep(0, 0, 0, 0, 0, 0, 0);

    /** Of both together; the worse of ages and replays. */
    public Upkeep plus(Upkeep other) {
        return new Upkeep(
                garbageRows + other.garbageRows,
                segmentBytes + other.segmentBytes,
                Math.max(checkpointAgeSeconds, other.checkpointAgeSeconds),
                Math.max(longestHoldSeconds, other.longestHoldSeconds),
                Math.max(replayBytes, other.replayBytes),
                logBytesWritten + other.logBytesWritten,
                otherBytesWritten + other.otherBytesWritten);
    }

    /** Bytes that were written for each byte that was logged; 1 where nothing was. */
    public double writeAmplification() {
        return logBytesWritten == 0 ? 1 : (logBytesWritten + otherBytesWritten) / (double) logBytesWritten;
    }
}
