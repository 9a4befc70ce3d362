package dev.kith.storage;

/**
 * Sizes of a log's files. Each preallocation is as large as the file has records already, within the two bounds, so
 * that a small log stays small and a large one is extended seldom.
 *
 * @param fileBytesMax where the log goes on in a new file; only a single larger mutation makes a file larger
 * @param preallocateBytesMin the least room added at once
 * @param preallocateBytesMax the most room added at once beyond what a mutation needs
 */
public record LogOptions(long fileBytesMax, long preallocateBytesMin, long preallocateBytesMax) {

    /** 64 MiB a file; 64 KiB to 4 MiB at once: ten thousand small logs take 640 MiB. */
    public static final LogOptions DEFAULT = new LogOptions(64 << 20, 64 << 10, 4 << 20);

    public LogOptions {
        boolean ordered = preallocateBytesMin <= preallocateBytesMax && preallocateBytesMax <= fileBytesMax;
        if (preallocateBytesMin < LogFileHeader.BYTES || !ordered) {
            throw new IllegalArgumentException(
                    "%d <= preallocateBytesMin %d <= preallocateBytesMax %d <= fileBytesMax %d"
                            .formatted(LogFileHeader.BYTES, preallocateBytesMin, preallocateBytesMax, fileBytesMax));
        }
    }
}
