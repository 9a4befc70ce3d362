package dev.kith.engine.index;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** Holds writers back while what is made of their writes falls behind. Any thread may call it. */
public final class Pacing {
    /** For how long a write is held back at most: clients do not wait much longer. */
    private static final long NANOS_MAX = TimeUnit.SECONDS.toNanos(2);

    private final LongConsumer held;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition progressed = lock.newCondition();

    /** @param held told the nanoseconds of every wait */
    public Pacing(LongConsumer held) {
        this.held = held;
    }

    /** Returns once {@code isBehind} is false, or after two seconds. It is asked anew at each {@link #progress}. */
    public void await(BooleanSupplier isBehind) {
        if (!isBehind.getAsBoolean()) {
            return;
        }
        long begun = System.nanoTime();
        lock.lock();
        try {
            long left = NANOS_MAX;
            while (left > 0 && isBehind.getAsBoolean()) {
                left = progressed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
            held.accept(System.nanoTime() - begun);
        }
    }

    /** Has those who wait look again. */
    public void progress() {
        lock.lock();
        try {
            progressed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
