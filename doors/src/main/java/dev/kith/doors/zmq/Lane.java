package dev.kith.doors.zmq;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one peer, answered one after the other in the order they came. Whoever takes a request from the lane,
 * by {@link #add} or {@link #next}, has the lane until it asks for the next one. Safe on any thread.
 */
final class Lane {
    /** Requests refused for want of a place are remembered up to here, so that they are answered in order. */
    static final int WAITING_MAX = 4_096;

    private final ArrayDeque<Request> waiting = new ArrayDeque<>();
    private boolean taken;
    private boolean closed;
    private long freeSinceNanos = System.nanoTime();

    /**
     * One request.
     *
     * @param body its bytes, or why there are none
     * @param charge bytes of the room that it holds, at least {@link Incoming#REQUEST_OVERHEAD_BYTES}
     */
    record Request(Body body, long charge) {}

    /** A body, or the reason why there is none. */
    sealed interface Body {
        record Given(byte[] bytes) implements Body {}

        record Refused(RequestHandler.Refusal why) implements Body {}
    }

    /** Puts a request at the end; whether the lane was free, so that the caller has it now and answers the request. */
    synchronized boolean add(Request request) {
        if (taken || closed) {
            waiting.add(request);
            return false;
        }
        taken = true;
        return true;
    }

    /** The next request for the one who has the lane; null where none waits, and the lane is free then. */
    synchronized @Nullable Request next() {
        Request next = closed ? null : waiting.poll();
        taken = next != null;
        freeSinceNanos = System.nanoTime();
        return next;
    }

    synchronized int waiting() {
        return waiting.size();
    }

    synchronized boolean isIdle() {
        return !taken && waiting.isEmpty();
    }

    /** When the last request was done with, where none is there. */
    synchronized long freeSinceNanos() {
        return freeSinceNanos;
    }

    /** Forgets what waits, because the peer is gone; returns the bytes of the room that it held. */
    synchronized long close() {
        closed = true;
        long charges = waiting.stream().mapToLong(Request::charge).sum();
        waiting.clear();
        return charges;
    }
}
