package dev.kith.embed.run;

import dev.kith.vectors.Rejection;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * The threads on which pictures, sounds and long texts are made ready, no more than there are cores: a virtual thread
 * that decodes keeps its carrier until it is done, and images that are added by the dozen would have all of them, so
 * that every search waited. Safe on any thread.
 */
final class Decoding implements AutoCloseable {
    private final ExecutorService threads;

    Decoding(int count) {
        threads = Executors.newFixedThreadPool(
                count, Thread.ofPlatform().daemon().name("kith-decode-", 0).factory());
    }

    /** Does it on one of the threads, first come first served, while the caller waits. */
    <T> T run(Supplier<T> work) throws InterruptedException {
        Future<T> result;
        try {
            result = threads.submit(work::get);
        } catch (RejectedExecutionException closed) {
            throw new Rejection(Rejection.Code.UNAVAILABLE, "The server stops");
        }
        try {
            return result.get();
        } catch (ExecutionException fault) {
            throw Failures.rethrown(Optional.ofNullable(fault.getCause()).orElse(fault));
        } catch (InterruptedException ended) {
            result.cancel(false);
            throw ended;
        }
    }

    /** What waits is still done: somebody waits for it. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
