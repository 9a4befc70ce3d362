package dev.kith.doors.http;

import dev.kith.doors.room.Room;

/** What one request has of the room, until it ends. Used by the request's thread. */
public final class Lease {
    private final Room room;
    private long held;

    Lease(Room room) {
        this.room = room;
    }

    /**
     * Takes so many bytes, if need be after a while.
     *
     * @throws HttpRefusal where they cannot be had
     */
    public void take(long bytes) {
        if (!room.take(bytes, held + bytes, () -> true)) {
            throw new HttpRefusal(
                    503, "Too busy: there is no room for this request; send less at once, or again later");
        }
        held += bytes;
    }

    /** Gives back some of what was taken. */
    public void giveBack(long bytes) {
        held -= bytes;
        room.giveBack(bytes);
    }

    void end() {
        giveBack(held);
    }
}
