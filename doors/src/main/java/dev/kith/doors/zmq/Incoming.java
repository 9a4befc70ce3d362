package dev.kith.doors.zmq;

import dev.kith.doors.zmq.Lane.Body;
import dev.kith.doors.zmq.Lane.Request;
import dev.kith.doors.zmq.RequestHandler.Refusal;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Takes apart what one peer sends, in whatever pieces it arrives. A frame is decided about when its length is known and
 * nothing of it has come: only the body of a request ever gets memory, from the room; everything else is counted and
 * passed over. Belongs to the owner thread.
 */
final class Incoming {
    /** What a request costs besides its bytes: objects, queue cells. It also makes empty bodies count. */
    static final int REQUEST_OVERHEAD_BYTES = 256;
    /** Commands are a few dozen bytes; none of a well-behaved client is longer than this. */
    private static final int COMMAND_BYTES_MAX = 16 << 10;
    /** Frames of one message: two are right, a few more get an answer, an endless row ends the connection. */
    private static final int FRAMES_MAX = 16;
    /** Slowest average at which a frame may arrive, once the time allowed for stalls is over. */
    private static final long ARRIVAL_BYTES_PER_SECOND_MIN = 256 << 10;

    private static final long NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();
    private static final int MORE = 1;
    private static final int LONG = 2;
    private static final int KNOWN_FLAGS = MORE | LONG | Opening.COMMAND;
    private static final int SHORT_HEAD_BYTES = 2;
    private static final int LONG_HEAD_BYTES = 1 + Long.BYTES;

    private final Room room;
    private final ZmqLimits limits;
    private final Listener listener;
    private final IntFunction<byte[]> allocator;
    private final byte[] head = new byte[Opening.GREETING_BYTES];
    private Step step = Step.GREETING;
    private boolean introduced;
    private int headFilled;
    private long progressNanos = System.nanoTime();

    // The frame that arrives.
    private int flags;
    private long length;
    private long arrived;
    private byte @Nullable [] content;
    private long startedNanos;

    // The message that it belongs to.
    private int frames;
    private boolean delimited;
    private @Nullable Body body;
    private long charge;

    /** Where we are in the stream. */
    private enum Step {
        GREETING,
        HEAD,
        CONTENT
    }

    /** What becomes of what was taken apart; called on the owner thread. */
    interface Listener {
        /** The peer has greeted rightly, or has sent a command that wants this answer. */
        void reply(byte[] frame) throws IOException;

        void received(Request request);

        /** A message that deserves no answer: no empty frame, or nothing after it. */
        void dropped();
    }

    /** @param allocator makes the memory of a body, or throws {@link OutOfMemoryError} */
    Incoming(Room room, ZmqLimits limits, Listener listener, IntFunction<byte[]> allocator) {
        this.room = room;
        this.limits = limits;
        this.listener = listener;
        this.allocator = allocator;
    }

    /**
     * Takes all bytes of a buffer.
     *
     * @throws ProtocolException where the peer does not keep to the protocol; the stream cannot be read on
     */
    void take(ByteBuffer in) throws IOException {
        progressNanos = System.nanoTime();
        while (in.hasRemaining()) {
            switch (step) {
                case GREETING -> takeGreeting(in);
                case HEAD -> takeHead(in);
                case CONTENT -> takeContent(in);
            }
        }
    }

    private void takeGreeting(ByteBuffer in) throws IOException {
        int taken = Math.min(in.remaining(), head.length - headFilled);
        in.get(head, headFilled, taken);
        headFilled += taken;
        Opening.requireGreeting(head, headFilled);
        if (headFilled == head.length) {
            headFilled = 0;
            step = Step.HEAD;
            listener.reply(Opening.ready());
        }
    }

    private void takeHead(ByteBuffer in) throws IOException {
        head[headFilled++] = in.get();
        boolean isLong = (head[0] & LONG) != 0;
        if (headFilled < (isLong ? LONG_HEAD_BYTES : SHORT_HEAD_BYTES)) {
            return;
        }
        headFilled = 0;
        begin(head[0], isLong ? ByteBuffer.wrap(head).getLong(1) : head[1] & 0xFF);
    }

