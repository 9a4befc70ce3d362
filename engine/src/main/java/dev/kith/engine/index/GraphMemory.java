package dev.kith.engine.index;

import dev.kith.engine.rows.MemoryBudget;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** What the graph of one collection has of the budget. Any thread. */
final class GraphMemory {
    private final MemoryBudget budget;
    private final ReentrantLock lock = new ReentrantLock();
    /** Changed under the lock only. */
    private final AtomicLong bytes = new AtomicLong();

    private boolean closed;

    GraphMemory(MemoryBudget budget) {
        this.budget = budget;
    }

    long bytes() {
        return bytes.get();
    }

    /** Takes from the budget what a graph of so many bytes lacks, or refuses, or gives back what it no longer needs. */
    void hold(long needed) {
        lock.lock();
        try {
            long more = needed - bytes.get();
            if (closed || more == 0) {
                return;
            }
            if (more > 0) {
                budget.reserve(0, more);
            } else {
                budget.release(0, -more);
            }
            bytes.addAndGet(more);
        } finally {
            lock.unlock();
        }
    }

    /** Gives all back. */
    void giveBack() {
        lock.lock();
        try {
            budget.release(0, bytes.getAndSet(0));
        } finally {
            lock.unlock();
        }
    }

    /** Gives all back and takes nothing any more. */
    void close() {
        lock.lock();
        try {
            closed = true;
            giveBack();
        } finally {
            lock.unlock();
        }
    }
}
