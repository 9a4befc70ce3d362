package dev.kith.engine.rows;

import dev.kith.vectors.Rejection;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the bytes that resident rows may take, before they are taken. Safe on any thread. */
public final class MemoryBudget {
    private final long bytesMax;
    private final AtomicLong bytesUsed = new AtomicLong();

    /** @param bytesMax all collections together; at least 1 */
    public MemoryBudget(long bytesMax) {
        if (bytesMax < 1) {
            throw new IllegalArgumentException("memory budget of " + bytesMax + " bytes");
        }
        this.bytesMax = bytesMax;
    }

    /** Takes {@code bytes} of the budget, or refuses with what is needed and what is left. */
    public void reserve(long bytes) {
        // A refused request must not stand in the way of a smaller one for a moment, so nothing is added on trial.
        long used = bytesUsed.get();
        while (bytes <= bytesMax - used) {
            long seen = bytesUsed.compareAndExchange(used, used + bytes);
            if (seen == used) {
                return;
            }
            used = seen;
        }
        throw new Rejection(
                Rejection.Code.EXHAUSTED,
                "Memory budget reached: %d bytes needed, %d of %d left"
                        .formatted(bytes, Math.max(0, bytesMax - used), bytesMax));
    }

    public void release(long bytes) {
        bytesUsed.addAndGet(-bytes);
    }

    public long bytesUsed() {
        return bytesUsed.get();
    }

    public long bytesMax() {
        return bytesMax;
    }
}
