package dev.kith.engine.scan;

import dev.kith.engine.rows.RowView;
import dev.kith.kernel.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/**
 * Some orthogonal directions in which rows differ most, as far as a sample shows: subspace iteration on its products
 * (Halko, Martinsson and Tropp, arXiv 0909.4061, algorithm 4.4), which needs no matrix of the dimension squared. A
 * direction may be zero, where the sample has fewer. Immutable.
 *
 * <p>Cost: rounds × sample × directions × dimension, some ten milliseconds.
 */
final class Directions {
    /** With what is left of a row beside them, a sketch is a cache line. */
    static final int COUNT = 15;

    private static final int SAMPLE_ROWS = 512;
    private static final int ROUNDS = 3;
    /** Of a vector's length, what has to be left of it beside the other directions. */
    private static final double INDEPENDENT = 1e-5;
    /** Kernels take so many queries at a time. */
    private static final int TILE = 8;

    private final int length;
    /** Two tiles of {@value #TILE} padded directions; the last one is zero. */
    private final float[][] tiles = new float[2][];

    private Directions(double[][] orthonormal, int length) {
        this.length = length;
        for (int t = 0; t < tiles.length; t++) {
            tiles[t] = new float[TILE * length];
        }
        for (int d = 0; d < COUNT; d++) {
            for (int i = 0; i < length; i++) {
                tiles[d / TILE][d % TILE * length + i] = (float) orthonormal[d][i];
            }
        }
    }

    /** Of float rows, from a sample of those of a view that is held. */
    static Directions of(RowView view) {
        int length = view.layout().paddedDimension();
        int size = Math.min(SAMPLE_ROWS, view.rowCount());
        float[][] sample = new float[size][length];
        for (int i = 0; i < size; i++) {
            int row = (int) ((long) view.rowCount() * i / size);
            MemorySegment.copy(view.memory(row), ValueLayout.JAVA_FLOAT, view.offset(row), sample[i], 0, length);
        }
        double[][] directions = new double[COUNT][length];
        for (int d = 0; d < COUNT; d++) {
            float[] row = sample[(int) ((long) size * d / COUNT)];
            directions[d] = IntStream.range(0, length).mapToDouble(i -> row[i]).toArray();
        }
        orthonormalise(directions);
        for (int round = 0; round < ROUNDS; round++) {
            directions = multiplied(sample, directions);
            orthonormalise(directions);
        }
        return new Directions(directions, length);
    }

    /** The product of the sample's transpose, the sample and each direction. */
    private static double[][] multiplied(float[][] sample, double[][] directions) {
        double[][] products = new double[COUNT][directions[0].length];
        for (float[] row : sample) {
            for (int d = 0; d < COUNT; d++) {
                double along = 0;
                for (int i = 0; i < row.length; i++) {
                    along += row[i] * directions[d][i];
                }
                for (int i = 0; i < row.length; i++) {
                    products[d][i] += along * row[i];
                }
            }
        }
        return products;
    }

    /** Gram and Schmidt's, each twice, so that little is left of what was to be taken away. */
    private static void orthonormalise(double[][] directions) {
        for (int d = 0; d < COUNT; d++) {
            double before = length(directions[d]);
            for (int turn = 0; turn < 2; turn++) {
                for (int other = 0; other < d; other++) {
                    double along = 0;
                    for (int i = 0; i < directions[d].length; i++) {
                        along += directions[d][i] * directions[other][i];
                    }
                    for (int i = 0; i < directions[d].length; i++) {
                        directions[d][i] -= along * directions[other][i];
                    }
                }
            }
            double left = length(directions[d]);
            double scale = left > before * INDEPENDENT && Double.isFinite(before) ? 1 / left : 0;
            for (int i = 0; i < directions[d].length; i++) {
                directions[d][i] = scale == 0 ? 0 : directions[d][i] * scale;
            }
        }
    }

    private static double length(double[] vector) {
        double squared = 0;
        for (double each : vector) {
            squared += each * each;
        }
        return Math.sqrt(squared);
    }

    /**
     * Sets {@code out[d × count + i]} to how far row i lies in direction d.
     *
     * @param rows {@code count} padded float rows from byte {@code offset} on
     * @param out has room for {@link #COUNT} + 1 times as many
     */
    void measure(MemorySegment rows, long offset, int count, float[] out) {
        float[] half = new float[TILE * count];
        for (int t = 0; t < tiles.length; t++) {
            Kernels.active().dotTile(tiles[t], TILE, rows, offset, count, length, half);
            System.arraycopy(half, 0, out, t * half.length, half.length);
        }
    }

    /** How far a padded query lies in each direction. */
    float[] measure(float[] query) {
        float[] along = new float[COUNT + 1];
        for (int d = 0; d < COUNT; d++) {
            along[d] = (float) product(tiles[d / TILE], d % TILE * length, query);
        }
        return along;
    }

    /** In four sums, since one would wait for each of its additions. */
    private double product(float[] tile, int from, float[] query) {
        double first = 0;
        double second = 0;
        double third = 0;
        double fourth = 0;
        for (int i = 0; i < length; i += 4) {
            first += (double) tile[from + i] * query[i];
            second += (double) tile[from + i + 1] * query[i + 1];
            third += (double) tile[from + i + 2] * query[i + 2];
            fourth += (double) tile[from + i + 3] * query[i + 3];
        }
        return first + second + (third + fourth);
    }
}
