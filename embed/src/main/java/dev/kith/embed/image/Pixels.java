package dev.kith.embed.image;

/**
 * Samples of eight bits, row by row from the top, the channels of a pixel side by side.
 *
 * @param width pixels, 1 or more
 * @param height pixels, 1 or more
 * @param channels samples a pixel: 3 (red, green, blue) or 4 (and alpha, or cyan, magenta, yellow, black)
 * @param samples {@code byte[height × width × channels]}, unsigned; owned
 */
public record Pixels(int width, int height, int channels, byte[] samples) {
    public Pixels {
        if (width < 1 || height < 1 || samples.length != (long) width * height * channels) {
            throw new IllegalStateException(
                    "%d × %d pixels of %d channels in %d bytes".formatted(width, height, channels, samples.length));
        }
    }

    /** Room for a picture of this size, all zeros. */
    static Pixels empty(int width, int height, int channels) {
        return new Pixels(width, height, channels, new byte[Math.multiplyExact(width * height, channels)]);
    }

    /** The part whose left upper corner is at (left, top). */
    Pixels part(int left, int top, int partWidth, int partHeight) {
        if (left == 0 && top == 0 && partWidth == width && partHeight == height) {
            return this;
        }
        Pixels part = empty(partWidth, partHeight, channels);
        for (int y = 0; y < partHeight; y++) {
            System.arraycopy(
                    samples,
                    ((top + y) * width + left) * channels,
                    part.samples,
                    y * partWidth * channels,
                    partWidth * channels);
        }
        return part;
    }

    /** Puts another picture of as many channels there. */
    void put(Pixels part, int left, int top) {
        for (int y = 0; y < part.height; y++) {
            System.arraycopy(
                    part.samples,
                    y * part.width * channels,
                    samples,
                    ((top + y) * width + left) * channels,
                    part.width * channels);
        }
    }
}
