package dev.kith.embed.image;

import dev.kith.embed.image.Picture.Meaning;
import dev.kith.embed.image.Picture.Original;
import dev.kith.embed.image.Resample.Filter;
import dev.kith.embed.image.Resample.Side;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * Makes a large picture fit a square, its proportions kept, as Pillow's {@code thumbnail} does with the bicubic filter
 * and a gap of 2: blocks of whole pixels are averaged first until the picture is no less than twice what is wanted, and
 * the filter does the rest. What a palette has is picked, not mixed; what is transparent weighs less.
 * A JPEG that is at least four times as long as wanted comes from the decoder with fewer pixels, as there.
 */
final class Shrink {
    /** How many times larger than wanted a picture stays after averaging blocks. */
    private static final double GAP = 2;

    private Shrink() {}

    /** @param side longest side in pixels of what comes out; smaller pictures are returned as they are */
    static Picture toFit(Picture picture, int side) {
        Original original = picture.original();
        if (original.width() <= side && original.height() <= side) {
            return picture;
        }
        Size size = Size.of(original, side);
        Pixels pixels = picture.pixels();
        return switch (picture.meaning()) {
            case PALETTE -> new Picture(resized(pixels, original, size, Filter.NEAREST), Meaning.PALETTE);
            case ALPHA ->
                new Picture(divided(resized(multiplied(pixels), original, size, Filter.BICUBIC)), Meaning.ALPHA);
            case COLOURS, CMYK -> new Picture(resized(pixels, original, size, Filter.BICUBIC), picture.meaning());
        };
    }

    /**
     * To which share of each side a decoder may reduce a picture of this size that is to fit a square: 1, 2, 4 or 8 for
     * all, a half, a quarter or an eighth.
     */
    static int scale(int width, int height, int side) {
        Size size = Size.of(new Original(width, height, 1), side);
        double ratio = Math.min(width / (GAP * size.width), height / (GAP * size.height));
        return ratio < 2 ? 1 : ratio < 4 ? 2 : ratio < 8 ? 4 : 8;
    }

    /** What a picture becomes. */
    private record Size(int width, int height) {
        static Size of(Original original, int side) {
            double aspect = (double) original.width() / original.height();
            return aspect <= 1
                    ? new Size(rounded(side * aspect, x -> Math.abs(aspect - x / side)), side)
                    : new Size(side, rounded(side / aspect, y -> y == 0 ? 0 : Math.abs(aspect - side / y)));
        }
    }

    /** The neighbouring whole number that keeps the proportions better, the lower of two equal ones, at least 1. */
    private static int rounded(double exact, DoubleUnaryOperator error) {
        double lower = Math.floor(exact);
        double upper = Math.ceil(exact);
        return (int) Math.max(1, error.applyAsDouble(upper) < error.applyAsDouble(lower) ? upper : lower);
    }

    private static Pixels resized(Pixels in, Original original, Size size, Filter filter) {
        double width = (double) original.width() / original.scale();
        double height = (double) original.height() / original.scale();
        int across = Math.max(1, (int) (width / size.width / GAP));
        int down = Math.max(1, (int) (height / size.height / GAP));
        boolean blocks = filter != Filter.NEAREST && (across > 1 || down > 1);
        return Resample.resize(
                blocks ? averaged(in, across, down) : in,
                new Side(size.width, 0, (float) (blocks ? width / across : width), 0, size.width),
                new Side(size.height, 0, (float) (blocks ? height / down : height), 0, size.height),
                filter);
    }

    /** One pixel for each block of {@code across × down}; blocks at the right and lower edge may be smaller. */
    static Pixels averaged(Pixels in, int across, int down) {
        int channels = in.channels();
        Pixels out = Pixels.empty((in.width() + across - 1) / across, (in.height() + down - 1) / down, channels);
        long[] sums = new long[out.width() * channels];
        for (int y = 0; y < out.height(); y++) {
            int rows = Math.min(down, in.height() - y * down);
            Arrays.fill(sums, 0);
            for (int row = 0; row < rows; row++) {
                addRow(in, y * down + row, across, sums);
            }
            for (int x = 0; x < out.width(); x++) {
                int count = Math.min(across, in.width() - x * across) * rows;
                // Division by multiplication with a rounded-down reciprocal, as the original does it.
                long reciprocal = (1L << 32) / (256L * count);
                for (int c = 0; c < channels; c++) {
                    out.samples()[(y * out.width() + x) * channels + c] =
                            (byte) (((sums[x * channels + c] + count / 2) * reciprocal) >> 24);
                }
            }
        }
        return out;
    }

    private static void addRow(Pixels in, int row, int across, long[] sums) {
        int channels = in.channels();
        int at = row * in.width() * channels;
        for (int x = 0; x < in.width(); x++) {
            int into = x / across * channels;
            for (int c = 0; c < channels; c++) {
                sums[into + c] += in.samples()[at++] & 255;
            }
        }
    }

    private static Pixels multiplied(Pixels in) {
        Pixels out = Pixels.empty(in.width(), in.height(), 4);
        byte[] from = in.samples();
        byte[] to = out.samples();
        for (int at = 0; at < to.length; at += 4) {
            int alpha = from[at + 3] & 255;
            for (int c = 0; c < 3; c++) {
                to[at + c] = (byte) Picture.product(from[at + c] & 255, alpha);
            }
            to[at + 3] = (byte) alpha;
        }
        return out;
    }

    private static Pixels divided(Pixels in) {
        byte[] samples = in.samples();
        for (int at = 0; at < samples.length; at += 4) {
            int alpha = samples[at + 3] & 255;
            for (int c = 0; c < 3 && alpha != 0 && alpha != 255; c++) {
                samples[at + c] = (byte) Math.min(255, 255 * (samples[at + c] & 255) / alpha);
            }
        }
        return in;
    }
}
