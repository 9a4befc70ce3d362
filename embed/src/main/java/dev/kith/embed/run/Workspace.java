package dev.kith.embed.run;

import dev.kith.vectors.Rejection;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The memory that batches need while they are computed, beyond what a model's price has for that: taken of the memory
 * of models, and given back with the batch. One that finds no room waits as long as another has some. Safe on any
 * thread.
 */
final class Workspace {
    private final ModelMemory memory;
    private final long within;
    private final BooleanSupplier makeRoom;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition givenBack = lock.newCondition();
    /** Guarded by the lock. */
    private long taken;

    /**
     * A workspace of which nothing is taken.
     *
     * @param within bytes of each batch that the price of its model has already
     * @param makeRoom gives back what is not used, if there is any
     */
    Workspace(ModelMemory memory, long within, BooleanSupplier makeRoom) {
        this.memory = memory;
        this.within = within;
        this.makeRoom = makeRoom;
    }

    /** Whether a batch that needs so many bytes needs some of its own. */
    boolean isLarge(long bytes) {
        return bytes > within;
    }

    /**
     * Waits for room for a batch.
     *
     * @return what {@link #giveBack} takes
     * @throws Rejection EXHAUSTED where there is none, and no other batch will give any back
     */
    long take(String model, long bytes) {
        long own = Math.max(0, bytes - within);
        lock.lock();
        try {
            while (!memory.take(own)) {
                if (makeRoom.getAsBoolean()) {
                    continue;
                }
                if (taken == 0) {
                    throw new Rejection(
                            Rejection.Code.EXHAUSTED,
                            "Model %s needs about %d bytes of memory for an input of this size; %d are available"
                                    .formatted(model, bytes, Math.max(0, memory.left()) + within));
                }
                givenBack.awaitUninterruptibly();
            }
            taken += own;
            return own;
        } finally {
            lock.unlock();
        }
    }

    void giveBack(long bytes) {
        lock.lock();
        try {
            memory.giveBack(bytes);
            taken -= bytes;
            givenBack.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
