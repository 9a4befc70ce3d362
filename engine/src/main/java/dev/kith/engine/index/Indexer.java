package dev.kith.engine.index;

import java.lang.System.Logger;
import java.util.Collections;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The background threads that grow and mend indexes: two that decide, and as many as cores that compute, at a low
 * priority, so that they mostly get what searches leave.
 *
 * <p>A thread hands its priority on to every thread that is created on its account, and waking a virtual thread may
 * create a carrier for all of them. So the computing threads never take a lock that others wait for, and never wake
 * anybody but those that decide.
 */
public final class Indexer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Indexer.class.getName());
    /** Two, so that a checkpoint that is written does not keep a graph from growing. */
    private static final int DECIDERS = 2;

    private final ScheduledThreadPoolExecutor decider;
    private final TimeUnit delays;
    private final int threads;
    /** An empty one ends the thread that takes it. */
    private final BlockingQueue<Optional<Runnable>> work;

    private final Foreground foreground = new Foreground();
    private final LongAdder pacedNanos = new LongAdder();

    /** @param threads that compute; at least 1 */
    public Indexer(int threads) {
        this(threads, ThreadPriority::lower, new LinkedBlockingQueue<>(), TimeUnit.MILLISECONDS);
    }

    /**
     * @param prepare runs on every computing thread first
     * @param work where tasks wait for them
     * @param delays what a millisecond of {@link #schedule} is: less where a test would only wait for it
     */
    Indexer(int threads, Runnable prepare, BlockingQueue<Optional<Runnable>> work, TimeUnit delays) {
        this.work = work;
        this.delays = delays;
        ThreadFactory factory = Thread.ofPlatform().daemon().name("kith-index").factory();
        decider = new ScheduledThreadPoolExecutor(DECIDERS, factory) {
            @Override
            protected void terminated() {
                work.addAll(Collections.nCopies(threads, Optional.empty()));
            }
        };
        decider.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.threads = threads;
        for (int i = 0; i < threads; i++) {
            Thread.ofPlatform().daemon().name("kith-index-", i).start(() -> computeAll(prepare));
        }
    }

    private void computeAll(Runnable prepare) {
        Optional<Runnable> next = Optional.of(prepare);
        while (next.isPresent()) {
            try {
                next.get().run();
            } catch (RuntimeException | Error e) {
                // Without this thread, who waits for it would wait for ever.
                LOG.log(Logger.Level.ERROR, "a thread of the indexes goes on after a failure", e);
            }
            next = take();
        }
    }

    private Optional<Runnable> take() {
        while (true) {
            try {
                return work.take();
            } catch (InterruptedException nobodysDoing) {
                // Nobody interrupts these threads; whoever does has no say in when they end.
            }
        }
    }

    /** Has {@code decision} made soon, or never once the indexer is closed. */
    public void execute(Runnable decision) {
        schedule(decision, 0);
    }

    /** Has {@code decision} made after a while, or never once the indexer is closed. */
    public void schedule(Runnable decision, long delayMillis) {
        try {
            var _ = decider.schedule(() -> decide(decision), delayMillis, delays);
        } catch (RejectedExecutionException closed) {
            // Indexes are made of rows: what is not done now is done after the next start.
        }
    }

    /** What fails is made again by whoever wants it; nobody else would hear of it. */
    private static void decide(Runnable decision) {
        try {
            decision.run();
        } catch (RuntimeException | Error e) {
            LOG.log(Logger.Level.ERROR, "work in the background failed", e);
        }
    }

    /**
     * Runs {@code task} on every computing thread at once, and returns, or throws, when all have ended it: it looks at
     * memory that is let go of then. To be called by a decision.
     *
     * @param task throws nothing; what it is given says whether there is a core for this thread, and one of them always
     *     has one
     */
    void compute(Consumer<BooleanSupplier> task) {
        CountDownLatch ended = new CountDownLatch(threads);
        int queued = 0;
        try {
            for (; queued < threads; queued++) {
                int before = queued;
                work.add(Optional.of(() -> {
                    try {
                        task.accept(() -> before == 0 || before < threads - foreground.atOnce());
                    } finally {
                        ended.countDown();
                    }
                }));
            }
        } finally {
            for (int missing = queued; missing < threads; missing++) {
                ended.countDown();
            }
            await(ended);
        }
    }

    private static void await(CountDownLatch ended) {
        boolean interrupted = false;
        while (ended.getCount() > 0) {
            try {
                ended.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What searches are counted by. */
    public Foreground foreground() {
        return foreground;
    }

    /** Counts for how long a writer was held back. */
    public void paced(long nanos) {
        pacedNanos.add(nanos);
    }

    /** Seconds that acknowledgements were held back so far, all writers together. */
    public double pacedSeconds() {
        return pacedNanos.sum() / 1e9;
    }

    /** Makes no more decisions; what is computed comes to its end. */
    @Override
    public void close() {
        decider.shutdown();
    }
}
