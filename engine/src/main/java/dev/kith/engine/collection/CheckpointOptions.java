package dev.kith.engine.collection;

/**
 * When collections are written to segments, so that their logs can go.
 *
 * @param logBytes a log that has grown by more since the last checkpoint asks for the next one
 * @param diskBytesMin a collection whose log takes less is a log alone
 */
public record CheckpointOptions(long logBytes, long diskBytesMin) {

    /** 128 MiB, so that a start replays at most twice that; 1 MiB, which is replayed in milliseconds. */
    public static final CheckpointOptions DEFAULT = new CheckpointOptions(128L << 20, 1L << 20);

    /** A checkpoint for so much log; collections that are smaller still are logs alone all the same. */
    public static CheckpointOptions after(long logBytes) {
        return new CheckpointOptions(logBytes, Math.min(logBytes, DEFAULT.diskBytesMin()));
    }

    /** Whether writers wait for the checkpoint that is due: half a log is left for what is under way. */
    boolean holdsWriters(long replayBytes) {
        return replayBytes - logBytes > logBytes / 2;
    }

    /** Whether a start would replay more than it should. */
    boolean isExceeded(long replayBytes) {
        return replayBytes - logBytes > logBytes;
    }

    public CheckpointOptions {
        if (logBytes < 1 || diskBytesMin < 0) {
            throw new IllegalArgumentException("logBytes=%d, diskBytesMin=%d".formatted(logBytes, diskBytesMin));
        }
    }
}
