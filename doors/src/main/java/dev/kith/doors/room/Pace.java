package dev.kith.doors.room;

import java.time.Duration;

/**
 * Whether what goes one way on a connection moves on: looked at in windows, each of which must bring its part. Belongs
 * to one thread or lock.
 */
public final class Pace {
    private static final double NANOS_PER_SECOND = 1e9;

    private final long windowNanos;
    private final long bytesPerSecondMin;
    private long startNanos = System.nanoTime();
    private long movedNanos = startNanos;
    private long moved;

    /** @param bytesPerSecondMin part that a window must bring, on average */
    public Pace(Duration window, long bytesPerSecondMin) {
        this.windowNanos = window.toNanos();
        this.bytesPerSecondMin = bytesPerSecondMin;
    }

    /** Something new is under way. */
    public void begin() {
        startNanos = System.nanoTime();
        movedNanos = startNanos;
        moved = 0;
    }

    public void move(long bytes) {
        if (bytes > 0) {
            moved += bytes;
            movedNanos = System.nanoTime();
        }
    }

    /** Whether a window has ended that brought too little; the next one begins then. */
    public boolean wasTooSlow(long nowNanos) {
        long passed = nowNanos - startNanos;
        if (passed < windowNanos) {
            return false;
        }
        boolean slow = moved < passed / NANOS_PER_SECOND * bytesPerSecondMin;
        startNanos = nowNanos;
        moved = 0;
        return slow;
    }

    /** Whether nothing at all has moved for so many windows. */
    public boolean hasStoppedFor(int windows, long nowNanos) {
        return nowNanos - movedNanos >= windows * windowNanos;
    }
}
