package dev.kith.doors.zmq;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import zmq.Msg;
import zmq.io.Metadata;
import zmq.msg.MsgAllocator;

/**
 * One peer's incoming side: decides about each frame when the peer has declared its length and sent nothing of it.
 * JeroMQ allocates for that declaration, so this is where memory is protected. Frames are allocated on the I/O thread
 * and claimed on the owner thread; the account between them is under this object's lock.
 *
 * <p>A connection is <em>introduced</em> once JeroMQ has said which address it comes from; from then on its frames are
 * accounted for and it can be ended. Before that it may send a few small frames only.
 */
final class Connection implements MsgAllocator {
    /** Frames up to this size may come before the introduction; larger ones never do from a well-behaved client. */
    static final int SMALL_BYTES = 16 << 10;
    /** What a frame costs besides its bytes: objects, queue cells. It also makes empty frames count. */
    static final int FRAME_OVERHEAD_BYTES = 256;
    /** The handshake and the first frame; peers of protocols before ZMTP 3 are never introduced and end here. */
    private static final int FRAMES_BEFORE_INTRODUCTION = 4;
    /** Frames of one message: two are right, a few more get an answer, an endless row ends the connection. */
    private static final int FRAMES_PER_MESSAGE_MAX = 16;
    /** Refused frames that may wait to be answered; then they are dropped. */
    private static final int REFUSED_WAITING_MAX = 64;

    private static final byte[] ADDRESS_PROPERTY = Metadata.PEER_ADDRESS.getBytes(StandardCharsets.US_ASCII);

    private final Connections connections;
    private final Room room;
    private int frames;
    private int framesOfMessage;
    private boolean condemned;
    private @Nullable Frame latest;
    private volatile @Nullable Peer peer;

    // Under the lock of this object.
    private long undelivered;
    private int refusedWaiting;
    private boolean settled;

    Connection(Connections connections, Room room) {
        this.connections = connections;
        this.room = room;
    }

    /** On the I/O thread. Never throws: an exception here would leave JeroMQ's decoder in disorder. */
    @Override
    public Msg allocate(int size) {
        Frame before = latest;
        framesOfMessage = before != null && before.hasMore() ? framesOfMessage + 1 : 1;
        frames++;
        Frame frame;
        if (size < 0 || size > connections.frameBytes()) {
            frame = condemned();
        } else {
            frame = peer == null ? beforeIntroduction(size) : afterIntroduction(size);
        }
        latest = frame;
        return frame;
    }

    /**
     * A length of 2⁶³ or more passes JeroMQ's own check as a negative number and arrives here cut to 32 bits. What
     * follows it cannot be read rightly, so the connection ends, at the latest when it is introduced.
     */
    private Frame condemned() {
        condemned = true;
        end();
        return new Frame(
                this, frames == 1 ? Frame.Fate.FATAL : Frame.Fate.DROPPED, ByteBuffer.allocate(0), Frame.Grant.NONE);
    }

    private Frame beforeIntroduction(int size) {
        if (size > SMALL_BYTES) {
            return withoutMemory(frames == 1 ? Frame.Fate.FATAL : Frame.Fate.DROPPED, size);
        }
        return frames > FRAMES_BEFORE_INTRODUCTION
                ? withoutMemory(Frame.Fate.DROPPED, size)
                : new Frame(this, Frame.Fate.ACCEPTED, ByteBuffer.allocate(size), Frame.Grant.NONE);
    }

    private Frame afterIntroduction(int size) {
        if (framesOfMessage > FRAMES_PER_MESSAGE_MAX) {
            end();
            return withoutMemory(Frame.Fate.DROPPED, size);
        }
        long charge = size + (long) FRAME_OVERHEAD_BYTES;
        if (room.tryTake(charge)) {
            byte @Nullable [] memory = tryAllocate(size);
            if (memory != null) {
                owe(charge);
                return new Frame(this, Frame.Fate.ACCEPTED, ByteBuffer.wrap(memory), new Frame.Grant(charge, 0));
            }
            room.giveBack(charge);
        }
        return withoutMemory(mayRefuse() ? Frame.Fate.REFUSED : Frame.Fate.DROPPED, size);
    }

    /** An Error on the I/O thread would end it, and with it the door. */
    private static byte @Nullable [] tryAllocate(int size) {
        try {
            return new byte[size];
        } catch (OutOfMemoryError full) {
            return null;
        }
    }

    private Frame withoutMemory(Frame.Fate fate, int size) {
        ByteBuffer sink = connections.sink(size);
        return sink == null
                ? condemned()
                : new Frame(this, fate, sink, new Frame.Grant(0, Math.max(0, room.free() - FRAME_OVERHEAD_BYTES)));
    }

    private synchronized void owe(long charge) {
        undelivered += charge;
    }

    private synchronized boolean mayRefuse() {
        if (refusedWaiting == REFUSED_WAITING_MAX) {
            return false;
        }
        refusedWaiting++;
        return true;
    }

    /**
     * Hands a frame's charge over to the request that it became part of; on the owner thread.
     *
     * @return bytes that the request must give back to the room
     */
    synchronized long claim(Frame frame) {
        if (frame.fate() == Frame.Fate.REFUSED) {
            refusedWaiting--;
        }
        if (settled) {
            return 0;
        }
        undelivered -= frame.charge();
        return frame.charge();
    }

    /** A handshake that states an address of its own could have us end somebody else's connection. */
    boolean vouchesFor(Frame frame) {
        return frame != latest || frames > 1 || !contains(frame, ADDRESS_PROPERTY);
    }

    private static boolean contains(Frame frame, byte[] word) {
        int last = frame.declared() - word.length;
        for (int start = 0; start <= last; start++) {
            int matched = 0;
            while (matched < word.length && frame.get(start + matched) == word[matched]) {
                matched++;
            }
            if (matched == word.length) {
                return true;
            }
        }
        return false;
    }

    void introduced(@Nullable String address) {
        if (peer == null && address != null) {
            peer = connections.introduce(this, address);
            if (condemned) {
                end();
            }
        }
    }

    /** The large frame that is arriving, if one is; on any thread. */
    @Nullable
    Frame arriving() {
        Frame frame = latest;
        return frame != null && frame.declared() > SMALL_BYTES && !frame.isComplete() ? frame : null;
    }

    /** Makes JeroMQ's next read see the end of the stream. */
    void end() {
        Peer known = peer;
        if (known != null) {
            known.end();
        }
    }

    /** The peer is gone: what was still arriving will never be claimed. */
    synchronized void lost() {
        Frame frame = latest;
        if (!settled && frame != null && !frame.isComplete()) {
            undelivered -= frame.charge();
            room.giveBack(frame.charge());
        }
    }

    /** What has not been claimed long after the end never will be. */
    synchronized void settle() {
        if (!settled) {
            settled = true;
            room.giveBack(undelivered);
            undelivered = 0;
        }
    }
}
