package dev.kith.doors.zmq;

import java.nio.ByteBuffer;
import zmq.Msg;
import zmq.SocketBase;
import zmq.ZError;
import zmq.ZMQ;

/** Sends replies; on the owner thread. */
final class Replies {
    private final SocketBase socket;

    /** What became of a reply. */
    enum Outcome {
        SENT,
        /** The peer has not read the earlier ones: try again later. */
        FULL,
        /** The peer is not connected any more. */
        GONE
    }

    Replies(SocketBase socket) {
        this.socket = socket;
    }

    Outcome send(byte[] identity, ByteBuffer body) {
        if (!socket.send(new Msg(identity), ZMQ.ZMQ_SNDMORE | ZMQ.ZMQ_DONTWAIT)) {
            return socket.errno() == ZError.EAGAIN ? Outcome.FULL : Outcome.GONE;
        }
        socket.send(new Msg(), ZMQ.ZMQ_SNDMORE | ZMQ.ZMQ_DONTWAIT);
        socket.send(new Msg(body), ZMQ.ZMQ_DONTWAIT);
        return Outcome.SENT;
    }
}
