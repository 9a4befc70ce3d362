package dev.kith.doors.http;

import java.time.Duration;

/**
 * Whether a peer keeps a body moving, in one direction. Counts only the time spent waiting for the peer, not that of
 * our own work. Told by the request's thread, asked by any.
 */
final class PeerRate {
    private static final double NANOS_PER_SECOND = 1e9;
    /** A single wait of this part of the grace is one for a peer that is slow, whatever it has moved before. */
    private static final int LONG_WAIT_SHARE = 10;

    private final long graceNanos;
    private long waitedNanos;
    private long bytes;
    private boolean waiting;
    private long sinceNanos;

    PeerRate(Duration grace) {
        this.graceNanos = grace.toNanos();
    }

    /** From here on it is the peer that is waited for. */
    synchronized void begin() {
        sinceNanos = System.nanoTime();
        waiting = true;
    }

    /** The waiting has ended with so many bytes; true: the peer is too slow on average. */
    synchronized boolean tooSlow(long moved) {
        waitedNanos += System.nanoTime() - sinceNanos;
        waiting = false;
        bytes += moved;
        return waitedNanos > graceNanos && isBelowRate(waitedNanos);
    }

    private boolean isBelowRate(long nanos) {
        return bytes < nanos / NANOS_PER_SECOND * HttpLimits.RATE_MIN;
    }

    /** How long this wait has lasted, 0: there is none. */
    synchronized long waitNanos(long nowNanos) {
        return waiting ? Math.max(0, nowNanos - sinceNanos) : 0;
    }

    /** How long a peer has been waited for in all that is slow and waited for now, 0: it is not. */
    synchronized long slowNanos(long nowNanos) {
        long wait = waitNanos(nowNanos);
        boolean slow = wait > graceNanos / LONG_WAIT_SHARE || isBelowRate(waitedNanos + wait);
        return waiting && slow ? waitedNanos + wait : 0;
    }
}
