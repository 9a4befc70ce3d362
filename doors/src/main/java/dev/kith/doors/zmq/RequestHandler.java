package dev.kith.doors.zmq;

import java.nio.ByteBuffer;

/** Turns bodies of requests into bodies of replies. Called on many threads at once; must not throw. */
public interface RequestHandler {

    /**
     * Answers one request.
     *
     * @param body owned by the handler from now on
     * @return the reply, from position to limit; owned by the transport from then on
     */
    ByteBuffer handle(byte[] body);

    /** Answers a request that the transport could not hand over. */
    ByteBuffer refuse(Refusal refusal);

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
