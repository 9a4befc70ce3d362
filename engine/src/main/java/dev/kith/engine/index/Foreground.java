package dev.kith.engine.index;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * How many searches ran at once lately. What works in the background leaves so many cores alone: a low priority is not
 * enough, since the system gives even such a thread some milliseconds at a time, in which a search would be over.
 *
 * <p>Threads: any. Counts may be off by one for a moment.
 */
public final class Foreground {
    /** So long a core is left alone after a search: longer than a client takes from one request to the next. */
    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final AtomicInteger running = new AtomicInteger();
    private volatile long windowBegan = System.nanoTime();
    private volatile int most;
    private volatile int mostBefore;

    /** Runs a search, or refuses as it does. */
    public <R> R run(Supplier<R> search) {
        int now = running.incrementAndGet();
        try {
            turn();
            if (now > most) {
                most = now;
            }
            return search.get();
        } finally {
            running.decrementAndGet();
        }
    }

    /** How many searches ran at once in this window or the one before. */
    int atOnce() {
        turn();
        return Math.max(most, mostBefore);
    }

    private void turn() {
        long now = System.nanoTime();
        long age = now - windowBegan;
        if (age >= WINDOW_NANOS) {
            mostBefore = age < 2 * WINDOW_NANOS ? most : 0;
            most = running.get();
            windowBegan = now;
        }
    }
}
