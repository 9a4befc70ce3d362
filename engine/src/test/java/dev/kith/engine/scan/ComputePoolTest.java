package dev.kith.engine.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.testkit.Await;
import dev.kith.vectors.Rejection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nobody leaves while a worker may still look at what the caller is about to let go. */
@Timeout(20)
class ComputePoolTest {

    private static void await(CountDownLatch latch) {
        boolean reached = false;
        while (!reached) {
            try {
                reached = latch.await(10, TimeUnit.SECONDS);
                assertThat(reached).isTrue();
            } catch (InterruptedException ignored) {
                // The latch decides.
            }
        }
    }

    @Test
    void run_workerFails_waitsForTheOthersAndPassesItOn() throws Exception {
        try (ComputePool pool = new ComputePool(2)) {
            CountDownLatch inside = new CountDownLatch(1);
            CountDownLatch leave = new CountDownLatch(1);
            AtomicBoolean left = new AtomicBoolean();
            BooleanSupplier slow = () -> {
                inside.countDown();
                await(leave);
                left.set(true);
                return true; // It has more to do, which nobody wants any more.
            };
            BooleanSupplier failing = () -> {
                await(inside);
                throw Rejection.invalid("no");
            };
            AtomicBoolean seenLeft = new AtomicBoolean();
            CompletableFuture<Throwable> failure = new CompletableFuture<>();
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    pool.run(List.of(failing, slow));
                } catch (RuntimeException e) {
                    seenLeft.set(left.get());
                    failure.complete(e);
                }
            });
            await(inside);
            assertThat(caller.join(java.time.Duration.ofMillis(100))).isFalse();
            leave.countDown();
            assertThat(failure.get(10, TimeUnit.SECONDS)).isInstanceOf(Rejection.class);
            assertThat(seenLeft).isTrue();
        }
    }

    @Test
    void run_callerInterrupted_leavesWhenNoWorkerRunsAndStaysInterrupted() throws Exception {
        try (ComputePool pool = new ComputePool(1)) {
            CountDownLatch inside = new CountDownLatch(1);
            CountDownLatch leave = new CountDownLatch(1);
            AtomicBoolean left = new AtomicBoolean();
            AtomicBoolean rightOrder = new AtomicBoolean();
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    pool.run(List.of(() -> {
                        inside.countDown();
                        await(leave);
                        left.set(true);
                        return true;
                    }));
                } catch (IllegalStateException e) {
                    rightOrder.set(left.get() && Thread.currentThread().isInterrupted());
                }
            });
            await(inside);
            caller.interrupt();
            assertThat(caller.join(java.time.Duration.ofMillis(100))).isFalse();
            leave.countDown();
            assertThat(caller.join(java.time.Duration.ofSeconds(10))).isTrue();
            assertThat(rightOrder).isTrue();
        }
    }

    @Test
    void close_whileWorkWaits_refusesIt() throws Exception {
        ComputePool pool = new ComputePool(1);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        Thread first = Thread.ofPlatform()
                .start(() -> pool.run(List.of(() -> {
                    inside.countDown();
                    await(leave);
                    return false;
                })));
        await(inside);
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread second = Thread.ofPlatform().start(() -> {
            try {
                pool.run(List.of(() -> false));
            } catch (RuntimeException e) {
                failure.complete(e);
            }
        });
        Await.parked(second);
        pool.close();
        assertThat(failure.get(10, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.UNAVAILABLE));
        leave.countDown();
        assertThat(first.join(java.time.Duration.ofSeconds(10))).isTrue();
        assertThatThrownBy(() -> pool.run(List.of(() -> false))).isInstanceOf(Rejection.class);
    }

    @Test
    void run_workersOfManySlices_allComeToTheirEnd() {
        try (ComputePool pool = new ComputePool(2)) {
            AtomicInteger slices = new AtomicInteger();
            BooleanSupplier worker = () -> slices.incrementAndGet() < 500;
            pool.run(List.of(worker, worker, worker));
            assertThat(slices).hasValueBetween(500, 510);
        }
    }
}
