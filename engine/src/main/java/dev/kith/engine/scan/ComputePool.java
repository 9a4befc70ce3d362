package dev.kith.engine.scan;

import dev.kith.vectors.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * The fixed platform threads that compute. Work comes in slices of some milliseconds; a slice that leaves work behind
 * queues up again at the end, so that a long request and a short one share the cores fairly.
 */
public final class ComputePool implements AutoCloseable {
    private final int threads;
    private final ExecutorService executor;

    /** @param threads usually the number of cores; at least 1 */
    public ComputePool(int threads) {
        this.threads = threads;
        this.executor = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("kith-compute-", 0).factory());
    }

    public int threads() {
        return threads;
    }

    /**
     * Runs workers until each says that it is done. Blocks the caller until none of them runs any more, since they may
     * look at memory that is the caller's to let go; when one fails the others stop after their slice, and the first
     * exception is passed on.
     *
     * @param workers each is called again and again, by one thread at a time, until it returns false
     */
    public void run(List<BooleanSupplier> workers) {
        AtomicBoolean stopped = new AtomicBoolean();
        List<Sliced> running = new ArrayList<>();
        for (BooleanSupplier worker : workers) {
            Sliced sliced = new Sliced(worker, stopped);
            running.add(sliced);
            sliced.queue();
        }
        boolean interrupted = false;
        Optional<Throwable> failure = Optional.empty();
        for (Sliced task : running) {
            while (!task.isDone()) {
                interrupted |= !awaited(task, stopped);
            }
            failure = failure.or(task::failure);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        switch (failure.orElse(null)) {
            case null -> {
                if (interrupted) {
                    throw new IllegalStateException("interrupted while computing");
                }
            }
            case RuntimeException known -> throw known;
            case Error known -> throw known;
            case Throwable unknown -> throw new IllegalStateException(unknown);
        }
    }

    /** Waits for a task to end, in whatever way; false when the caller was interrupted meanwhile. */
    private static boolean awaited(Sliced task, AtomicBoolean stopped) {
        try {
            task.get();
            return true;
        } catch (ExecutionException ended) {
            return true; // The task knows what failed.
        } catch (InterruptedException e) {
            stopped.set(true);
            return false;
        }
    }

    /** Refuses what is waiting and what comes; slices that run come to their end. */
    @Override
    public void close() {
        for (Runnable waiting : executor.shutdownNow()) {
            if (waiting instanceof Sliced sliced) {
                sliced.refuse();
            }
        }
    }

    /** Completes when its worker is done, not when one slice is. */
    private final class Sliced extends FutureTask<Void> {
        private final BooleanSupplier worker;
        private final AtomicBoolean stopped;
        private volatile Optional<Throwable> failure = Optional.empty();

        /** @param stopped shared with the other workers of the same run */
        Sliced(BooleanSupplier worker, AtomicBoolean stopped) {
            super(() -> null);
            this.worker = worker;
            this.stopped = stopped;
        }

        void queue() {
            try {
                executor.execute(this);
            } catch (RejectedExecutionException closed) {
                refuse();
            }
        }

        void refuse() {
            fail(new Rejection(Rejection.Code.UNAVAILABLE, "The server is stopping"));
        }

        Optional<Throwable> failure() {
            return failure;
        }

        private void fail(Throwable reason) {
            stopped.set(true);
            failure = Optional.of(reason);
            setException(reason);
        }

        @Override
        public void run() {
            try {
                if (!stopped.get() && worker.getAsBoolean()) {
                    queue();
                } else {
                    set(null);
                }
            } catch (Throwable reason) {
                fail(reason);
            }
        }
    }
}
