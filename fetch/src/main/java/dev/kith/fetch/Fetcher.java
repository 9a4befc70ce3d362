package dev.kith.fetch;

import java.util.function.Function;

/** Fetches by HTTP and HTTPS. Safe on any thread. */
public interface Fetcher extends AutoCloseable {

    /**
     * Makes of the body behind a URL, all of it, what is wanted. The room that bodies share is held until that is
     * done, so {@code use} should not keep the bytes. Blocks its thread, which should be a virtual one.
     *
     * @param url as a client wrote it: letters beyond ASCII and spaces in its path are sent as percent signs and digits
     * @throws FetchException where it cannot be had: for whatever reason, with a message that is safe to show
     * @throws dev.kith.vectors.Rejection EXHAUSTED where too much is being fetched already; the same may succeed later;
     *     what {@code use} throws passes through
     */
    <T> T get(String url, Function<byte[], T> use);

    @Override
    void close();
}
