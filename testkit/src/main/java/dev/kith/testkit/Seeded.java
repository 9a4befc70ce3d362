package dev.kith.testkit;

import java.util.Arrays;
import java.util.Random;

/**
 * Data that is random to the eye and the same for the same seed and the same calls. Its text names the seed, so put it
 * into the description of an assertion. Owned by one thread.
 */
public final class Seeded {
    private final long seed;
    private final Random random;

    public Seeded(long seed) {
        this.seed = seed;
        this.random = new Random(seed);
    }

    /** The generator behind the data, for choices that a test makes itself. */
    public Random random() {
        return random;
    }

    /** {@code count} rows of {@code dimension} elements, each from the standard normal distribution. */
    public float[][] normalRows(int count, int dimension) {
        float[][] rows = new float[count][dimension];
        for (float[] row : rows) {
            fillNormal(row, 1);
        }
        return rows;
    }

    /** One row of {@code dimension} elements from the standard normal distribution. */
    public float[] normalRow(int dimension) {
        return normalRows(1, dimension)[0];
    }

    /**
     * {@code count} rows around {@code clusters} centres. Centres are standard normal; a row is the centre of a random
     * cluster plus normal noise of standard deviation {@code spread} in each element.
     */
    public float[][] clusteredRows(int count, int dimension, Clusters clusters) {
        float[][] centres = normalRows(clusters.count(), dimension);
        float[][] rows = new float[count][dimension];
        for (float[] row : rows) {
            fillNormal(row, clusters.spread());
            float[] centre = centres[random.nextInt(clusters.count())];
            for (int i = 0; i < dimension; i++) {
                row[i] += centre[i];
            }
        }
        return rows;
    }

    /**
     * How rows gather.
     *
     * @param count number of centres, at least 1
     * @param spread standard deviation of a row's elements around its centre, at least 0
     */
    public record Clusters(int count, double spread) {
        /** Checks the ranges. */
        public Clusters {
            if (count < 1 || !(spread >= 0)) {
                throw new IllegalArgumentException("count " + count + ", spread " + spread);
            }
        }
    }

    /**
     * {@code count} rows of {@code bits} random bits in ⌈bits / 64⌉ words: bit i is bit i mod 64 of word i / 64, and
     * the bits beyond the last are 0.
     */
    public long[][] bitRows(int count, int bits) {
        long[][] rows = new long[count][Math.ceilDiv(bits, Long.SIZE)];
        for (long[] row : rows) {
            Arrays.setAll(row, i -> random.nextLong());
            int used = bits % Long.SIZE;
            if (used != 0) {
                row[row.length - 1] &= (1L << used) - 1;
            }
        }
        return rows;
    }

    /** {@code count} different ids in [0, 2⁶³), in random order. */
    public long[] ids(int count) {
        return random.longs(0, Long.MAX_VALUE).distinct().limit(count).toArray();
    }

    /** The ids 0 to {@code count} − 1 in random order. */
    public long[] shuffledIds(int count) {
        long[] ids = new long[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            ids[i] = ids[j];
            ids[j] = i;
        }
        return ids;
    }

    private void fillNormal(float[] row, double deviation) {
        for (int i = 0; i < row.length; i++) {
            row[i] = (float) (deviation * random.nextGaussian());
        }
    }

    @Override
    public String toString() {
        return "seed " + seed;
    }
}
