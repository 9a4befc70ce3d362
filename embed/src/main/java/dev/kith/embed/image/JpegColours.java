package dev.kith.embed.image;

import dev.kith.embed.image.ImageFile.Colours;
import dev.kith.embed.image.Picture.Meaning;

/**
 * Samples as a JPEG holds them to colours, in the fixed point of the Independent JPEG Group's decoder, so that they
 * are the ones that everybody else sees. Source: ITU T.871 (JFIF), section 7; the inks in the way that Pillow inverts
 * Adobe's.
 */
final class JpegColours {
    private static final int[] RED_OF_CR = new int[256];
    private static final int[] BLUE_OF_CB = new int[256];
    private static final int[] GREEN_OF_CR = new int[256];
    private static final int[] GREEN_OF_CB = new int[256];

    static {
        for (int at = 0; at < 256; at++) {
            int difference = at - 128;
            RED_OF_CR[at] = (fixed(1.40200) * difference + fixed(0.5)) >> 16;
            BLUE_OF_CB[at] = (fixed(1.77200) * difference + fixed(0.5)) >> 16;
            GREEN_OF_CR[at] = -fixed(0.71414) * difference;
            GREEN_OF_CB[at] = -fixed(0.34414) * difference + fixed(0.5);
        }
    }

    private JpegColours() {}

    private static int fixed(double value) {
        return (int) (value * 65_536 + 0.5);
    }

    /** @param samples {@code byte[pixels × components]}, which may become part of the picture */
    static Picture picture(int width, int height, byte[] samples, Colours colours) {
        return switch (colours) {
            case GREY -> new Picture(new Pixels(width, height, 3, threefold(samples)), Meaning.COLOURS);
            case RGB, AS_DECODED, CLIPPED_GREY -> new Picture(new Pixels(width, height, 3, samples), Meaning.COLOURS);
            case YCC -> {
                convert(samples, 3);
                yield new Picture(new Pixels(width, height, 3, samples), Meaning.COLOURS);
            }
            case CMYK -> new Picture(new Pixels(width, height, 4, samples), Meaning.CMYK);
            case CMYK_INVERTED -> {
                invert(samples, 1);
                yield new Picture(new Pixels(width, height, 4, samples), Meaning.CMYK);
            }
            case YCCK_INVERTED -> {
                // The inks are 255 less the colours of luma and differences; inverted they are the colours themselves.
                convert(samples, 4);
                invert(samples, 4);
                yield new Picture(new Pixels(width, height, 4, samples), Meaning.CMYK);
            }
        };
    }

    private static byte[] threefold(byte[] grey) {
        byte[] samples = new byte[Math.multiplyExact(grey.length, 3)];
        for (int at = 0, into = 0; at < grey.length; at++, into += 3) {
            samples[into] = grey[at];
            samples[into + 1] = grey[at];
            samples[into + 2] = grey[at];
        }
        return samples;
    }

    private static void convert(byte[] samples, int channels) {
        for (int at = 0; at < samples.length; at += channels) {
            int luma = samples[at] & 255;
            int cb = samples[at + 1] & 255;
            int cr = samples[at + 2] & 255;
            samples[at] = (byte) Math.clamp(luma + RED_OF_CR[cr], 0, 255);
            samples[at + 1] = (byte) Math.clamp(luma + ((GREEN_OF_CB[cb] + GREEN_OF_CR[cr]) >> 16), 0, 255);
            samples[at + 2] = (byte) Math.clamp(luma + BLUE_OF_CB[cb], 0, 255);
        }
    }

    /** Inverts the last sample of every {@code step}. */
    private static void invert(byte[] samples, int step) {
        for (int at = step - 1; at < samples.length; at += step) {
            samples[at] = (byte) ~samples[at];
        }
    }
}
