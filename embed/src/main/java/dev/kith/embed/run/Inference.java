package dev.kith.embed.run;

import dev.kith.vectors.Rejection;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that compute, and who is next: of all lanes, the one whose oldest input waits longest. A batch that is
 * not full waits a short while for more as long as another runs; alone, it starts at once. Safe on any thread.
 */
final class Inference implements AutoCloseable {
    /** How long a batch that is not full waits for more while another runs: a fraction of what a text takes. */
    private static final long WINDOW_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Lane<?>> lanes = new LinkedHashSet<>();
    private final List<Thread> threads = new ArrayList<>();
    private final LongAdder batches = new LongAdder();
    private final LongAdder items = new LongAdder();
    private int running;
    private boolean closed;

    Inference(int count) {
        for (int at = 0; at < count; at++) {
            threads.add(Thread.ofPlatform().daemon().name("kith-embed-" + at).start(this::work));
        }
    }

    /** @throws Rejection where it is closed */
    <P> void submit(Lane<P> lane, Item<P> item) {
        lock.lock();
        try {
            if (closed) {
                throw stopped();
            }
            lane.add(item);
            lanes.add(lane);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Passes over what waits of a call that has failed. */
    void cancel(Lane<?> lane, Call call) {
        lock.lock();
        try {
            lane.cancel(call);
            if (lane.size() == 0) {
                lanes.remove(lane);
            }
        } finally {
            lock.unlock();
        }
    }

    int waiting() {
        lock.lock();
        try {
            return lanes.stream().mapToInt(Lane::size).sum();
        } finally {
            lock.unlock();
        }
    }

    long batches() {
        return batches.sum();
    }

    long items() {
        return items.sum();
    }

    private void work() {
        boolean more = true;
        while (more) {
            more = step();
        }
    }

    /** Does one batch; false when there will be no more. */
    private boolean step() {
        Optional<Batch<?>> next;
        lock.lock();
        try {
            next = next();
        } catch (InterruptedException ended) {
            return false;
        } finally {
            lock.unlock();
        }
        if (next.isEmpty()) {
            return false;
        }
        Batch<?> batch = next.get();
        batch.run();
        batches.increment();
        items.add(batch.items().size());
        lock.lock();
        try {
            running--;
            // Who waits for a fuller batch because this one ran need not wait any more.
            changed.signal();
        } finally {
            lock.unlock();
        }
        return true;
    }

    private record Batch<P>(Lane<P> lane, List<Item<P>> items) {
        void run() {
            lane.run(items);
        }
    }

    /** Waits for a batch, with the lock held; empty when there will be none any more. */
    private Optional<Batch<?>> next() throws InterruptedException {
        while (!closed) {
            Lane<?> lane = oldest();
            if (lane == null) {
                changed.await();
                continue;
            }
            long left = WINDOW_NANOS - (System.nanoTime() - lane.oldest());
            if (running > 0 && !lane.isFull() && left > 0) {
                changed.awaitNanos(left);
                continue;
            }
            Batch<?> batch = batch(lane);
            if (!batch.items().isEmpty()) {
                running++;
                return Optional.of(batch);
            }
        }
        return Optional.empty();
    }

    private <P> Batch<P> batch(Lane<P> lane) {
        List<Item<P>> taken = lane.take();
        if (lane.size() == 0) {
            lanes.remove(lane);
        } else {
            changed.signal();
        }
        return new Batch<>(lane, taken);
    }

    private @Nullable Lane<?> oldest() {
        Lane<?> oldest = null;
        for (Lane<?> lane : lanes) {
            if (oldest == null || lane.oldest() - oldest.oldest() < 0) {
                oldest = lane;
            }
        }
        return oldest;
    }

    private static Rejection stopped() {
        return new Rejection(Rejection.Code.UNAVAILABLE, "The server stops");
    }

    /** Refuses all that waits, and waits for what runs, so that sessions can be closed after it. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            lanes.forEach(lane -> lane.refuse(stopped()));
            lanes.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
