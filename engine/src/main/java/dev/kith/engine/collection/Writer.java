package dev.kith.engine.collection;

import dev.kith.storage.DiskFullException;
import dev.kith.storage.StorageException;
import dev.kith.vectors.Rejection;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The single writer of a collection, whoever it is at the moment: of all threads that want to write, the one that holds
 * the lock takes what has queued up and does the whole commit for all of them:
 *
 * <ol>
 *   <li>prepare: resolve each write, append its records to the log, stage its rows;
 *   <li>force the log, once;
 *   <li>apply each mutation, then publish one view;
 *   <li>answer.
 * </ol>
 *
 * If the power goes before the force is done, nothing was answered, and replay finds some prefix of the mutations, each
 * wholly or not at all. After it, replay finds them all.
 */
final class Writer {
    private static final Logger LOG = System.getLogger(Writer.class.getName());
    /** Writes of one commit: bounds what is staged but not yet durable. */
    private static final int COMMIT_WRITES_MAX = 256;

    private final String collection;
    private final PointStore store;
    private final Journal journal;
    private final Buffers buffers;
    private final ReentrantLock lock = new ReentrantLock();
    private final ConcurrentLinkedQueue<Pending<?>> queue = new ConcurrentLinkedQueue<>();
    /** Written under the lock. */
    private volatile long longestHoldNanos;
    /** Why nothing can be written any more; guarded by the lock. */
    private @Nullable Rejection refusal;

    /** @param collection for log lines */
    Writer(String collection, PointStore store, Journal journal, Buffers buffers) {
        this.collection = collection;
        this.store = store;
        this.journal = journal;
        this.buffers = buffers;
    }

    /** A write that waits, then its answer or why it was refused; guarded by the lock until it is done. */
    private static final class Pending<R> {
        final Write<R> write;
        private Optional<R> answer = Optional.empty();
        private @Nullable Rejection failure;

        Pending(Write<R> write) {
            this.write = write;
        }

        boolean isDone() {
            return answer.isPresent() || failure != null;
        }

        void answer(R result) {
            answer = Optional.of(result);
        }

        void fail(Rejection reason) {
            failure = reason;
        }

        R result() {
            if (failure != null) {
                throw failure;
            }
            return answer.orElseThrow();
        }
    }

    /** Does a write and waits until it is durable and visible, or refuses. */
    <R> R write(Write<R> write) {
        Pending<R> mine = new Pending<>(write);
        queue.add(mine);
        lock.lock();
        try {
            while (!mine.isDone()) {
                commit();
            }
            return mine.result();
        } finally {
            lock.unlock();
        }
    }

    /** Does something between two commits, while nobody can write; refused where nobody may. */
    <T> T exclusively(Supplier<T> work) {
        lock.lock();
        try {
            long begun = System.nanoTime();
            if (refusal != null) {
                throw refusal;
            }
            T done = work.get();
            longestHoldNanos = Math.max(longestHoldNanos, System.nanoTime() - begun);
            return done;
        } finally {
            lock.unlock();
        }
    }

    /** For how long writers had to wait at most while {@link #exclusively} did something. Any thread. */
    double longestHoldSeconds() {
        return longestHoldNanos / 1e9;
    }

    /** Refuses every write from now on, after the one that runs. */
    void refuse(Rejection reason) {
        lock.lock();
        try {
            refusal = refusal == null ? reason : refusal;
        } finally {
            lock.unlock();
        }
    }

    private void commit() {
        List<Pending<?>> logged = new ArrayList<>();
        Commit commit = new Commit(store, journal, buffers);
        try {
            prepareAll(commit, logged);
            if (!logged.isEmpty()) {
                journal.force();
                logged.forEach(this::apply);
                store.publish();
            }
        } catch (DiskFullException e) {
            takeBack(commit, logged, e);
        } catch (StorageException e) {
            giveUp(logged, e);
        } catch (RuntimeException | Error e) {
            giveUp(logged, new Rejection(Rejection.Code.INTERNAL, "Internal error; the collection is read-only"));
            throw e;
        }
    }

    /** An append met a full disk half-way, though room was reserved: the whole commit is taken back and refused. */
    private void takeBack(Commit commit, List<Pending<?>> logged, DiskFullException full) {
        try {
            if (!commit.takeBack()) {
                giveUp(logged, full);
                return;
            }
        } catch (StorageException e) {
            giveUp(logged, e);
            return;
        }
        LOG.log(Logger.Level.WARNING, "collection {0}: {1}", collection, full.getMessage());
        abandon(logged, noSpace());
    }

    private static Rejection noSpace() {
        return new Rejection(Rejection.Code.EXHAUSTED, "No space left on the disk; nothing was written");
    }

    private void giveUp(List<Pending<?>> logged, StorageException cause) {
        LOG.log(Logger.Level.ERROR, "collection " + collection + ": a write failed; it is read-only now", cause);
        String text = "The disk failed; the collection is read-only until the server is restarted";
        giveUp(logged, new Rejection(Rejection.Code.UNAVAILABLE, text));
    }

    private void giveUp(List<Pending<?>> logged, Rejection reason) {
        refusal = reason;
        abandon(logged, reason);
    }

    private void abandon(List<Pending<?>> logged, Rejection reason) {
        store.abandon();
        logged.stream().filter(pending -> !pending.isDone()).forEach(pending -> pending.fail(reason));
    }

    private void prepareAll(Commit commit, List<Pending<?>> logged) {
        while (logged.size() < COMMIT_WRITES_MAX) {
            Pending<?> next = queue.peek();
            if (next == null || (next.write.alone() && !logged.isEmpty())) {
                return;
            }
            queue.remove();
            prepare(next, commit, logged);
            if (next.write.alone() && !logged.isEmpty()) {
                return;
            }
        }
    }

    private <R> void prepare(Pending<R> pending, Commit commit, List<Pending<?>> logged) {
        if (refusal != null) {
            pending.fail(refusal);
            return;
        }
        logged.add(pending);
        try {
            if (pending.write.prepare(commit)) {
                return;
            }
            pending.answer(pending.write.unchanged(store));
        } catch (Rejection refused) {
            pending.fail(refused);
        } catch (DiskFullException full) {
            if (commit.isHalfAppended()) {
                throw full;
            }
            LOG.log(Logger.Level.WARNING, "collection {0}: {1}", collection, full.getMessage());
            pending.fail(noSpace());
        }
        commit.forgetTaken();
        logged.removeLast();
    }

    private <R> void apply(Pending<R> pending) {
        pending.answer(pending.write.applied(store.apply()));
    }
}
