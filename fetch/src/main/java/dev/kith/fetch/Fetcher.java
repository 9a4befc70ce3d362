package dev.kith.fetch;

import java.net.URI;

/** Fetches by HTTP and HTTPS. Safe on any thread. */
public interface Fetcher extends AutoCloseable {

    /**
     * The body behind an address, all of it.
     *
     * @throws FetchException where it cannot be had: for whatever reason, with a message that is safe to show
     */
    byte[] get(URI address);

    @Override
    void close();
}
