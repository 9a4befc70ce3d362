package dev.kith.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waiting for what other threads do, with an end: a test that waits in vain fails and says for what. */
public final class Await {
    /** Far more than any wait takes, on a machine that is busy with other things too. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(1);

    private Await() {}

    /** Returns once {@code condition} holds; throws AssertionError if it does not within 60 s. */
    public static void until(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited " + PATIENCE.toSeconds() + " s in vain: " + what);
            }
            // A core that looks all the time is one less for what it looks for.
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
        }
    }

    /** Returns once {@code thread} waits for another; throws AssertionError if it ended or still runs after 60 s. */
    public static void parked(Thread thread) {
        until("thread parked", () -> switch (thread.getState()) {
            case WAITING, TIMED_WAITING -> true;
            case TERMINATED -> throw new AssertionError("the thread ended where it should wait");
            default -> false;
        });
    }
}