    private void begin(int frameFlags, long declared) throws IOException {
        flags = frameFlags;
        length = declared;
        arrived = 0;
        startedNanos = progressNanos;
        if ((flags & ~KNOWN_FLAGS) != 0) {
            throw new ProtocolException("unknown flags of a frame");
        }
        if (isCommand()) {
            requireBetween(length, COMMAND_BYTES_MAX, "a command");
            content = new byte[(int) length];
        } else {
            if (!introduced) {
                throw new ProtocolException("a message before the handshake");
            }
            requireBetween(length, limits.frameBytes(), "a frame");
            content = memory();
        }
        step = Step.CONTENT;
        if (length == 0) {
            complete();
        }
    }

    private boolean isCommand() {
        return (flags & Opening.COMMAND) != 0;
    }

    private static void requireBetween(long length, long max, String what) throws ProtocolException {
        if (length < 0 || length > max) {
            throw new ProtocolException("%s of %d bytes, at most %d".formatted(what, length, max));
        }
    }

    /** Memory for the frame that begins; null where its bytes are not wanted. */
    private byte @Nullable [] memory() throws ProtocolException {
        if (++frames > FRAMES_MAX) {
            throw new ProtocolException("a message of more than %d frames".formatted(FRAMES_MAX));
        }
        if (frames == 1) {
            delimited = length == 0;
            return null;
        }
        if (!delimited) {
            return null;
        }
        if (frames > 2) {
            abandon();
            body = new Body.Refused(new Refusal.Malformed());
            return null;
        }
        long cost = length + REQUEST_OVERHEAD_BYTES;
        byte[] memory = room.tryTake(cost) ? allocate(cost) : null;
        body = memory == null
                ? new Body.Refused(new Refusal.NoRoom(length, Math.max(0, room.free() - REQUEST_OVERHEAD_BYTES)))
                : new Body.Given(memory);
        return memory;
    }

    private byte @Nullable [] allocate(long cost) {
        try {
            byte[] memory = allocator.apply((int) length);
            charge = cost;
            return memory;
        } catch (OutOfMemoryError full) {
            room.giveBack(cost);
            return null;
        }
    }

    private void takeContent(ByteBuffer in) throws IOException {
        int taken = (int) Math.min(in.remaining(), length - arrived);
        if (content == null) {
            in.position(in.position() + taken);
        } else {
            in.get(content, (int) arrived, taken);
        }
        arrived += taken;
        if (arrived == length) {
            complete();
        }
    }

    private void complete() throws IOException {
        byte[] whole = content;
        content = null;
        step = Step.HEAD;
        if (isCommand()) {
            obey(whole == null ? new byte[0] : whole);
        } else if ((flags & MORE) == 0) {
            deliver();
        }
    }

    private void obey(byte[] command) throws IOException {
        if (!introduced) {
            Opening.requireReady(command);
            introduced = true;
            return;
        }
        var answer = Opening.answerTo(command);
        if (answer.isPresent()) {
            listener.reply(answer.get());
        }
    }

    private void deliver() {
        Body whole = body;
        long held = charge;
        frames = 0;
        delimited = false;
        body = null;
        charge = 0;
        if (whole == null) {
            listener.dropped();
        } else {
            listener.received(new Request(whole, held));
        }
    }

    /** Gives back what the message under way holds; the peer is gone, or its message is not read on. */
    void abandon() {
        room.giveBack(charge);
        charge = 0;
        content = null;
    }

    /** Whether the handshake is over. */
    boolean isIntroduced() {
        return introduced;
    }

    /** Whether a message has begun to arrive and does not go on, or far too slowly. */
    boolean isStuck(long nowNanos) {
        boolean underWay = step == Step.CONTENT || headFilled > 0 || frames > 0;
        if (!introduced || !underWay) {
            return false;
        }
        long patience = limits.stall().toNanos();
        if (nowNanos - progressNanos >= patience) {
            return true;
        }
        long seconds = (nowNanos - startedNanos - patience) / NANOS_PER_SECOND;
        return step == Step.CONTENT && arrived < seconds * ARRIVAL_BYTES_PER_SECOND_MIN;
    }
}
