package dev.kith.engine.index.hnsw;

import dev.kith.testkit.Seeded;
import java.util.Random;

/**
 * Rows as they are in real collections, and harder for a graph than clouds of noise: each cluster spreads in few
 * directions of its own, one row in five points where an earlier one does and is of another length, and one in forty
 * is an earlier one again.
 */
public final class HardRows {
    private static final int LATENT = 12;
    private static final double NOISE = 0.03;
    private static final int CLUSTERS = 60;
    private static final int CLUSTERS_SHARING = 6;

    private final float[][] centres;
    private final float[][][] bases;
    private final Random random;
    private final int dimension;

    /** Takes what the clusters are like from the seed, then every row. */
    public HardRows(Seeded seeded, int dimension) {
        this.dimension = dimension;
        this.random = seeded.random();
        this.centres = seeded.normalRows(CLUSTERS, dimension);
        this.bases = new float[CLUSTERS_SHARING][][];
        for (int i = 0; i < bases.length; i++) {
            bases[i] = seeded.normalRows(LATENT, dimension);
        }
    }

    /** The next rows. */
    public float[][] next(int count) {
        float[][] rows = new float[count][];
        for (int i = 0; i < count; i++) {
            boolean again = i > 0 && random.nextInt(40) == 0;
            boolean along = i > 0 && random.nextInt(5) == 0;
            if (again) {
                rows[i] = rows[random.nextInt(i)].clone();
            } else if (along) {
                rows[i] = scaled(rows[random.nextInt(i)], 0.7f + random.nextFloat());
            } else {
                rows[i] = one();
            }
        }
        return rows;
    }

    private static float[] scaled(float[] row, float factor) {
        float[] scaled = row.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= factor;
        }
        return scaled;
    }

    private float[] one() {
        int cluster = random.nextInt(CLUSTERS);
        float[] row = centres[cluster].clone();
        for (float[] direction : bases[cluster % CLUSTERS_SHARING]) {
            float along = (float) (random.nextGaussian() / 3);
            for (int i = 0; i < dimension; i++) {
                row[i] += along * direction[i];
            }
        }
        for (int i = 0; i < dimension; i++) {
            row[i] += (float) (NOISE * random.nextGaussian());
        }
        return row;
    }
}
