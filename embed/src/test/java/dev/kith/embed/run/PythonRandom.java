package dev.kith.embed.run;

/**
 * Python's {@code random.Random(seed)}, as far as {@code randint(0, 255)} needs it. Source: Matsumoto and Nishimura,
 * mt19937ar.c, with init_by_array.
 */
final class PythonRandom {
    private static final int LENGTH = 624;
    private static final int MIDDLE = 397;

    private final int[] state = new int[LENGTH];
    private int next = LENGTH;

    PythonRandom(int seed) {
        state[0] = 19_650_218;
        for (int at = 1; at < LENGTH; at++) {
            state[at] = 1_812_433_253 * (state[at - 1] ^ state[at - 1] >>> 30) + at;
        }
        int at = 1;
        for (int step = 0; step < LENGTH; step++) {
            // The key is the seed alone, so the index that is added is always 0.
            state[at] = (state[at] ^ (state[at - 1] ^ state[at - 1] >>> 30) * 1_664_525) + seed;
            at = advanced(at);
        }
        for (int step = 1; step < LENGTH; step++) {
            state[at] = (state[at] ^ (state[at - 1] ^ state[at - 1] >>> 30) * 1_566_083_941) - at;
            at = advanced(at);
        }
        state[0] = 0x80000000;
    }

    private int advanced(int at) {
        if (at + 1 < LENGTH) {
            return at + 1;
        }
        state[0] = state[LENGTH - 1];
        return 1;
    }

    /** {@code randint(0, 255)}: nine bits, until they are below 256. */
    int nextByte() {
        int bits = nextInt() >>> 23;
        while (bits > 255) {
            bits = nextInt() >>> 23;
        }
        return bits;
    }

    private int nextInt() {
        if (next == LENGTH) {
            twist();
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= y << 7 & 0x9d2c5680;
        y ^= y << 15 & 0xefc60000;
        return y ^ y >>> 18;
    }

    private void twist() {
        for (int at = 0; at < LENGTH; at++) {
            int y = state[at] & 0x80000000 | state[(at + 1) % LENGTH] & 0x7fffffff;
            state[at] = state[(at + MIDDLE) % LENGTH] ^ y >>> 1 ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
        }
        next = 0;
    }
}
