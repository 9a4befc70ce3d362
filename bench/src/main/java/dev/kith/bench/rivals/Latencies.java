package dev.kith.bench.rivals;

import java.util.Arrays;

/** How long single calls took. Owned by one thread. */
final class Latencies {
    private long[] nanos = new long[1 << 12];
    private int count;

    void time(Runnable call) {
        long started = System.nanoTime();
        call.run();
        long taken = System.nanoTime() - started;
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = taken;
    }

    int count() {
        return count;
    }

    /** The smallest time that this share of the calls did not exceed, in microseconds. */
    double micros(double share) {
        if (count == 0) {
            throw new IllegalStateException("nothing was timed");
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        return sorted[Math.max(0, (int) Math.ceil(share * count) - 1)] / 1e3;
    }
}
