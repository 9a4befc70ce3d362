package dev.kith.doors.zmq;

import dev.kith.doors.zmq.Lane.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/**
 * One peer: what arrives from it, its lane of requests, what goes out to it. The owner thread makes, reads and ends it;
 * the thread of a request only uses the lane and sends.
 */
final class Connection {
    private final SocketChannel channel;
    private final SelectionKey key;
    private final Incoming incoming;
    private final Lane lane = new Lane();
    private final Outgoing outgoing;
    private final long sinceNanos = System.nanoTime();
    private final ZmqLimits limits;
    private final Room room;

    Connection(SelectionKey key, Requests requests, Room room, ZmqLimits limits) {
        this.channel = (SocketChannel) key.channel();
        this.key = key;
        this.room = room;
        this.limits = limits;
        this.outgoing = new Outgoing(key, room);
        this.incoming = new Incoming(room, limits, listener(requests), byte[]::new);
    }

    private Incoming.Listener listener(Requests requests) {
        return new Incoming.Listener() {
            @Override
            public void reply(byte[] frame) throws IOException {
                outgoing.sendCommand(frame);
            }

            @Override
            public void received(Request request) {
                requests.accept(Connection.this, request);
            }

            @Override
            public void dropped() {
                requests.drop(0);
            }
        };
    }

    /** Says who we are; the peer does the same, and neither waits for the other. */
    void greet() throws IOException {
        outgoing.sendCommand(Opening.greeting());
    }

    /**
     * Reads once and takes what came.
     *
     * @param memory to read into
     * @return whether more may be there
     * @throws IOException where the peer is gone, or does not keep to the protocol
     */
    boolean read(ByteBuffer memory) throws IOException {
        int read = channel.read(memory.clear());
        if (read < 0) {
            throw new IOException("the peer has ended the connection");
        }
        incoming.take(memory.flip());
        return read == memory.capacity();
    }

    void stopReading() {
        if (key.isValid()) {
            key.interestOpsAnd(~SelectionKey.OP_READ);
        }
    }

    Lane lane() {
        return lane;
    }

    Outgoing outgoing() {
        return outgoing;
    }

    boolean isIdle() {
        return lane.isIdle() && outgoing.isIdle();
    }

    /** Whether the peer has not introduced itself in time. */
    boolean isSilent(long nowNanos) {
        return !incoming.isIntroduced()
                && nowNanos - sinceNanos >= limits.handshake().toNanos();
    }

    boolean isStuck(long nowNanos) {
        return incoming.isStuck(nowNanos);
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    /** Closes the channel; on any thread. The owner thread ends the connection at its next sweep. */
    void condemn() {
        try {
            channel.close();
        } catch (IOException alreadyGone) {
            // Nothing is left to close.
        }
    }

    /** Closes the channel and gives back all that the connection holds of the room; on the owner thread. */
    void end() {
        condemn();
        incoming.abandon();
        outgoing.close();
        room.giveBack(lane.close());
    }
}
