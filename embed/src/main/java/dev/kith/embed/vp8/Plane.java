package dev.kith.embed.vp8;

import java.util.Arrays;

/**
 * One of luma and the two of chroma, whole macroblocks wide and high, with the samples around it from which its edges
 * are predicted: 127 above, 129 to the left, and room for four to the right (RFC 6386, section 12.2).
 *
 * @param samples {@code byte[(1 + height) × stride]}, unsigned
 * @param stride from a row to the next: one sample to the left, the width, four to the right
 */
record Plane(byte[] samples, int stride) {
    private static final byte ABOVE = 127;
    private static final byte LEFT = (byte) 129;
    private static final int RIGHT = 4;

    static Plane of(int width, int height) {
        int stride = 1 + width + RIGHT;
        byte[] samples = new byte[Math.multiplyExact(1 + height, stride)];
        Arrays.fill(samples, 0, stride, ABOVE);
        for (int at = stride; at < samples.length; at += stride) {
            samples[at] = LEFT;
        }
        return new Plane(samples, stride);
    }

    /** Where a sample is. */
    int at(int x, int y) {
        return (1 + y) * stride + 1 + x;
    }

    /** Repeats the last sample of a row to the right, where the row below looks for more. */
    void extend(int width, int y) {
        int end = at(width, y);
        Arrays.fill(samples, end, end + RIGHT, samples[end - 1]);
    }
}
