package dev.kith.engine.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.engine.Quiet;
import dev.kith.testkit.Await;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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
            indexer.compute(hasCore -> runs.incrementAndGet());
            assertThat(runs).hasValue(i * THREADS);
        }
    }

    @Test
    void compute_whereThreadsCannotGetALowPriority_isDone() {
        Runnable refused = () -> {
            throw new IllegalStateException("no such call");
        };
        try (Indexer indexer = new Indexer(THREADS, refused, new LinkedBlockingQueue<>(), TimeUnit.MILLISECONDS)) {
            computeTwice(indexer, new AtomicInteger());
        }
    }

    @Test
    void compute_afterATaskThatThrew_isDone() {
        try (Indexer indexer = new Indexer(THREADS)) {
            indexer.compute(hasCore -> {
                throw new IllegalStateException("it should not");
            });
            computeTwice(indexer, new AtomicInteger());
        }
    }

    @Test
    void compute_whenNotAllThreadsCanBeAsked_throwsAfterThoseThatWereHaveEnded() {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        FullOnce queue = new FullOnce(2, begun);
        try (Indexer indexer = new Indexer(THREADS, () -> {}, queue, TimeUnit.MILLISECONDS)) {
            assertThatThrownBy(() -> indexer.compute(hasCore -> {
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

    @Test
    void compute_whileASearchRuns_leavesItACore() {
        try (Indexer indexer = new Indexer(2)) {
            Queue<Boolean> cores = new ConcurrentLinkedQueue<>();
            indexer.compute(hasCore -> cores.add(hasCore.getAsBoolean()));
            assertThat(cores).containsExactly(true, true);
            cores.clear();
            var _ = indexer.foreground().run(() -> {
                indexer.compute(hasCore -> cores.add(hasCore.getAsBoolean()));
                return true;
            });
            assertThat(cores).containsExactlyInAnyOrder(true, false);
            Await.until("the core is free again", () -> indexer.foreground().atOnce() == 0);
        }
    }

    /** More searches than cores: one thread goes on, or the index would never be done. */
    @Test
    void compute_whileManySearchesRun_goesOn() {
        try (Indexer indexer = new Indexer(2)) {
            Foreground foreground = indexer.foreground();
            Queue<Boolean> cores = new ConcurrentLinkedQueue<>();
            var _ = foreground.run(() -> foreground.run(() -> foreground.run(() -> {
                indexer.compute(hasCore -> cores.add(hasCore.getAsBoolean()));
                return true;
            })));
            assertThat(cores).containsExactlyInAnyOrder(true, false);
        }
    }
}
