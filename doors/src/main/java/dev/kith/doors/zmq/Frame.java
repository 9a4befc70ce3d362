package dev.kith.doors.zmq;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import zmq.Msg;
import zmq.io.Metadata;

/**
 * A frame that arrives. JeroMQ's decoder fills it on the I/O thread; how far it has come can be read on any thread.
 * A frame that is not accepted has no memory of its own: its bytes drain into a shared sink and are never read.
 */
final class Frame extends Msg {
    /** What becomes of a frame once it is complete. */
    enum Fate {
        /** It reaches the owner thread with its bytes. */
        ACCEPTED,
        /** It reaches the owner thread without its bytes, so that it can be answered with an error. */
        REFUSED,
        /** JeroMQ throws it away, because it takes it for a command that it does not know. */
        DROPPED,
        /** It ends the connection, if it is part of the handshake: a handshake without content is an error. */
        FATAL
    }

    private final Connection connection;
    private final Fate fate;
    private final long charge;
    private final long room;
    private final long startedNanos;
    private volatile @Nullable ByteBuffer filling;

    /**
     * What the room gave for a frame.
     *
     * @param charge bytes that were taken for this frame
     * @param room bytes that would have been granted when this frame was refused
     */
    record Grant(long charge, long room) {
        static final Grant NONE = new Grant(0, 0);
    }

    /** @param memory as many bytes remain in it as the frame declares */
    Frame(Connection connection, Fate fate, ByteBuffer memory, Grant grant) {
        super(memory);
        this.connection = connection;
        this.fate = fate;
        this.charge = grant.charge();
        this.room = grant.room();
        this.startedNanos = System.nanoTime();
    }

    Fate fate() {
        return fate;
    }

    long charge() {
        return charge;
    }

    long room() {
        return room;
    }

    Connection connection() {
        return connection;
    }

    /** Bytes that the peer declared. */
    int declared() {
        return super.size();
    }

    /** Bytes that have arrived, as far as this thread can see. */
    int arrived() {
        ByteBuffer buffer = filling;
        return buffer == null ? 0 : buffer.position();
    }

    boolean isComplete() {
        return arrived() == declared();
    }

    long ageNanos() {
        return System.nanoTime() - startedNanos;
    }

    /** The decoder asks once and fills what it gets, so that buffer's position is the frame's progress. */
    @Override
    public ByteBuffer buf() {
        ByteBuffer buffer = super.buf();
        if (filling == null) {
            filling = buffer;
        }
        return buffer;
    }

    @Override
    public int size() {
        return switch (fate) {
            case ACCEPTED -> connection.vouchesFor(this) ? super.size() : 0;
            case REFUSED -> super.size();
            case DROPPED, FATAL -> 0;
        };
    }

    @Override
    public boolean isCommand() {
        return fate == Fate.DROPPED || super.isCommand();
    }

    /** JeroMQ tells each complete message where it came from. */
    @Override
    public Msg setMetadata(@Nullable Metadata metadata) {
        if (metadata != null) {
            connection.introduced(metadata.get(Metadata.PEER_ADDRESS));
        }
        return super.setMetadata(metadata);
    }
}
