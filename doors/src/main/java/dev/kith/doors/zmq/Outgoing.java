package dev.kith.doors.zmq;

import dev.kith.doors.room.Pace;
import dev.kith.doors.room.Room;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What goes to one peer. Whoever has something to send writes it at once, on its own thread; what the system does not
 * take is left to the owner thread, which the selector calls when there is room again. Safe on any thread.
 */
final class Outgoing {
    /** Bytes of one write to the system: the JDK copies that many out of the heap each time. */
    private static final int WRITE_BYTES_MAX = 256 << 10;
    /** Writes to one peer on the owner thread before others have their turn. */
    private static final int WRITES_MAX = 4;
    /** An empty frame, then the head of a long one. */
    private static final int HEAD_BYTES_MAX = 2 + 1 + Long.BYTES;

    /** Periods in which a peer that reads nothing is waited for while the room is not short. */
    private static final int STALLS_MAX = 6;

    private static final byte MORE = 1;
    private static final byte LONG = 2;
    private static final int SHORT_FRAME_BYTES_MAX = 255;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel channel;
    private final SelectionKey key;
    private final Room room;
    private final Pace pace;
    /** A command, the head of a reply, its body; each from what is not out yet. */
    private final ByteBuffer[] parts = {
        NOTHING, ByteBuffer.allocate(HEAD_BYTES_MAX).limit(0), NOTHING
    };

    private byte @Nullable [] nextCommand;
    private long held;
    private boolean replying;
    private boolean closed;

    Outgoing(SelectionKey key, Room room, Duration stall) {
        this.channel = (SocketChannel) key.channel();
        this.key = key;
        this.room = room;
        this.pace = new Pace(stall, ZmqLimits.BYTES_PER_SECOND_MIN);
    }

    /**
     * Sends a reply; the one before must have been sent.
     *
     * @param reply from position to limit
     * @param bytesHeld of the room, given back when the reply is out or the peer is gone
     * @return whether all of it is out; otherwise {@link #flush} will say so, unless the peer is gone
     */
    synchronized boolean send(ByteBuffer reply, long bytesHeld) throws IOException {
        if (closed) {
            room.giveBack(bytesHeld);
            return false;
        }
        held = bytesHeld;
        replying = true;
        pace.begin();
        int size = reply.remaining();
        ByteBuffer head = parts[1].clear().put(MORE).put((byte) 0);
        if (size <= SHORT_FRAME_BYTES_MAX) {
            head.put((byte) 0).put((byte) size);
        } else {
            head.put(LONG).putLong(size);
        }
        head.flip();
        parts[2] = reply;
        return write(Integer.MAX_VALUE);
    }

    /** Sends a command between two replies. Where one waits already, the older or the newer one does for both. */
    synchronized void sendCommand(byte[] frame) throws IOException {
        if (replying) {
            nextCommand = frame;
        } else if (!closed && !parts[0].hasRemaining()) {
            parts[0] = ByteBuffer.wrap(frame);
            var _ = write(WRITES_MAX);
        }
    }

    /** Goes on where the system took no more; whether a reply is all out by that. On the owner thread. */
    synchronized boolean flush() throws IOException {
        boolean wasReplying = replying;
        key.interestOpsAnd(~SelectionKey.OP_WRITE);
        return write(WRITES_MAX) && wasReplying;
    }

    /** Whether all is out; otherwise the selector calls again. */
    private boolean write(int turns) throws IOException {
        int left = turns;
        ByteBuffer body = parts[2];
        int end = body.limit();
        while (parts[0].hasRemaining() || parts[1].hasRemaining() || body.hasRemaining()) {
            body.limit(Math.min(end, body.position() + WRITE_BYTES_MAX));
            pace.move(channel.write(parts));
            boolean full = body.hasRemaining() || parts[0].hasRemaining() || parts[1].hasRemaining();
            body.limit(end);
            if (full || (--left == 0 && body.hasRemaining())) {
                wantRoom();
                return false;
            }
        }
        if (replying) {
            replying = false;
            parts[2] = NOTHING;
            room.giveBack(held);
            held = 0;
        }
        byte[] next = nextCommand;
        if (next != null) {
            nextCommand = null;
            sendCommand(next);
        }
        return true;
    }

    private void wantRoom() throws IOException {
        try {
            key.interestOpsOr(SelectionKey.OP_WRITE);
            key.selector().wakeup();
        } catch (CancelledKeyException gone) {
            throw new IOException("the peer is gone", gone);
        }
    }

    /**
     * Whether the peer does not take its reply: nothing of it for long, or too little of it while others need the room.
     */
    synchronized boolean isStuck(boolean roomIsShort, long nowNanos) {
        boolean slow = pace.wasTooSlow(nowNanos);
        return replying && ((slow && roomIsShort) || pace.hasStoppedFor(STALLS_MAX, nowNanos));
    }

    synchronized boolean isIdle() {
        return closed || !(replying || parts[0].hasRemaining());
    }

    /** The peer is gone: gives back what is held. */
    synchronized void close() {
        closed = true;
        room.giveBack(held);
        held = 0;
        parts[2] = NOTHING;
    }
}
