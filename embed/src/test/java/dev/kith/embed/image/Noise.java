package dev.kith.embed.image;

import dev.kith.embed.image.Picture.Meaning;
import java.util.zip.CRC32;

/** The pictures that {@code models/golden.py} makes, and the sum of a result. */
final class Noise {
    static final int SEED = 20261130;

    private Noise() {}

    /** The upper byte of each state of a linear congruential generator. */
    static byte[] bytes(int count, int seed) {
        byte[] bytes = new byte[count];
        int state = seed;
        for (int at = 0; at < count; at++) {
            state = state * 1664525 + 1013904223;
            bytes[at] = (byte) (state >>> 24);
        }
        return bytes;
    }

    static Pixels pixels(int width, int height, int channels) {
        return new Pixels(width, height, channels, bytes(width * height * channels, SEED));
    }

    /** @param mode as Pillow calls it */
    static Picture picture(String mode, int width, int height) {
        return switch (mode) {
            case "RGB" -> new Picture(pixels(width, height, 3), Meaning.COLOURS);
            case "RGBA" -> new Picture(pixels(width, height, 4), Meaning.ALPHA);
            case "CMYK" -> new Picture(pixels(width, height, 4), Meaning.CMYK);
            case "P" -> {
                byte[] indices = bytes(width * height, SEED);
                byte[] palette = bytes(256 * 3, SEED + 1);
                byte[] samples = new byte[indices.length * 3];
                for (int at = 0; at < indices.length; at++) {
                    System.arraycopy(palette, (indices[at] & 255) * 3, samples, at * 3, 3);
                }
                yield new Picture(new Pixels(width, height, 3, samples), Meaning.PALETTE);
            }
            default -> throw new IllegalArgumentException(mode);
        };
    }

    static String sum(Pixels pixels) {
        CRC32 sum = new CRC32();
        sum.update(pixels.samples());
        return "%08x".formatted(sum.getValue());
    }
}
