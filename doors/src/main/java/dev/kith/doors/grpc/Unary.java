package dev.kith.doors.grpc;

/**
 * What a method of a service does. Runs on the call's own virtual thread, or on an event loop where it takes no time
 * and takes memory only if that is free.
 *
 * @param <Q> the request's message
 * @param <R> the reply's
 */
@FunctionalInterface
public interface Unary<Q, R> {
    /**
     * Answers one request.
     *
     * @throws dev.kith.vectors.Rejection or {@link io.grpc.StatusRuntimeException} where it refuses
     */
    R answer(Q request, Call call);
}
