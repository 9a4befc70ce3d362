package dev.kith.doors.zmq;

import dev.kith.doors.zmq.Lane.Body;
import dev.kith.doors.zmq.RequestHandler.Refusal;
import org.jspecify.annotations.Nullable;
import zmq.Msg;
import zmq.SocketBase;
import zmq.ZMQ;

/**
 * One message as it came: who sent it and what is in it.
 *
 * @param body absent where the message deserves no answer: no empty frame after the identity, or nothing after it
 * @param charge bytes of the room that the message holds
 */
record Envelope(byte[] identity, @Nullable Body body, long charge) {

    /** Takes one whole message from the socket, or null where none is there; on the owner thread. */
    static @Nullable Envelope receive(SocketBase socket) {
        Msg identity = socket.recv(ZMQ.ZMQ_DONTWAIT);
        if (identity == null) {
            return null;
        }
        boolean delimited = false;
        long charge = 0;
        Body body = null;
        int frames = 0;
        for (Msg part = identity; part.hasMore(); frames++) {
            Msg next = socket.recv(ZMQ.ZMQ_DONTWAIT);
            if (next == null) {
                break;
            }
            part = next;
            charge += claim(part);
            if (frames == 0) {
                delimited = part.size() == 0;
            } else {
                body = frames == 1 ? bodyOf(part) : new Body.Refused(new Refusal.Malformed());
            }
        }
        return new Envelope(identity.data(), delimited ? body : null, charge);
    }

    private static long claim(Msg part) {
        return part instanceof Frame frame ? frame.connection().claim(frame) : 0;
    }

    private static Body bodyOf(Msg part) {
        if (part instanceof Frame frame && frame.fate() == Frame.Fate.REFUSED) {
            return new Body.Refused(new Refusal.NoRoom(frame.declared(), frame.room()));
        }
        return new Body.Given(part.data());
    }
}
