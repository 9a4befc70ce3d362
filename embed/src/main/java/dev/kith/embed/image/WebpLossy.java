package dev.kith.embed.image;

import dev.kith.embed.image.ImageFile.Layer;
import dev.kith.embed.image.Picture.Meaning;
import dev.kith.embed.vp8.Vp8Picture;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * A WebP picture with loss: a frame of VP8, and how opaque it is as a picture of its own, which is without loss or not
 * compressed. Source: RFC 9649, section 2.7.1.2.
 */
final class WebpLossy {
    private static final int FIRST_CHUNK = 12;
    private static final int CHUNK_BYTES = 8;
    /** Before a picture without loss: its mark, 14 bits for each side less one, and four bits that are 0 here. */
    private static final int LOSSLESS_HEADER_BYTES = 5;

    private static final int LOSSLESS_MARK = 0x2F;
    private static final int GREEN = 1;

    private final ImageFile file;
    private final Cursor in;
    /** Where the chunk of opacity is; 0: there is none. */
    private final int alpha;

    private final int frame;

    private WebpLossy(ImageFile file) {
        this.file = file;
        this.in = new Cursor(file.bytes(), ByteOrder.LITTLE_ENDIAN);
        this.alpha = in.says(FIRST_CHUNK, "ALPH") ? FIRST_CHUNK : 0;
        int length = alpha == 0 ? 0 : length(alpha) + (length(alpha) & 1) + CHUNK_BYTES;
        this.frame = FIRST_CHUNK + length;
    }

    /** Whether a file that has nothing but its first picture is of this kind. */
    static boolean matches(ImageFile file) {
        return file.format() == ImageFile.Format.WEBP
                && !new Cursor(file.bytes(), ByteOrder.LITTLE_ENDIAN).says(FIRST_CHUNK, "VP8L");
    }

    private int length(int chunk) {
        return (int) in.u32(chunk + 4L);
    }

    /**
     * @param eachRow called after every few rows of pixels
     * @param lossless decodes a WebP file without loss
     */
    static Picture decoded(ImageFile file, Runnable eachRow, Function<byte[], BufferedImage> lossless) {
        WebpLossy webp = new WebpLossy(file);
        Vp8Picture colours =
                Vp8Picture.decode(file.bytes(), webp.frame + CHUNK_BYTES, webp.length(webp.frame), eachRow);
        Layer layer = file.placed();
        Pixels pixels = new Pixels(layer.width(), layer.height(), 3, colours.rgb());
        if (webp.alpha == 0) {
            return Samples.placed(file, new Picture(pixels, Meaning.COLOURS));
        }
        byte[] opacity = webp.opacity(lossless);
        eachRow.run();
        Pixels out = Pixels.empty(layer.width(), layer.height(), 4);
        for (int at = 0; at < opacity.length; at++) {
            System.arraycopy(pixels.samples(), 3 * at, out.samples(), 4 * at, 3);
            out.samples()[4 * at + 3] = opacity[at];
        }
        return Samples.placed(file, new Picture(out, Meaning.ALPHA));
    }

    /** One sample a pixel. */
    private byte[] opacity(Function<byte[], BufferedImage> lossless) {
        int at = alpha + CHUNK_BYTES;
        int length = length(alpha);
        int kind = length == 0 ? 0xFF : in.u8(at);
        boolean compressed = (kind & 3) == 1;
        if ((kind & 3) > 1 || ((kind >> 4) & 3) > 1 || kind >> 6 != 0) {
            throw Undecodable.damaged();
        }
        byte[] samples = compressed ? greens(at + 1, length - 1, lossless) : plain(at + 1, length - 1);
        Layer layer = file.placed();
        switch ((kind >> 2) & 3) {
            case 0 -> {}
            case 1 -> add(samples, layer, (left, _, _) -> left);
            case 2 -> add(samples, layer, (_, above, _) -> above);
            default -> add(samples, layer, (left, above, corner) -> Math.clamp((long) left + above - corner, 0, 255));
        }
        return samples;
    }

    private byte[] plain(int from, int length) {
        Layer layer = file.placed();
        byte[] samples = new byte[layer.width() * layer.height()];
        if (length < samples.length) {
            throw Undecodable.damaged();
        }
        System.arraycopy(file.bytes(), from, samples, 0, samples.length);
        return samples;
    }

    /** Compressed opacity is a picture without loss that lacks its header; the samples are its green. */
    private byte[] greens(int from, int length, Function<byte[], BufferedImage> lossless) {
        Layer layer = file.placed();
        int chunk = LOSSLESS_HEADER_BYTES + length;
        ByteBuffer whole = ByteBuffer.allocate(FIRST_CHUNK + CHUNK_BYTES + chunk + (chunk & 1));
        whole.order(ByteOrder.LITTLE_ENDIAN);
        whole.put(ascii("RIFF")).putInt(whole.capacity() - 8).put(ascii("WEBP"));
        whole.put(ascii("VP8L")).putInt(chunk).put((byte) LOSSLESS_MARK);
        whole.putInt((layer.width() - 1) | ((layer.height() - 1) << 14));
        whole.put(file.bytes(), from, length);
        BufferedImage image = lossless.apply(whole.array());
        Raster raster = image.getRaster();
        if (image.getWidth() != layer.width() || image.getHeight() != layer.height() || raster.getNumBands() < 3) {
            throw Undecodable.damaged();
        }
        byte[] samples = new byte[layer.width() * layer.height()];
        int[] row = new int[layer.width()];
        for (int y = 0; y < layer.height(); y++) {
            raster.getSamples(0, y, layer.width(), 1, GREEN, row);
            for (int x = 0; x < row.length; x++) {
                samples[y * layer.width() + x] = (byte) row[x];
            }
        }
        return samples;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** What a sample is expected to be, by those to the left, above, and above to the left. */
    private interface Guess {
        int of(int left, int above, int corner);
    }

    /** Samples that say how they differ from what is expected become what they are. */
    private static void add(byte[] samples, Layer layer, Guess guess) {
        int width = layer.width();
        for (int at = 1; at < samples.length; at++) {
            int expected;
            if (at < width) {
                expected = samples[at - 1];
            } else if (at % width == 0) {
                expected = samples[at - width];
            } else {
                expected = guess.of(samples[at - 1] & 255, samples[at - width] & 255, samples[at - width - 1] & 255);
            }
            samples[at] += (byte) expected;
        }
    }
}
