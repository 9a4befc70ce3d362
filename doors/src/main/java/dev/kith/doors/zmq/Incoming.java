package dev.kith.doors.zmq;

import dev.kith.doors.room.Pace;
import dev.kith.doors.room.Room;
import dev.kith.doors.zmq.Lane.Body;
import dev.kith.doors.zmq.Lane.Request;
import dev.kith.doors.zmq.RequestHandler.Refusal;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Takes apart what one peer sends, in whatever pieces it arrives. Only the body of a request ever gets memory, from the
 * connection's account, and only as its bytes come: a length that is merely declared costs nothing. Everything else is
 * counted and passed over. Belongs to the owner thread.
 */
final class Incoming {
    /** What a request costs besides its bytes: objects, queue cells. It also makes empty bodies count. */
    static final int REQUEST_OVERHEAD_BYTES = 256;
    /** Commands are a few dozen bytes; none of a well-behaved client is longer than this. */
    private static final int COMMAND_BYTES_MAX = 4 << 10;
    /** Frames of one message: two are right, a few more get an answer, an endless row ends the connection. */
    private static final int FRAMES_MAX = 16;
    /** Memory of a body of which something has come: a ping needs no more. */
    private static final int START_BYTES = 1 << 10;
    /** Beyond that, a body has at most so many times the memory of what has come of it. */
    private static final int GROWTH = 4;

    private static final byte[] NOTHING = new byte[0];

    private static final int MORE = 1;
    private static final int LONG = 2;
    private static final int KNOWN_FLAGS = MORE | LONG | Opening.COMMAND;
    private static final int SHORT_HEAD_BYTES = 2;
    private static final int LONG_HEAD_BYTES = 1 + Long.BYTES;

    private final Account account;
    private final ZmqLimits limits;
    private final Listener listener;
    private final IntFunction<byte[]> allocator;
    private final byte[] head = new byte[Opening.GREETING_BYTES];
    private Step step = Step.GREETING;
    private boolean introduced;
    private int headFilled;
    private final Pace pace;

    // The frame that arrives.
    private int flags;
    private long length;
    private long arrived;
    private byte @Nullable [] content;

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
    Incoming(Account account, ZmqLimits limits, Listener listener, IntFunction<byte[]> allocator) {
        this.account = account;
        this.pace = new Pace(limits.stall(), ZmqLimits.BYTES_PER_SECOND_MIN);
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
        if (!isUnderWay()) {
            pace.begin();
        }
        pace.move(in.remaining());
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

    /** First memory for the frame that begins; null where its bytes are not wanted. */
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
            giveBack(charge - REQUEST_OVERHEAD_BYTES);
            return refuse(new Refusal.Malformed());
        }
        if (!account.tryTake(REQUEST_OVERHEAD_BYTES)) {
            throw new ProtocolException("no room even for a refusal");
        }
        charge = REQUEST_OVERHEAD_BYTES;
        if (length > Room.SMALL_BYTES && length > account.free()) {
            return noRoom();
        }
        body = new Body.Given(NOTHING);
        return NOTHING;
    }

    /**
     * More memory for the body; null where there is none. Usual frames get all that they need when their first bytes
     * are here.
     *
     * @param full holds what was taken
     * @param ready bytes that have come besides
     */
    private byte @Nullable [] grown(byte[] full, int ready) {
        int size = (int) Math.min(length, Math.max(START_BYTES, GROWTH * ((long) full.length + ready)));
        int more = size - full.length;
        if (!account.tryTake(more)) {
            return noRoom();
        }
        charge += more;
        try {
            byte[] larger = allocator.apply(size);
            System.arraycopy(full, 0, larger, 0, full.length);
            body = new Body.Given(larger);
            return larger;
        } catch (OutOfMemoryError none) {
            return noRoom();
        }
    }

    private byte @Nullable [] noRoom() {
        giveBack(charge - REQUEST_OVERHEAD_BYTES);
        return refuse(new Refusal.NoRoom(length, account.free()));
    }

    /** Of the message only its answer is remembered; null. */
    private byte @Nullable [] refuse(Refusal why) {
        body = new Body.Refused(why);
        return null;
    }

    private void giveBack(long bytes) {
        account.giveBack(bytes);
        charge -= bytes;
    }

    private void takeContent(ByteBuffer in) throws IOException {
        if (content != null && arrived == content.length) {
            content = grown(content, in.remaining());
        }
        long end = content == null ? length : content.length;
        int taken = (int) Math.min(in.remaining(), end - arrived);
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
            obey(whole == null ? NOTHING : whole);
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
        pace.begin();
        if (whole == null) {
            listener.dropped();
        } else {
            listener.received(new Request(whole, held));
        }
    }

    /** Gives back what the message under way holds: the peer is gone. */
    void abandon() {
        giveBack(charge);
        content = null;
    }

    /** Whether the handshake is over. */
    boolean isIntroduced() {
        return introduced;
    }

    boolean isUnderWay() {
        return step == Step.CONTENT || headFilled > 0 || frames > 0;
    }

    /** Whether a message has begun to arrive and does not go on, or far too slowly. */
    boolean isStuck(long nowNanos) {
        return introduced && isUnderWay() && pace.wasTooSlow(nowNanos);
    }
}
