package dev.kith.doors.http;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Whether a peer keeps a body moving, in one direction. Counts only the time spent waiting for the peer, not that of
 * our own work. Told by the request's thread, asked by any.
 */
final class PeerRate {
    private static final double NANOS_PER_SECOND = 1e9;
    /** A single wait of this part of the grace is one for a peer that is slow, whatever it has moved before. */
    private static final int LONG_WAIT_SHARE = 10;

    private final long graceNanos;
    private final LongSupplier nanoTime;
    private long waitedNanos;
    private long bytes;
    private boolean waiting;
    private long sinceNanos;

    PeerRate(Duration grace) {
        this(grace, System::nanoTime);
    }

    PeerRate(Duration grace, LongSupplier nanoTime) {
        this.graceNanos = grace.toNanos();
        this.nanoTime = nanoTime;
    }

    /** From here on it is the peer that is waited for. */
    synchronized void begin() {
        sinceNanos = nanoTime.getAsLong();
        waiting = true;
    }

    /** The waiting has ended with so many bytes; true: the peer is too slow on average. */
    synchronized boolean tooSlow(long moved) {
        waitedNanos += nanoTime.getAsLong() - sinceNanos;
        waiting = false;
        bytes += moved;
        return waitedNanos > graceNanos && isBelow(HttpLimits.RATE_MIN, waitedNanos);
    }

    private boolean isBelow(long rate, long nanos) {
        return bytes < nanos / NANOS_PER_SECOND * rate;
    }

    /** How long this wait has lasted, 0: there is none. */
    synchronized long waitNanos(long nowNanos) {
        return waiting ? Math.max(0, nowNanos - sinceNanos) : 0;
    }

    /**
     * How long a peer has been waited for in all that is waited for now and too slow for times when others want for
     * what it holds, 0: it is not.
     */
    synchronized long slowNanos(long nowNanos) {
        long wait = waitNanos(nowNanos);
        long longWaitNanos = graceNanos / LONG_WAIT_SHARE;
        // One who has only just begun is not judged yet.
        boolean slow = wait > longWaitNanos
                || (waitedNanos + wait > longWaitNanos && isBelow(HttpLimits.RATE_MIN_SHORT, waitedNanos + wait));
        return waiting && slow ? waitedNanos + wait : 0;
    }
}
