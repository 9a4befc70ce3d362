package dev.kith.embed.image;

/** Channels one after the other, as networks take them. */
public final class Planes {
    private Planes() {}

    /** {@code float[3 × height × width]}: red, green and blue, each {@code (sample - offset) × scale}. */
    public static float[] of(Pixels pixels, float offset, float scale) {
        byte[] samples = pixels.samples();
        float[] values = new float[samples.length];
        int into = 0;
        for (int channel = 0; channel < 3; channel++) {
            for (int at = channel; at < samples.length; at += 3) {
                values[into++] = ((samples[at] & 255) - offset) * scale;
            }
        }
        return values;
    }

    /** Exchanges the first and the third channel, in place. */
    public static float[] blueFirst(float[] planes) {
        int plane = planes.length / 3;
        for (int at = 0; at < plane; at++) {
            float red = planes[at];
            planes[at] = planes[2 * plane + at];
            planes[2 * plane + at] = red;
        }
        return planes;
    }
}
