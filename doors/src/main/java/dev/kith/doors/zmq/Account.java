package dev.kith.doors.zmq;

import dev.kith.doors.room.Room;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one connection's requests hold of the room, from their first byte until they are answered. Safe on any thread.
 */
final class Account {
    private final Room room;
    private final long max;
    private final AtomicLong held = new AtomicLong();

    /** @param max most that the connection may hold; it never has the whole room */
    Account(Room room, long max) {
        this.room = room;
        this.max = max;
    }

    boolean tryTake(long bytes) {
        long mine = held.addAndGet(bytes);
        if (mine <= max && room.tryTake(bytes, mine)) {
            return true;
        }
        held.addAndGet(-bytes);
        return false;
    }

    void giveBack(long bytes) {
        held.addAndGet(-bytes);
        room.giveBack(bytes);
    }

    /** Bytes that would be granted now, where they are many. */
    long free() {
        return Math.clamp(max - held.get(), 0, room.free());
    }
}
