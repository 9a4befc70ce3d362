package dev.kith.embed.run;

import java.util.concurrent.Semaphore;

/**
 * The memory for inputs that are ready and wait, shared by all callers, first come first served. Safe on any
 * thread.
 */
final class PreparedRoom {
    private static final int UNIT_BYTES = 1_024;

    private final Semaphore units;
    private final int unitsMax;

    PreparedRoom(long bytesMax) {
        unitsMax = Math.toIntExact(bytesMax / UNIT_BYTES);
        units = new Semaphore(unitsMax, true);
    }

    /** Shares of one size; an input that is larger than the room takes all of it. */
    Share of(long bytes) {
        return new Share(Math.clamp((bytes + UNIT_BYTES - 1) / UNIT_BYTES, 1, unitsMax));
    }

    /** The share of one input. */
    final class Share {
        private final int size;

        private Share(int size) {
            this.size = size;
        }

        void take() throws InterruptedException {
            units.acquire(size);
        }

        void giveBack() {
            units.release(size);
        }
    }
}
