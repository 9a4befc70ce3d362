package dev.kith.doors.zmq;

import dev.kith.doors.room.Room;
import java.util.function.BooleanSupplier;

/** The room that one running request holds for its result and its reply. Belongs to the request's thread. */
final class Grant implements RequestHandler.Memory {
    private final Room room;
    private final BooleanSupplier wanted;
    private long held;

    /** @param wanted whether anybody still waits for the reply */
    Grant(Room room, BooleanSupplier wanted) {
        this.room = room;
        this.wanted = wanted;
    }

    @Override
    public boolean reserve(long bytes) {
        boolean granted = room.take(bytes, held + bytes, wanted);
        if (granted) {
            held += bytes;
        }
        return granted;
    }

    /** The request is answered: what is held from now on are these bytes. */
    void settle(long replyBytes) {
        if (replyBytes > held) {
            room.take(replyBytes - held);
        } else {
            room.giveBack(held - replyBytes);
        }
        held = replyBytes;
    }
}
