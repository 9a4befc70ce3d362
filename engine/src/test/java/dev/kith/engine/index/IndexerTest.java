package dev.kith.engine.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.engine.Quiet;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who lets a task be computed gets an answer when nobody computes it any more, whatever fails. */
@Timeout(30)
@ExtendWith(Quiet.class)
class IndexerTest {
    private static final int THREADS = 2;

    private static void computeTwice(Indexer indexer, AtomicInteger runs) {
        for (int i = 1; i <= 2; i++) {
            indexer.compute(runs::incrementAndGet);
            assertThat(runs).hasValue(i * THREADS);
        }
    }

    @Test
    void compute_whereThreadsCannotGetALowPriority_isDone() {
        Runnable refused = () -> {
            throw new IllegalStateException("no such call");
        };
        try (Indexer indexer = new Indexer(THREADS, refused, new LinkedBlockingQueue<>())) {
            computeTwice(indexer, new AtomicInteger());
        }
    }

    @Test
    void compute_afterATaskThatThrew_isDone() {
        try (Indexer indexer = new Indexer(THREADS)) {
            indexer.compute(() -> {
                throw new IllegalStateException("it should not");
            });
            computeTwice(indexer, new AtomicInteger());
        }
    }

    @Test
    void compute_whenNotAllThreadsCanBeAsked_throwsAfterThoseThatWereHaveEnded() {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        try (Indexer indexer = new Indexer(THREADS, () -> {}, new FullOnce(2, begun))) {
            assertThatThrownBy(() -> indexer.compute(() -> {
                        begun.countDown();
                        Thread.yield();
                        ended.set(true);
                    }))
                    .isInstanceOf(OutOfMemoryError.class);
            assertThat(ended).isTrue();
            computeTwice(indexer, new AtomicInteger());
        }
    }

    /** A queue that has no memory for one element. */
    @SuppressWarnings("serial") // Nobody writes it anywhere.
    static final class FullOnce extends LinkedBlockingQueue<Optional<Runnable>> {
        private final AtomicInteger calls = new AtomicInteger();
        private final int failing;
        private final CountDownLatch before;

        /**
         * @param failing the call that fails, from 1
         * @param before what it waits for
         */
        FullOnce(int failing, CountDownLatch before) {
            this.failing = failing;
            this.before = before;
        }

        boolean hasFailed() {
            return calls.get() >= failing;
        }

        @Override
        public boolean add(Optional<Runnable> task) {
            if (calls.incrementAndGet() == failing) {
                try {
                    before.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                throw new OutOfMemoryError("made by a test");
            }
            return super.add(task);
        }
    }
}
