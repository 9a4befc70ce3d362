package dev.kith.fetch;

/** Fetches by HTTP and HTTPS. Safe on any thread. */
public interface Fetcher extends AutoCloseable {

    /**
     * The body behind a URL, all of it. Blocks its thread, which should be a virtual one.
     *
     * @param url as a client wrote it: letters beyond ASCII and spaces in its path are sent as percent signs and digits
     * @throws FetchException where it cannot be had: for whatever reason, with a message that is safe to show
     * @throws dev.kith.vectors.Rejection EXHAUSTED where too much is being fetched already; the same may succeed later
     */
    byte[] get(String url);

    @Override
    void close();
}
