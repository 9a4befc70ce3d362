package dev.kith.doors.zmq;

import java.nio.ByteBuffer;

/** Turns bodies of requests into bodies of replies. Called on many threads at once; must not throw. */
public interface RequestHandler {

    /**
     * Answers one request.
     *
     * @param body owned by the handler from now on
     * @param memory what the handler must ask before it takes more than a few kilobytes, decoded vectors, results and
     *     the reply alike; all of it counts until the reply is made, and from then on the reply's
     * @return the reply, from position to limit; owned by the transport from then on
     */
    ByteBuffer handle(byte[] body, Memory memory);

    /** Answers a request that the transport could not hand over. */
    ByteBuffer refuse(Refusal refusal);

    /** The memory that one request may take. */
    @FunctionalInterface
    interface Memory {
        /** For what is small and bounded by itself. */
        Memory UNCOUNTED = bytes -> true;

        /** Asks for so many bytes more, and waits for a bounded time until they are free; whether they may be taken. */
        boolean reserve(long bytes);
    }

    /** Why the transport did not hand a request over. */
    sealed interface Refusal {
        /** The message did not have exactly one body frame. */
        record Malformed() implements Refusal {}

        /**
         * The body did not fit into what is allowed in flight.
         *
         * @param bytes of the body
         * @param room bytes that would have fitted at that moment
         */
        record NoRoom(long bytes, long room) implements Refusal {}

        /** The peer has too many requests waiting. */
        record PipelineFull(int max) implements Refusal {}

        /** The handler failed in spite of its promise; the log has the reason. */
        record Failed() implements Refusal {}
    }
}
