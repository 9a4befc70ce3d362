package dev.kith.embed.image;

import dev.kith.embed.image.Resample.Filter;
import dev.kith.embed.image.Resample.Side;

/**
 * A picture fitted into the left upper corner of a black square, its proportions kept.
 *
 * @param square the square
 * @param width of the picture in it
 * @param height of the picture in it
 */
public record Letterbox(Pixels square, int width, int height) {
    /** @param side of the square in pixels */
    public static Letterbox of(Pixels in, int side) {
        double factor = (double) side / Math.max(in.width(), in.height());
        int width = Math.clamp(Math.round(in.width() * factor), 1, side);
        int height = Math.clamp(Math.round(in.height() * factor), 1, side);
        Pixels square = Pixels.empty(side, side, 3);
        square.put(
                Resample.resize(in, Side.whole(in.width(), width), Side.whole(in.height(), height), Filter.BILINEAR),
                0,
                0);
        return new Letterbox(square, width, height);
    }

    /** The picture with its longer side at most {@code side}, as {@link Shrink} does it. */
    public static Pixels within(Picture picture, int side) {
        return Shrink.toFit(picture, side).colours();
    }
}
