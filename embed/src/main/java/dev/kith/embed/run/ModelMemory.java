package dev.kith.embed.run;

/** The memory that models share with whatever else the process keeps. Safe on any thread. */
public interface ModelMemory {
    /** Takes so many bytes; false, and nothing taken, where they are not to be had. */
    boolean take(long bytes);

    void giveBack(long bytes);

    /** Bytes that nobody has taken. */
    long left();

    /** Memory for models alone. */
    static ModelMemory of(long bytesMax) {
        return new ModelMemory() {
            private long taken;

            @Override
            public synchronized boolean take(long bytes) {
                if (bytes > bytesMax - taken) {
                    return false;
                }
                taken += bytes;
                return true;
            }

            @Override
            public synchronized void giveBack(long bytes) {
                taken -= bytes;
            }

            @Override
            public synchronized long left() {
                return bytesMax - taken;
            }
        };
    }
}
