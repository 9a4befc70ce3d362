package dev.kith.embed.image;

import java.util.Arrays;

/**
 * Resizing by convolution as Pillow does it, to the bit: the filter is widened by the ratio when a picture gets
 * smaller, so that every pixel counts; columns come first and rows then, each with weights in fixed point and each
 * rounded to eight bits.
 *
 * <p>Source: the behaviour of {@code Image.resize} of Pillow 9 to 12, whose documentation names the filters, and whose
 * results the tests compare. Cost: {@code O(width × rows × taps)} with taps some {@code 2 × support × ratio}. Safe on
 * any thread.
 */
final class Resample {
    /** Bits behind the point of a weight: an int less eight bits of sample and two of headroom for negative lobes. */
    private static final int WEIGHT_BITS = 32 - 8 - 2;

    private static final int HALF = 1 << (WEIGHT_BITS - 1);

    /** How a new pixel is made of old ones. */
    enum Filter {
        /** The old pixel that lies under the middle of the new one. */
        NEAREST(0),
        /** A triangle. */
        BILINEAR(1),
        /** Cubic convolution (Keys 1981) with a = -0.5. */
        BICUBIC(2);

        /** How far from the middle it looks, in pixels. */
        private final int support;

        Filter(int support) {
            this.support = support;
        }

        private double weight(double distance) {
            double x = Math.abs(distance);
            return switch (this) {
                case NEAREST -> 0;
                case BILINEAR -> Math.max(0, 1 - x);
                case BICUBIC -> cubic(x);
            };
        }

        private static double cubic(double x) {
            double a = -0.5;
            if (x < 1) {
                return ((a + 2) * x - (a + 3)) * x * x + 1;
            }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
        }
    }

    /**
     * What is wanted along one side.
     *
     * @param length pixels of the whole side after resizing
     * @param from where the old side begins, in old pixels
     * @param to where it ends; need not be whole
     * @param first of the new pixels that are wanted
     * @param count of the new pixels that are wanted
     */
    record Side(int length, float from, float to, int first, int count) {
        static Side whole(int oldLength, int length) {
            return new Side(length, 0, oldLength, 0, length);
        }

        /** Only the new pixels from {@code first} on. */
        Side only(int first, int count) {
            return new Side(length, from, to, first, count);
        }

        /** Whether all old pixels stay as they are. */
        private boolean isIdentity(int oldLength) {
            return length == oldLength && from == 0 && to == oldLength;
        }
    }

    /** For each new pixel: where its old ones begin, how many they are, and the weight of each. */
    private record Weights(int[] first, int[] count, int[] weight, int taps) {}

    private Resample() {}

    static Pixels resize(Pixels in, Side across, Side down, Filter filter) {
        if (filter == Filter.NEAREST) {
            return nearest(in, across, down);
        }
        Pixels narrow = in;
        int rowsFrom = 0;
        if (!across.isIdentity(in.width())) {
            // Only the rows that the second pass will look at.
            int rowsTo = in.height();
            if (!down.isIdentity(in.height())) {
                Weights vertical = weights(down, in.height(), filter);
                int last = down.count - 1;
                rowsFrom = vertical.first[0];
                rowsTo = vertical.first[last] + vertical.count[last];
            } else {
                rowsFrom = down.first;
                rowsTo = down.first + down.count;
            }
            narrow = horizontal(
                    in.part(0, rowsFrom, in.width(), rowsTo - rowsFrom), weights(across, in.width(), filter));
        } else {
            narrow = in.part(across.first, 0, across.count, in.height());
        }
        if (down.isIdentity(in.height())) {
            return narrow.part(0, down.first - rowsFrom, narrow.width(), down.count);
        }
        return vertical(narrow, weights(down, in.height(), filter), rowsFrom);
    }

    private static Weights weights(Side side, int oldLength, Filter filter) {
        double scale = (double) (side.to - side.from) / side.length;
        double widened = Math.max(scale, 1);
        double narrowed = 1 / widened;
        double support = filter.support * widened;
        int taps = (int) Math.ceil(support) * 2 + 1;
        Weights weights = new Weights(new int[side.count], new int[side.count], new int[side.count * taps], taps);
        double[] row = new double[taps];
        for (int at = 0; at < side.count; at++) {
            double centre = side.from + (side.first + at + 0.5) * scale;
            int first = Math.max(0, (int) (centre - support + 0.5));
            int count = Math.min(oldLength, (int) (centre + support + 0.5)) - first;
            double sum = 0;
            for (int x = 0; x < count; x++) {
                row[x] = filter.weight((x + first - centre + 0.5) * narrowed);
                sum += row[x];
            }
            weights.first[at] = first;
            weights.count[at] = count;
            for (int x = 0; x < count; x++) {
                double weight = (sum == 0 ? row[x] : row[x] / sum) * (1 << WEIGHT_BITS);
                weights.weight[at * taps + x] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
            }
        }
        return weights;
    }

