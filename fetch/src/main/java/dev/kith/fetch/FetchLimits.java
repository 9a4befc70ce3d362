package dev.kith.fetch;

import java.time.Duration;

/**
 * What a fetch may cost.
 *
 * @param connect time to connect to one address
 * @param silence longest time between two pieces of an answer
 * @param total time of a whole fetch: looking up, connecting, redirects and body
 * @param bytes of a body, after it was decompressed
 * @param redirects that are followed
 * @param concurrent fetches at once; one more waits, for {@code total} at most
 * @param bytesTotal of all bodies that arrive or are made something of; what comes then waits, until {@code total}
 */
public record FetchLimits(
        Duration connect, Duration silence, Duration total, int bytes, int redirects, int concurrent, long bytesTotal) {
    private static final Duration STEP = Duration.ofSeconds(5);
    private static final Duration WHOLE = Duration.ofSeconds(20);
    /** A photograph of some 40 megapixels. */
    private static final int BYTES = 10 << 20;

    private static final int REDIRECTS = 5;
    /** Enough that many slow hosts leave room for quick ones; each costs a socket and a virtual thread. */
    private static final int CONCURRENT = 128;

    /** Bodies that arrive share an eighth of the heap. */
    public static FetchLimits forHeap(long heapBytes) {
        return new FetchLimits(STEP, STEP, WHOLE, BYTES, REDIRECTS, CONCURRENT, Math.max(BYTES, heapBytes / 8));
    }
}
