package dev.kith.doors.zmq;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one peer, answered one after the other in the order they came. Belongs to the owner thread; only
 * {@link #reply} is written by the request's thread, before it hands the lane back through the owner's queue.
 */
final class Lane {
    /** Requests refused for want of a place are remembered up to here, so that they are answered in order. */
    static final int WAITING_MAX = 4_096;

    private final byte[] identity;
    private final ArrayDeque<Request> waiting = new ArrayDeque<>();
    private @Nullable Request running;
    private @Nullable ByteBuffer reply;

    /**
     * One request.
     *
     * @param body its bytes, or why there are none
     * @param charge bytes of the room that it holds
     */
    record Request(Body body, long charge) {}

    /** A body, or the reason why there is none. */
    sealed interface Body {
        record Given(byte[] bytes) implements Body {}

        record Refused(RequestHandler.Refusal why) implements Body {}
    }

    Lane(byte[] identity) {
        this.identity = identity;
    }

    byte[] identity() {
        return identity;
    }

    int waiting() {
        return waiting.size();
    }

    void add(Request request) {
        waiting.add(request);
    }

    boolean isIdle() {
        return running == null && waiting.isEmpty();
    }

    boolean isRunning() {
        return running != null;
    }

    /** Takes the next request as the running one; null while one runs or none waits. */
    @Nullable
    Request start() {
        if (running != null) {
            return null;
        }
        running = waiting.poll();
        return running;
    }

    void answer(ByteBuffer bytes) {
        reply = bytes;
    }

    @Nullable
    ByteBuffer reply() {
        return reply;
    }

    /** Ends the running request; returns the bytes of the room that it held. */
    long finish() {
        Request done = running;
        running = null;
        reply = null;
        return done == null ? 0 : done.charge();
    }

    /** Forgets what waits, because the peer is gone; returns the bytes of the room that it held. */
    long forget() {
        long charges = 0;
        for (Request request : waiting) {
            charges += request.charge();
        }
        waiting.clear();
        return charges;
    }
}
