package dev.kith.embed.run;

import dev.kith.embed.Embedding;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What one caller waits for: the vectors of its inputs. Every input that was begun is finished exactly once, by whoever
 * ran it, passed it over or could not make it ready. Safe on any thread; the caller alone begins and waits.
 */
final class Call {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition quiet = lock.newCondition();
    private final List<List<Embedding>> results;
    private final Semaphore inFlight;
    private final PreparedRoom.Share share;
    private int outstanding;
    private volatile Optional<Throwable> failure = Optional.empty();

    /**
     * A call of which nothing was begun.
     *
     * @param inFlight how many of its inputs may wait or run at once, so that it does not keep others from running
     * @param share of the room that one input takes
     */
    Call(int inputs, int inFlight, PreparedRoom.Share share) {
        this.results = new ArrayList<>(Collections.nCopies(inputs, List.of()));
        this.inFlight = new Semaphore(inFlight);
        this.share = share;
    }

    /** Waits until another input may be made ready. */
    void begin() throws InterruptedException {
        inFlight.acquire();
        try {
            share.take();
        } catch (InterruptedException ended) {
            inFlight.release();
            throw ended;
        }
        lock.lock();
        try {
            outstanding++;
        } finally {
            lock.unlock();
        }
    }

    /** An input that was begun has its vectors. */
    void done(int index, List<Embedding> embeddings) {
        results.set(index, embeddings);
        finish();
    }

    /** An input that was begun will have none, since the call has failed. */
    void drop() {
        finish();
    }

    private void finish() {
        share.giveBack();
        inFlight.release();
        lock.lock();
        try {
            outstanding--;
            quiet.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Fails the call; the first fault is the one that is told. */
    void fail(Throwable fault) {
        lock.lock();
        try {
            if (failure.isEmpty()) {
                failure = Optional.of(fault);
            }
            quiet.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean hasFailed() {
        return failure.isPresent();
    }

    /** Waits until all are done, or the call has failed, which it throws. */
    List<List<Embedding>> await() throws InterruptedException {
        lock.lock();
        try {
            while (outstanding > 0 && failure.isEmpty()) {
                quiet.await();
            }
        } finally {
            lock.unlock();
        }
        if (failure.isPresent()) {
            throw Failures.rethrown(failure.get());
        }
        return List.copyOf(results);
    }

    /** Waits until nothing of it waits or runs any more, so that what it runs on can be let go of. */
    void awaitQuiet() {
        lock.lock();
        try {
            while (outstanding > 0) {
                quiet.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
