package dev.kith.embed.image;

import dev.kith.embed.image.ImageFile.Sampling;
import java.util.List;
import java.util.Optional;

/**
 * The samples of a JPEG at a half, a quarter or an eighth of its sides, as the Independent JPEG Group's decoder and
 * libjpeg-turbo make them at once of fewer coefficients: what such a decoder computes is the mean of neighbouring
 * samples. Chroma that is sampled at half of both sides is taken as it is in the file; at half of one side, its means
 * are spread. Here the samples were decoded and spread before, so the spreading is undone first, and each block's
 * coefficients are found again. Source: the behaviour of libjpeg's scaling, as its documentation (libjpeg.txt,
 * "scale_num") describes it. What comes out differs from theirs where an edge is so hard that samples were cut to what
 * eight bits can say, and by rounding in blocks that reach beyond the picture.
 */
final class JpegDraft {
    /** Samples are counted in these until a mean is made of them, so that it is rounded once. */
    private static final int SIXTEENTHS = 16;
    /** Weights by fourths that undo the spreading of one sample over two with weights of 3 and 1. */
    private static final int[] UNDONE = {-1, 3, 3, -1};

    private final ImageFile file;
    private final int components;
    private final byte[] from;
    private final int scale;
    private final int width;
    private final int height;
    private final byte[] to;

    /** @param samples {@code byte[height × width × components]} */
    JpegDraft(ImageFile file, byte[] samples, int scale) {
        this.file = file;
        this.components = samples.length / file.width() / file.height();
        this.from = samples;
        this.scale = scale;
        this.width = (file.width() + scale - 1) / scale;
        this.height = (file.height() + scale - 1) / scale;
        this.to = new byte[width * height * components];
        int halfWidth = (file.width() + 1) / 2;
        int halfHeight = (file.height() + 1) / 2;
        for (int component = 0; component < components; component++) {
            switch (density(component)) {
                case FULL -> means(component, new Grid(scale, width, file.width(), file.height(), this::sample));
                case HALF -> means(component, new Grid(scale / 2, width, halfWidth, halfHeight, this::quarter));
                case HALF_ACROSS -> {
                    int columns = (width + 1) / 2;
                    means(component, new Grid(scale, columns, halfWidth, file.height(), this::half));
                    spread(component, columns);
                }
            }
        }
    }

    /** How many samples a component has, of those of the densest. */
    private enum Density {
        FULL,
        HALF_ACROSS,
        /** Along both sides. */
        HALF
    }

