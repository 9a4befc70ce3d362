package dev.kith.engine.index;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The background threads that grow and mend indexes: as many as cores, but at the lowest priority that the system has,
 * so that they get what searches leave. Safe on any thread.
 */
public final class Indexer implements AutoCloseable {
    private final int threads;
    private final ScheduledThreadPoolExecutor executor;
    private final LongAdder pacedNanos = new LongAdder();

    /** @param threads at least 1 */
    public Indexer(int threads) {
        this.threads = threads;
        this.executor = new ScheduledThreadPoolExecutor(
                threads,
                work -> Thread.ofPlatform().daemon().name("kith-index").unstarted(() -> {
                    ThreadPriority.lower();
                    work.run();
                }));
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    int threads() {
        return threads;
    }

    /** Runs {@code work} soon, or never once the indexer is closed. */
    public void execute(Runnable work) {
        schedule(work, 0);
    }

    /** Runs {@code work} after a while, or never once the indexer is closed. */
    public void schedule(Runnable work, long delayMillis) {
        try {
            var _ = executor.schedule(work, delayMillis, TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.RejectedExecutionException closed) {
            // Indexes are made of rows: what is not done now is done after the next start.
        }
    }

    void paced(long nanos) {
        pacedNanos.add(nanos);
    }

    /** Seconds that acknowledgements were held back so far, all writers together. */
    public double pacedSeconds() {
        return pacedNanos.sum() / 1e9;
    }

    /** Takes no more work; what runs comes to its end. */
    @Override
    public void close() {
        executor.shutdown();
    }
}
