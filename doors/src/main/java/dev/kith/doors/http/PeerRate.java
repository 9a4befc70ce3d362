package dev.kith.doors.http;

import java.time.Duration;

/**
 * Whether a peer keeps a body moving. Counts only the time spent waiting for the peer, not that of our own work. Used
 * by the request's thread.
 */
final class PeerRate {
    private final long graceNanos;
    private long waitedNanos;
    private long bytes;

    PeerRate(Duration grace) {
        this.graceNanos = grace.toNanos();
    }

    /** Notes bytes that moved since {@code begin}, a reading of {@link System#nanoTime}; true: too slow on average. */
    boolean tooSlow(long begin, long moved) {
        waitedNanos += System.nanoTime() - begin;
        bytes += moved;
        return waitedNanos > graceNanos
                && bytes < waitedNanos / Duration.ofSeconds(1).toNanos() * HttpLimits.RATE_MIN;
    }
}