    private Density density(int component) {
        List<Sampling> sampling = file.sampling();
        int across = sampling.stream().mapToInt(Sampling::across).max().orElse(1);
        int down = sampling.stream().mapToInt(Sampling::down).max().orElse(1);
        Sampling own = sampling.get(component);
        if (own.across() * 2 != across) {
            return Density.FULL;
        }
        return own.down() * 2 == down ? Density.HALF : own.down() == down ? Density.HALF_ACROSS : Density.FULL;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    byte[] samples() {
        return to;
    }

    /** A sample of a component as the file has it, in sixteenths; beyond the edges the last one. */
    private interface Samples {
        int at(int component, int x, int y);
    }

    /**
     * Means that are made of samples.
     *
     * @param step samples along each side that make a mean
     * @param columns means of a row
     * @param wide samples of a row
     * @param high rows of samples
     */
    private record Grid(int step, int columns, int wide, int high, Samples samples) {}

    /** By blocks of the file: of those that are whole, out of their coefficients where these can be found. */
    private void means(int component, Grid grid) {
        int side = JpegBlock.SIDE / grid.step;
        List<Integer> steps = file.sampling().get(component).steps();
        boolean known = grid.step > 1 && !steps.isEmpty() && isDecodedAsBlocks(component);
        Optional<JpegBlock> block = known ? Optional.of(new JpegBlock(side, steps)) : Optional.empty();
        for (int y = 0; y < height; y += side) {
            for (int x = 0; x < grid.columns; x += side) {
                boolean whole =
                        (x / side + 1) * JpegBlock.SIDE <= grid.wide && (y / side + 1) * JpegBlock.SIDE <= grid.high;
                if (block.isEmpty() || !whole || !isMade(component, grid, block.get(), new Corner(x, y))) {
                    meansOf(component, grid, new Corner(x, y));
                }
            }
        }
    }

    /** Where the means of a block begin. */
    private record Corner(int x, int y) {}

    /** Other densities than those that are known here come with their samples repeated. */
    private boolean isDecodedAsBlocks(int component) {
        Sampling own = file.sampling().get(component);
        return density(component) != Density.FULL
                || file.sampling().stream()
                        .allMatch(other -> other.across() <= own.across() && other.down() <= own.down());
    }

    private boolean isMade(int component, Grid grid, JpegBlock block, Corner corner) {
        int side = JpegBlock.SIDE / grid.step;
        for (int y = 0; y < JpegBlock.SIDE; y++) {
            for (int x = 0; x < JpegBlock.SIDE; x++) {
                int sample = grid.samples.at(component, corner.x * grid.step + x, corner.y * grid.step + y);
                block.put(x, y, (double) sample / SIXTEENTHS);
            }
        }
        if (!block.isFound()) {
            return false;
        }
        for (int y = 0; y < Math.min(side, height - corner.y); y++) {
            for (int x = 0; x < Math.min(side, grid.columns - corner.x); x++) {
                put(component, corner.x + x, corner.y + y, block.sample(x, y));
            }
        }
        return true;
    }

    private void meansOf(int component, Grid grid, Corner corner) {
        int step = grid.step;
        int side = JpegBlock.SIDE / step;
        for (int y = corner.y; y < Math.min(corner.y + side, height); y++) {
            for (int x = corner.x; x < Math.min(corner.x + side, grid.columns); x++) {
                int sum = 0;
                for (int row = y * step; row < (y + 1) * step; row++) {
                    for (int column = x * step; column < (x + 1) * step; column++) {
                        sum += grid.samples.at(component, column, row);
                    }
                }
                put(component, x, y, rounded(sum, SIXTEENTHS * step * step));
            }
        }
    }

    private void put(int component, int x, int y, int sample) {
        to[(y * width + x) * components + component] = (byte) sample;
    }

    /** The nearest whole number; of two, the even one, so that many together are neither too light nor too dark. */
    private static int rounded(int sum, int parts) {
        int whole = sum / parts;
        int rest = 2 * (sum % parts);
        return rest > parts || (rest == parts && whole % 2 == 1) ? whole + 1 : whole;
    }

    private int sample(int component, int x, int y) {
        return SIXTEENTHS * raw(component, x, y);
    }

    private int raw(int component, int x, int y) {
        int column = Math.clamp(x, 0, file.width() - 1);
        int row = Math.clamp(y, 0, file.height() - 1);
        return from[(row * file.width() + column) * components + component] & 255;
    }

    /** A sample that was spread over two pixels of a row. */
    private int half(int component, int x, int y) {
        int column = Math.min(x, (file.width() - 1) / 2);
        return inRange(4 * undone(component, 2 * column - 1, y));
    }

    /** A sample that was spread over two pixels of a row and two of a column. */
    private int quarter(int component, int x, int y) {
        int column = Math.min(x, (file.width() - 1) / 2);
        int row = Math.min(y, (file.height() - 1) / 2);
        int sum = 0;
        for (int line = 0; line < UNDONE.length; line++) {
            sum += UNDONE[line] * undone(component, 2 * column - 1, 2 * row - 1 + line);
        }
        return inRange(sum);
    }

    private static int inRange(int sixteenths) {
        return Math.clamp(sixteenths, 0, 255 * SIXTEENTHS);
    }

    private int undone(int component, int x, int y) {
        int sum = 0;
        for (int at = 0; at < UNDONE.length; at++) {
            sum += UNDONE[at] * raw(component, x + at, y);
        }
        return sum;
    }

    /** Spreads the means at the beginning of each row over all of it: with weights of 3 and 1, but for eighths. */
    private void spread(int component, int columns) {
        int[] means = new int[columns];
        for (int y = 0; y < height; y++) {
            int row = y * width * components + component;
            for (int x = 0; x < columns; x++) {
                means[x] = to[row + x * components] & 255;
            }
            for (int x = 0; x < width; x++) {
                int own = means[x / 2];
                int other = means[Math.clamp(x % 2 == 0 ? x / 2 - 1 : x / 2 + 1, 0, columns - 1)];
                to[row + x * components] = (byte) (scale == 8 ? own : (3 * own + other + 1 + x % 2) >> 2);
            }
        }
    }
}
