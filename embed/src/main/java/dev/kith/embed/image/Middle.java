package dev.kith.embed.image;

import dev.kith.embed.image.Resample.Filter;
import dev.kith.embed.image.Resample.Side;

/**
 * The square in the middle of a picture whose shorter side has been resized, as transformers' image processors do it.
 */
final class Middle {
    /**
     * What is wanted.
     *
     * @param shorter what the shorter side becomes, in pixels; the longer one is rounded down
     * @param side of the square in pixels, at most {@code shorter}
     */
    record Cut(int shorter, int side, Filter filter) {
        Cut {
            if (side < 1 || side > shorter) {
                throw new IllegalStateException("a square of %d from %d pixels".formatted(side, shorter));
            }
        }
    }

    private Middle() {}

    /** Computes the pixels of the square alone. */
    static Pixels of(Pixels in, Cut cut) {
        boolean upright = in.width() <= in.height();
        int width = upright ? cut.shorter : longer(cut, in.width(), in.height());
        int height = upright ? longer(cut, in.height(), in.width()) : cut.shorter;
        return Resample.resize(
                in,
                Side.whole(in.width(), width).only((width - cut.side) / 2, cut.side),
                Side.whole(in.height(), height).only((height - cut.side) / 2, cut.side),
                cut.filter);
    }

    private static int longer(Cut cut, int longSide, int shortSide) {
        return (int) ((double) cut.shorter * longSide / shortSide);
    }
}
