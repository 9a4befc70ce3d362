package dev.kith.fetch;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Makes checked addresses of hosts, in bounded time. The machine's resolver blocks the carrier of a virtual thread, so
 * names that hang would stop every request of the server: they are looked up on a few platform threads of their own.
 */
final class Resolver implements AutoCloseable {
    private static final int THREADS = 16;
    private static final int WAITING_MAX = 256;
    private static final long THREAD_IDLE_SECONDS = 30;
    /** Addresses of one host that are tried. */
    private static final int ADDRESSES_MAX = 4;

    private final Destinations destinations;
    private final Lookup lookup;
    private final ThreadPoolExecutor threads;

    Resolver(Destinations destinations, Lookup lookup) {
        this.destinations = destinations;
        this.lookup = lookup;
        this.threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                THREAD_IDLE_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING_MAX),
                Thread.ofPlatform().daemon().name("kith-resolve-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * The addresses to connect to; each was checked, and no other may be used for this request.
     *
     * @throws FetchException where the host is unknown, or where one of its addresses is not allowed: a name that leads
     *     to both kinds is a trick
     */
    List<InetAddress> resolve(Address address, Deadline deadline) {
        List<InetAddress> found = address.literal().map(List::of).orElseGet(() -> lookUp(address.host(), deadline));
        if (found.isEmpty()) {
            throw FetchException.unknownHost();
        }
        if (!found.stream().allMatch(destinations::allows)) {
            throw FetchException.notAllowed();
        }
        return found.subList(0, Math.min(ADDRESSES_MAX, found.size()));
    }

    private List<InetAddress> lookUp(String name, Deadline deadline) {
        Future<List<InetAddress>> answer;
        try {
            answer = threads.submit(() -> lookup.addresses(name));
        } catch (RejectedExecutionException full) {
            throw HttpFetcher.busy();
        }
        try {
            return answer.get(deadline.remainingMs(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException unknown) {
            throw FetchException.unknownHost();
        } catch (TimeoutException late) {
            answer.cancel(true);
            throw FetchException.late();
        } catch (InterruptedException ended) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw FetchException.late();
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
