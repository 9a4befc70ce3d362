package dev.kith.embed.vp8;

/** Back from coefficients to differences (RFC 6386, sections 14.3 and 14.4). Exact, as the format demands. */
final class Transform {
    /** The cosine and sine of a quarter of a right angle, times the root of 2, of 65,536; the first less 1. */
    private static final int COSINE_LESS_ONE = 20_091;

    private static final int SINE = 35_468;

    private Transform() {}

    /** Makes the first coefficients of sixteen blocks of luma of those of second order. */
    static void walsh(short[] in, short[] blocks) {
        int[] between = new int[16];
        for (int i = 0; i < 4; i++) {
            int a = in[i] + in[12 + i];
            int b = in[4 + i] + in[8 + i];
            int c = in[4 + i] - in[8 + i];
            int d = in[i] - in[12 + i];
            between[i] = a + b;
            between[4 + i] = c + d;
            between[8 + i] = a - b;
            between[12 + i] = d - c;
        }
        for (int i = 0; i < 4; i++) {
            int rounded = between[4 * i] + 3;
            int a = rounded + between[4 * i + 3];
            int b = between[4 * i + 1] + between[4 * i + 2];
            int c = between[4 * i + 1] - between[4 * i + 2];
            int d = rounded - between[4 * i + 3];
            int into = 4 * i * Macroblock.BLOCK;
            blocks[into] = (short) ((a + b) >> 3);
            blocks[into + Macroblock.BLOCK] = (short) ((c + d) >> 3);
            blocks[into + 2 * Macroblock.BLOCK] = (short) ((a - b) >> 3);
            blocks[into + 3 * Macroblock.BLOCK] = (short) ((d - c) >> 3);
        }
    }

    /** Adds a block's differences to its prediction, and leaves zeros in place of its coefficients. */
    static void add(short[] coefficients, int from, Plane plane, int at) {
        int[] between = new int[16];
        for (int i = 0; i < 4; i++) {
            int first = coefficients[from + i];
            int second = coefficients[from + 4 + i];
            int third = coefficients[from + 8 + i];
            int fourth = coefficients[from + 12 + i];
            int a = first + third;
            int b = first - third;
            int c = sine(second) - cosine(fourth);
            int d = cosine(second) + sine(fourth);
            between[i] = a + d;
            between[4 + i] = b + c;
            between[8 + i] = b - c;
            between[12 + i] = a - d;
        }
        byte[] samples = plane.samples();
        int into = at;
        for (int i = 0; i < 16; i += 4) {
            int rounded = between[i] + 4;
            int a = rounded + between[i + 2];
            int b = rounded - between[i + 2];
            int c = sine(between[i + 1]) - cosine(between[i + 3]);
            int d = cosine(between[i + 1]) + sine(between[i + 3]);
            put(samples, into, a + d);
            put(samples, into + 1, b + c);
            put(samples, into + 2, b - c);
            put(samples, into + 3, a - d);
            into += plane.stride();
        }
        for (int i = 0; i < 16; i++) {
            coefficients[from + i] = 0;
        }
    }

    private static int cosine(int value) {
        return ((value * COSINE_LESS_ONE) >> 16) + value;
    }

    private static int sine(int value) {
        return (value * SINE) >> 16;
    }

    private static void put(byte[] samples, int at, int eightfold) {
        samples[at] = (byte) Math.clamp((samples[at] & 255) + (eightfold >> 3), 0, 255);
    }
}
