package dev.kith.doors.zmq;

import java.util.concurrent.atomic.AtomicLong;

/** The bytes that a door may have in flight. Safe on any thread. */
final class Room {
    private final long capacity;
    private final AtomicLong used = new AtomicLong();

    Room(long capacity) {
        this.capacity = capacity;
    }

    boolean tryTake(long bytes) {
        while (true) {
            long now = used.get();
            if (bytes > capacity - now) {
                return false;
            }
            if (used.compareAndSet(now, now + bytes)) {
                return true;
            }
        }
    }

    /** Takes without asking: for replies, which are there already. */
    void take(long bytes) {
        used.addAndGet(bytes);
    }

    void giveBack(long bytes) {
        long left = used.addAndGet(-bytes);
        assert left >= 0 : left;
    }

    long used() {
        return used.get();
    }

    /** Bytes that would be granted now. */
    long free() {
        return Math.max(0, capacity - used.get());
    }
}
