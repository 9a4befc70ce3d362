package dev.kith.embed.image;

/**
 * A decoded picture before it is made red, green and blue: shrinking treats what is not opaque in its own ways, as
 * Pillow does, which shrinks first and converts then.
 *
 * @param pixels three channels, or four where the meaning is {@code ALPHA} or {@code CMYK}
 * @param original what the file has, where it was decoded to fewer pixels
 */
public record Picture(Pixels pixels, Meaning meaning, Original original) {
    /** All pixels of a file. */
    public Picture(Pixels pixels, Meaning meaning) {
        this(pixels, meaning, new Original(pixels.width(), pixels.height(), 1));
    }

    /**
     * The size of a file's picture.
     *
     * @param scale pixels of a side that became one; the last may be of fewer
     */
    public record Original(int width, int height, int scale) {}

    /** What the samples mean. */
    public enum Meaning {
        /** Red, green, blue. */
        COLOURS,
        /** Red, green, blue, and how opaque they are. */
        ALPHA,
        /** Cyan, magenta, yellow, black: how much ink. */
        CMYK,
        /** Red, green, blue of a palette: pixels are picked and never mixed. */
        PALETTE
    }

    /** Three channels: alpha is dropped and not blended, ink is turned into light without a colour profile. */
    public Pixels colours() {
        if (pixels.channels() == 3) {
            return pixels;
        }
        Pixels out = Pixels.empty(pixels.width(), pixels.height(), 3);
        byte[] from = pixels.samples();
        byte[] to = out.samples();
        for (int at = 0, into = 0; into < to.length; at += 4, into += 3) {
            if (meaning == Meaning.CMYK) {
                int light = 255 - (from[at + 3] & 255);
                to[into] = (byte) (light - product(from[at] & 255, light));
                to[into + 1] = (byte) (light - product(from[at + 1] & 255, light));
                to[into + 2] = (byte) (light - product(from[at + 2] & 255, light));
            } else {
                to[into] = from[at];
                to[into + 1] = from[at + 1];
                to[into + 2] = from[at + 2];
            }
        }
        return out;
    }

    /** {@code a × b / 255}, rounded, without a division. */
    static int product(int a, int b) {
        int scaled = a * b + 128;
        return ((scaled >> 8) + scaled) >> 8;
    }
}