    private static Pixels horizontal(Pixels in, Weights weights) {
        Pixels out = Pixels.empty(weights.first.length, in.height(), in.channels());
        for (int y = 0; y < in.height(); y++) {
            if (in.channels() == 3) {
                rowOfThree(in, y, weights, out);
            } else {
                rowOfFour(in, y, weights, out);
            }
        }
        return out;
    }

    private static void rowOfThree(Pixels in, int y, Weights weights, Pixels out) {
        byte[] from = in.samples();
        byte[] to = out.samples();
        int start = y * in.width() * 3;
        int into = y * out.width() * 3;
        for (int x = 0; x < out.width(); x++, into += 3) {
            int red = HALF;
            int green = HALF;
            int blue = HALF;
            int at = start + weights.first[x] * 3;
            int tap = x * weights.taps;
            for (int end = tap + weights.count[x]; tap < end; tap++, at += 3) {
                int weight = weights.weight[tap];
                red += (from[at] & 255) * weight;
                green += (from[at + 1] & 255) * weight;
                blue += (from[at + 2] & 255) * weight;
            }
            to[into] = clipped(red);
            to[into + 1] = clipped(green);
            to[into + 2] = clipped(blue);
        }
    }

    private static void rowOfFour(Pixels in, int y, Weights weights, Pixels out) {
        byte[] from = in.samples();
        byte[] to = out.samples();
        int start = y * in.width() * 4;
        int into = y * out.width() * 4;
        for (int x = 0; x < out.width(); x++) {
            for (int channel = 0; channel < 4; channel++) {
                int sum = HALF;
                int at = start + weights.first[x] * 4 + channel;
                int tap = x * weights.taps;
                for (int end = tap + weights.count[x]; tap < end; tap++, at += 4) {
                    sum += (from[at] & 255) * weights.weight[tap];
                }
                to[into++] = clipped(sum);
            }
        }
    }

    /** @param rowsFrom which row of the whole picture is the first of {@code in} */
    private static Pixels vertical(Pixels in, Weights weights, int rowsFrom) {
        Pixels out = Pixels.empty(in.width(), weights.first.length, in.channels());
        byte[] from = in.samples();
        byte[] to = out.samples();
        int stride = in.width() * in.channels();
        int[] sums = new int[stride];
        for (int y = 0; y < out.height(); y++) {
            Arrays.fill(sums, HALF);
            for (int tap = 0; tap < weights.count[y]; tap++) {
                int weight = weights.weight[y * weights.taps + tap];
                int at = (weights.first[y] + tap - rowsFrom) * stride;
                for (int x = 0; x < stride; x++) {
                    sums[x] += (from[at + x] & 255) * weight;
                }
            }
            for (int x = 0; x < stride; x++) {
                to[y * stride + x] = clipped(sums[x]);
            }
        }
        return out;
    }

    private static byte clipped(int sum) {
        return (byte) Math.clamp(sum >> WEIGHT_BITS, 0, 255);
    }

    private static Pixels nearest(Pixels in, Side across, Side down) {
        Pixels out = Pixels.empty(across.count, down.count, in.channels());
        int channels = in.channels();
        int[] columns = under(across, in.width());
        int[] rows = under(down, in.height());
        for (int y = 0; y < rows.length; y++) {
            for (int x = 0; x < columns.length; x++) {
                System.arraycopy(
                        in.samples(),
                        (rows[y] * in.width() + columns[x]) * channels,
                        out.samples(),
                        (y * columns.length + x) * channels,
                        channels);
            }
        }
        return out;
    }

    /** Which old pixel lies under the middle of each new one; adding up keeps the rounding of the original. */
    private static int[] under(Side side, int oldLength) {
        double step = (double) (side.to - side.from) / side.length;
        double middle = side.from + step * 0.5;
        int[] old = new int[side.count];
        for (int at = 0; at < side.first + side.count; at++, middle += step) {
            if (at >= side.first) {
                old[at - side.first] = Math.clamp((long) middle, 0, oldLength - 1);
            }
        }
        return old;
    }
}
