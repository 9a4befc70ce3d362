package dev.kith.doors.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ShortCallsTest {
    private static final int SECONDS = 60;

    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("call-", 0).factory());
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("clock").factory());
    private final ShortCalls calls = new ShortCalls(threads, clock, 2);

    @AfterEach
    void end() {
        threads.shutdownNow();
        clock.shutdownNow();
    }

    @Test
    void execute_byManyThreads_runsEveryCallOnce() throws Exception {
        int callers = 8;
        int each = 5_000;
        AtomicIntegerArray ran = new AtomicIntegerArray(callers * each);
        CountDownLatch left = new CountDownLatch(callers * each);
        for (int caller = 0; caller < callers; caller++) {
            int first = caller * each;
            threads.execute(() -> IntStream.range(first, first + each)
                    .forEach(number -> calls.execute(() -> {
                        ran.incrementAndGet(number);
                        left.countDown();
                    })));
        }
        assertThat(left.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(IntStream.range(0, ran.length()).map(ran::get)).containsOnly(1);
    }

    @Test
    void execute_behindCallsThatBlock_goesOnAllTheSame() throws Exception {
        CountDownLatch letGo = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(40);
        CountDownLatch done = new CountDownLatch(100);
        for (int number = 0; number < 40; number++) {
            calls.execute(() -> {
                await(letGo);
                blocked.countDown();
            });
        }
        for (int number = 0; number < 100; number++) {
            calls.execute(done::countDown);
        }
        assertThat(done.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(blocked.getCount()).isEqualTo(40);
        letGo.countDown();
        assertThat(blocked.await(SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void execute_afterACallThatFailed_goesOn() throws Exception {
        CountDownLatch done = new CountDownLatch(10);
        for (int number = 0; number < 10; number++) {
            calls.execute(() -> {
                throw new IllegalStateException("of the test");
            });
            calls.execute(done::countDown);
        }
        assertThat(done.await(SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void execute_whenNoThreadsBeginAnyMore_runsTheCallAllTheSame() {
        threads.shutdown();
        AtomicInteger ran = new AtomicInteger();
        for (int number = 0; number < 10; number++) {
            calls.execute(ran::incrementAndGet);
        }
        assertThat(ran).hasValue(10);
    }

    /** They had no place when they came, and no thread begins for them when there is one. */
    @Test
    void stop_ofThreadsAndClock_leavesNoCallBehind() throws Exception {
        CountDownLatch letGo = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch done = new CountDownLatch(20);
        clock.shutdownNow();
        for (int number = 0; number < 2; number++) {
            calls.execute(() -> {
                begun.countDown();
                await(letGo);
            });
        }
        assertThat(begun.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        for (int number = 0; number < 20; number++) {
            calls.execute(done::countDown);
        }
        threads.shutdown();
        letGo.countDown();
        assertThat(done.await(SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
