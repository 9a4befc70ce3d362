package dev.kith.embed.image;

/**
 * What one picture may cost. Every number is known from the file's headers before anything is decoded.
 *
 * @param bytesMax of the file
 * @param pixelsMax of the picture, and of every layer in the file that is decoded
 * @param pixelsAtOnce of all pictures that are decoded at one time; others wait
 * @param decodeTimeMs after which decoding is given up
 */
public record ImageLimits(int bytesMax, long pixelsMax, long pixelsAtOnce, int decodeTimeMs) {
    /**
     * Files of 64 MiB, what the widest door lets through; 50 megapixels, what large cameras take; three of these at a
     * time, or one as WebP with the largest tables; and ten seconds, twenty times what 50 megapixels take.
     */
    public static final ImageLimits DEFAULT = new ImageLimits(64 << 20, 50_000_000, 150_000_000, 10_000);

    /** The same for a heap of this size: what is decoded at one time takes no more than a third of it. */
    public static ImageLimits within(long heapBytes) {
        long pixels = Math.clamp(heapBytes / 3 / BYTES_A_PIXEL, 1, DEFAULT.pixelsAtOnce);
        return new ImageLimits(DEFAULT.bytesMax, Math.min(DEFAULT.pixelsMax, pixels), pixels, DEFAULT.decodeTimeMs);
    }

    /** What a pixel takes while it is decoded: a raster of the decoder, the samples, and those of one more step. */
    private static final int BYTES_A_PIXEL = 12;

    public ImageLimits {
        if (bytesMax < 1 || pixelsMax < 1 || pixelsAtOnce < pixelsMax || decodeTimeMs < 1) {
            throw new IllegalStateException("limits for images that let none through");
        }
    }
}
