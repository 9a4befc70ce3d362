package dev.kith.embed.vp8;

import java.util.Arrays;

/** What a block looks like by what is above and to the left of it (RFC 6386, sections 12.2 and 12.3). */
final class Prediction {
    /** Where the sample above and to the left is among the edges of a block of 4 × 4. */
    private static final int CORNER = 4;

    private final byte[] samples;
    private final int stride;
    /** Around a block of 4 × 4: from below on the left, past the corner, to the right; four, one and eight. */
    private final int[] edge = new int[13];

    Prediction(Plane plane) {
        this.samples = plane.samples();
        this.stride = plane.stride();
    }

    /** What is beside a block at the edges of the picture. */
    record Edges(boolean above, boolean left) {}

    /** Luma or chroma of a whole macroblock: a square of {@code side} samples. */
    void large(int at, int side, int mode, Edges edges) {
        switch (mode) {
            case Modes.DC -> fill(at, side, mean(at, side, edges));
            case Modes.VERTICAL -> {
                for (int y = 0; y < side; y++) {
                    System.arraycopy(samples, at - stride, samples, at + y * stride, side);
                }
            }
            case Modes.HORIZONTAL -> {
                for (int y = 0; y < side; y++) {
                    int row = at + y * stride;
                    Arrays.fill(samples, row, row + side, samples[row - 1]);
                }
            }
            default -> trueMotion(at, side);
        }
    }

    private int mean(int at, int side, Edges edges) {
        int sum = 0;
        int count = 0;
        if (edges.above) {
            for (int x = 0; x < side; x++) {
                sum += sample(at - stride + x);
            }
            count += side;
        }
        if (edges.left) {
            for (int y = 0; y < side; y++) {
                sum += sample(at + y * stride - 1);
            }
            count += side;
        }
        return count == 0 ? 128 : (sum + count / 2) / count;
    }

    private void fill(int at, int side, int value) {
        for (int y = 0; y < side; y++) {
            Arrays.fill(samples, at + y * stride, at + y * stride + side, (byte) value);
        }
    }

    private void trueMotion(int at, int side) {
        int corner = sample(at - stride - 1);
        for (int y = 0; y < side; y++) {
            int row = at + y * stride;
            int difference = sample(row - 1) - corner;
            for (int x = 0; x < side; x++) {
                samples[row + x] = (byte) Math.clamp(sample(at - stride + x) + difference, 0, 255);
            }
        }
    }

    private int sample(int at) {
        return samples[at] & 255;
    }

    /** @param right where the four samples are that continue those above to the right */
    void small(int at, int right, int mode) {
        for (int i = 0; i < 4; i++) {
            edge[i] = sample(at + (3 - i) * stride - 1);
            edge[CORNER + 1 + i] = sample(at - stride + i);
            edge[CORNER + 5 + i] = sample(right + i);
        }
        edge[CORNER] = sample(at - stride - 1);
        if (mode == Modes.TRUE_MOTION) {
            trueMotion(at, 4);
            return;
        }
        int mean = 0;
        if (mode == Modes.DC) {
            for (int i = 1; i <= 4; i++) {
                mean += edge[CORNER - i] + edge[CORNER + i];
            }
            mean = (mean + 4) >> 3;
        }
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 4; x++) {
                samples[at + y * stride + x] = (byte) (mode == Modes.DC ? mean : directed(mode, x, y));
            }
        }
    }

    private int directed(int mode, int x, int y) {
        return switch (mode) {
            case Modes.VERTICAL -> three(CORNER + 1 + x);
            case Modes.HORIZONTAL -> y == 3 ? (edge[1] + 3 * edge[0] + 2) >> 2 : three(CORNER - 1 - y);
            case Modes.LEFT_DOWN -> x + y == 6 ? (edge[11] + 3 * edge[12] + 2) >> 2 : three(CORNER + 2 + x + y);
            case Modes.RIGHT_DOWN -> three(CORNER + x - y);
            case Modes.VERTICAL_RIGHT -> steep(2 * x - y, 1);
            case Modes.HORIZONTAL_DOWN -> steep(2 * y - x, -1);
            case Modes.VERTICAL_LEFT -> verticalLeft(x, y);
            default -> horizontalUp(x + 2 * y);
        };
    }

    /** The weighted mean of an edge sample and its neighbours. */
    private int three(int at) {
        return (edge[at - 1] + 2 * edge[at] + edge[at + 1] + 2) >> 2;
    }

    private int two(int at) {
        return (edge[at] + edge[at + 1] + 1) >> 1;
    }

    /**
     * Along a line that is twice as steep as the diagonal.
     *
     * @param step which line
     * @param side 1 where it comes from above, -1 from the left
     */
    private int steep(int step, int side) {
        if (step < 0) {
            return three(CORNER + side * (1 + step));
        }
        if (step % 2 == 1) {
            return three(CORNER + side * ((step + 1) / 2));
        }
        int nearer = CORNER + side * (step / 2);
        return two(Math.min(nearer, nearer + side));
    }

    private int verticalLeft(int x, int y) {
        if (x == 3 && y >= 2) {
            return three(CORNER + 4 + y);
        }
        int from = CORNER + 1 + x + y / 2;
        return y % 2 == 0 ? two(from) : three(from + 1);
    }

    private int horizontalUp(int step) {
        if (step > 5) {
            return edge[0];
        }
        if (step == 5) {
            return (edge[1] + 3 * edge[0] + 2) >> 2;
        }
        int from = CORNER - 1 - step / 2;
        return step % 2 == 0 ? two(from - 1) : three(from - 1);
    }
}
