package dev.kith.doors.grpc;

import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs calls that are mostly short on threads that go on from one call to the next, as many at once as there are cores:
 * more of them would only take the cores from each other, and beginning a thread a call costs as much as many a search.
 * A thread whose call turns out not to be short is not counted any more, and another goes on in its place; so what
 * blocks or computes for long delays the others by about a millisecond. Safe on any thread.
 *
 * <p>Every call that is given is run, once: where no more threads begin, since the door stops, by whoever gives it. By
 * then nobody waits for it, so that it only gives back what it holds.
 */
final class ShortCalls implements Executor {
    /** Longer than most searches, shorter than anybody notices. */
    private static final long SHORT_NANOS = Duration.ofMillis(1).toNanos();

    private final Executor threads;
    private final ScheduledExecutorService clock;
    private final int most;
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    /** Those that count; a runner that does not is with its last call. */
    private final Set<Runner> runners = ConcurrentHashMap.newKeySet();

    private final AtomicInteger counted = new AtomicInteger();
    private final AtomicBoolean looking = new AtomicBoolean();

    /**
     * @param threads begins one for everything that it is given
     * @param clock its thread looks for calls that are not short
     * @param most threads at once
     */
    ShortCalls(Executor threads, ScheduledExecutorService clock, int most) {
        this.threads = threads;
        this.clock = clock;
        this.most = most;
    }

    @Override
    public void execute(Runnable call) {
        waiting.add(call);
        if (!begin()) {
            lookLater();
        }
    }

    /** Whether there was place for one more runner. */
    private boolean begin() {
        int now = counted.get();
        while (now < most) {
            if (counted.compareAndSet(now, now + 1)) {
                start(new Runner());
                return true;
            }
            now = counted.get();
        }
        return false;
    }

    private void start(Runner runner) {
        try {
            threads.execute(runner);
        } catch (RejectedExecutionException stopped) {
            runner.run();
        }
    }

    private void lookLater() {
        if (looking.compareAndSet(false, true)) {
            try {
                var _ = clock.schedule(this::look, SHORT_NANOS, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException stopped) {
                // All places are taken, and each who has one looks for what waits when it is done.
                looking.set(false);
            }
        }
    }

    /** Begins a runner in place of each that is still with a call that is not short. */
    private void look() {
        looking.set(false);
        long now = System.nanoTime();
        for (Runner runner : runners) {
            if (now - runner.sinceNanos >= SHORT_NANOS) {
                runner.discount();
            }
        }
        while (!waiting.isEmpty() && begin()) {}
        if (!waiting.isEmpty()) {
            lookLater();
        }
    }

    /** Goes from call to call while it counts and there are any. */
    private final class Runner implements Runnable {
        private final AtomicBoolean counts = new AtomicBoolean(true);
        private volatile long sinceNanos = System.nanoTime();

        @Override
        public void run() {
            runners.add(this);
            try {
                Runnable call = waiting.poll();
                while (call != null) {
                    sinceNanos = System.nanoTime();
                    call.run();
                    call = counts.get() ? waiting.poll() : null;
                }
            } finally {
                discount();
                // A call may have come after the last look for one, and have found no place for a runner.
                if (!waiting.isEmpty()) {
                    var _ = begin();
                }
            }
        }

        private void discount() {
            if (counts.compareAndSet(true, false)) {
                runners.remove(this);
                counted.decrementAndGet();
            }
        }
    }
}
