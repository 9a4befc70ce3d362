package dev.kith.doors.zmq;

import dev.kith.doors.room.Room;
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
    private final Account account;

    Connection(SelectionKey key, Requests requests, Room room, ZmqLimits limits) {
        this.channel = (SocketChannel) key.channel();
        this.key = key;
        this.room = room;
        this.account = new Account(room, limits.frameBytes() + Room.SMALL_BYTES);
        this.limits = limits;
        this.outgoing = new Outgoing(key, room, limits.stall());
        this.incoming = new Incoming(account, limits, listener(requests), byte[]::new);
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
                requests.drop(Connection.this, 0);
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

    Account account() {
        return account;
    }

    boolean isIdle() {
        return lane.isIdle() && outgoing.isIdle();
    }

    /** How long the peer has wanted nothing; 0 where something of it is under way. */
    long idleNanos(long nowNanos) {
        return isIdle() && !incoming.isUnderWay() ? Math.max(0, nowNanos - lane.freeSinceNanos()) : 0;
    }

    /** Whether the peer has not introduced itself in time. */
    boolean isSilent(long nowNanos) {
        return !incoming.isIntroduced()
                && nowNanos - sinceNanos >= limits.handshake().toNanos();
    }

    /** Whether a message of the peer, or our reply to it, does not move on. */
    boolean isStuck(long nowNanos) {
        boolean unread = outgoing.isStuck(room.isShort(), nowNanos);
        return incoming.isStuck(nowNanos) || unread;
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
        account.giveBack(lane.close());
    }
}
