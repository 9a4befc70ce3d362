package dev.kith.embed.face;

import dev.kith.embed.image.Pixels;

/**
 * A similarity (turn, scale, move) from one picture to another: {@code x' = a x - b y + c}, {@code y' = b x + a y + d}.
 * The one that brings five points closest to where they should be is the least-squares solution of Umeyama (1991) for
 * two dimensions, which needs no decomposition there as long as nothing is mirrored.
 */
record Alignment(double a, double b, double c, double d) {
    /** Where eyes, nose and mouth are in the 112 × 112 pixels that ArcFace and SFace were trained on. */
    private static final double[] UPRIGHT = {
        38.2946, 51.6963, 73.5318, 51.5014, 56.0252, 71.7366, 41.5493, 92.3655, 70.7299, 92.2041
    };

    /** @param points x and y of the five points, as {@link Face} has them */
    static Alignment upright(float[] points) {
        double[] from = middle(points);
        double[] to = new double[2];
        for (int at = 0; at < UPRIGHT.length; at++) {
            to[at % 2] += UPRIGHT[at] / (UPRIGHT.length / 2.0);
        }
        double along = 0;
        double across = 0;
        double size = 0;
        for (int at = 0; at < UPRIGHT.length; at += 2) {
            double x = points[at] - from[0];
            double y = points[at + 1] - from[1];
            double u = UPRIGHT[at] - to[0];
            double v = UPRIGHT[at + 1] - to[1];
            along += x * u + y * v;
            across += x * v - y * u;
            size += x * x + y * y;
        }
        double a = size > 0 ? along / size : 0;
        double b = size > 0 ? across / size : 0;
        return new Alignment(a, b, to[0] - a * from[0] + b * from[1], to[1] - b * from[0] - a * from[1]);
    }

    private static double[] middle(float[] points) {
        double[] middle = new double[2];
        for (int at = 0; at < points.length; at++) {
            middle[at % 2] += points[at] / (points.length / 2.0);
        }
        return middle;
    }

    /** One that brings the middle of a box to the middle of a square, its longer side to two thirds of it. */
    static Alignment around(Face.Box box, int side) {
        double scale = side / (Math.max(box.width(), box.height()) * 1.5);
        return new Alignment(
                scale,
                0,
                side / 2.0 - scale * (box.x1() + box.x2()) / 2,
                side / 2.0 - scale * (box.y1() + box.y2()) / 2);
    }

    /** The square that the picture becomes, {@code byte[side × side × 3]}; black where there is no picture. */
    Pixels warped(Pixels in, int side) {
        byte[] samples = new byte[side * side * 3];
        double size = a * a + b * b;
        if (size > 0) {
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    double oldX = (a * (x - c) + b * (y - d)) / size;
                    double oldY = (a * (y - d) - b * (x - c)) / size;
                    between(in, oldX, oldY, new Place(samples, (y * side + x) * 3));
                }
            }
        }
        return new Pixels(side, side, 3, samples);
    }

    private record Place(byte[] samples, int at) {}

    /** Weighs the four pixels around a point. */
    private static void between(Pixels in, double x, double y, Place into) {
        if (!(x > -1 && y > -1 && x < in.width() && y < in.height())) {
            return;
        }
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        double right = x - left;
        double lower = y - top;
        for (int channel = 0; channel < 3; channel++) {
            double upperRow = sample(in, left, top, channel) * (1 - right) + sample(in, left + 1, top, channel) * right;
            double lowerRow =
                    sample(in, left, top + 1, channel) * (1 - right) + sample(in, left + 1, top + 1, channel) * right;
            into.samples[into.at + channel] = (byte) Math.round(upperRow * (1 - lower) + lowerRow * lower);
        }
    }

    private static int sample(Pixels in, int x, int y, int channel) {
        boolean inside = x >= 0 && y >= 0 && x < in.width() && y < in.height();
        return inside ? in.samples()[(y * in.width() + x) * 3 + channel] & 255 : 0;
    }
}
