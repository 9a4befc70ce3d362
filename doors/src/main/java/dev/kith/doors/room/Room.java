package dev.kith.doors.room;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that all doors together may have in flight: what arrives, waits, is worked on and goes out. A share of it
 * is for those who hold little, so that a ping always finds a place. Who needs more than is free may wait; who waited
 * longest is served first, but what fits at once does not wait. Safe on any thread.
 */
public final class Room {
    /** Most that a holder has who may use the share for small ones: pings, usual searches and their replies. */
    public static final long SMALL_BYTES = 16 << 10;
    /** One part in so many is that share; with the defaults, each of all connections finds its place in it. */
    private static final int SMALL_SHARE = 16;
    /** The room is short while less than one part in so many is free. */
    private static final int SHORT_SHARE = 4;
    /** How often one who waits looks whether its peer is still there. */
    private static final long LOOK_NANOS = Duration.ofMillis(100).toNanos();

    private final long capacity;
    private final long patienceNanos;
    private final AtomicLong used = new AtomicLong();
    /** Held by the one who waits for room; the others wait for it in the order in which they came. */
    private final ReentrantLock turn = new ReentrantLock(true);

    private volatile @Nullable Thread waiting;

    /** @param patience longest that anybody waits for room */
    public Room(long capacity, Duration patience) {
        this.capacity = capacity;
        this.patienceNanos = patience.toNanos();
    }

    /** Most that holders of more than {@link #SMALL_BYTES} have together. */
    private long capacityForLarge() {
        return capacity - capacity / SMALL_SHARE;
    }

    /** @param held what the holder would have with these bytes */
    public boolean tryTake(long bytes, long held) {
        long max = held <= SMALL_BYTES ? capacity : capacityForLarge();
        while (true) {
            long now = used.get();
            if (bytes > max - now) {
                return false;
            }
            if (used.compareAndSet(now, now + bytes)) {
                return true;
            }
        }
    }

    /**
     * Takes bytes, if need be after a while; at once refused where they can never be had.
     *
     * @param held what the holder would have with these bytes
     * @param wanted whether it still makes sense to wait
     */
    public boolean take(long bytes, long held, BooleanSupplier wanted) {
        if (tryTake(bytes, held)) {
            return true;
        }
        if (held > capacityForLarge()) {
            return false;
        }
        long end = System.nanoTime() + patienceNanos;
        try {
            if (!turn.tryLock(patienceNanos, TimeUnit.NANOSECONDS)) {
                return false;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        try {
            waiting = Thread.currentThread();
            long left = end - System.nanoTime();
            while (left > 0 && wanted.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
                if (tryTake(bytes, held)) {
                    return true;
                }
                LockSupport.parkNanos(this, Math.min(left, LOOK_NANOS));
                left = end - System.nanoTime();
            }
            return false;
        } finally {
            waiting = null;
            turn.unlock();
        }
    }

    /** Takes without asking: for small replies, which are there already. */
    public void take(long bytes) {
        used.addAndGet(bytes);
    }

    public void giveBack(long bytes) {
        long left = used.addAndGet(-bytes);
        assert left >= 0 : left;
        Thread next = waiting;
        if (next != null) {
            LockSupport.unpark(next);
        }
    }

    public long used() {
        return used.get();
    }

    /** Bytes that a large holder would be granted now. */
    public long free() {
        return Math.max(0, capacityForLarge() - used.get());
    }

    /** Whether others suffer from what is held now. */
    public boolean isShort() {
        return waiting != null || free() < capacity / SHORT_SHARE;
    }
}
