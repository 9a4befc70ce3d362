package dev.kith.doors.zmq;

import java.time.Duration;

/**
 * Whether what goes one way on a connection moves on: looked at in windows, each of which must bring its part. Belongs
 * to one thread or lock.
 */
final class Pace {
    /** Slower than this, no usual batch arrives while its client still waits. */
    static final long BYTES_PER_SECOND_MIN = 256 << 10;

    private static final double NANOS_PER_SECOND = 1e9;

    private final long windowNanos;
    private long startNanos = System.nanoTime();
    private long movedNanos = startNanos;
    private long moved;

    Pace(Duration window) {
        this.windowNanos = window.toNanos();
    }

    /** Something new is under way. */
    void begin() {
        startNanos = System.nanoTime();
        movedNanos = startNanos;
        moved = 0;
    }

    void move(long bytes) {
        if (bytes > 0) {
            moved += bytes;
            movedNanos = System.nanoTime();
        }
    }

    /** Whether a window has ended that brought too little; the next one begins then. */
    boolean wasTooSlow(long nowNanos) {
        long passed = nowNanos - startNanos;
        if (passed < windowNanos) {
            return false;
        }
        boolean slow = moved < passed / NANOS_PER_SECOND * BYTES_PER_SECOND_MIN;
        startNanos = nowNanos;
        moved = 0;
        return slow;
    }

    /** Whether nothing at all has moved for so many windows. */
    boolean hasStoppedFor(int windows, long nowNanos) {
        return nowNanos - movedNanos >= windows * windowNanos;
    }
}
