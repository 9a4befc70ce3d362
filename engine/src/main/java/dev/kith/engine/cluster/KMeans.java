package dev.kith.engine.cluster;

import dev.kith.kernel.Kernels;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Lloyd's k-means: assigns every vector to its nearest centroid, moves each centroid to the mean of its vectors, and
 * repeats until nothing changes or the iterations are used up.
 *
 * <p>Sources: S. Lloyd, "Least squares quantization in PCM" (1982); seeding by D. Arthur and S. Vassilvitskii,
 * "k-means++: the advantages of careful seeding" (2007). For inner products it is the spherical variant of I. Dhillon
 * and D. Modha, "Concept decompositions for large sparse text data using clustering" (2001): centroids have norm 1 and
 * a vector goes to the one with the greatest product. We differ in two points: a cluster that became empty takes over
 * the vector that fits its own cluster worst, and there are fewer iterations where they would pass {@link #WORK_AIMED}.
 *
 * <p>Time: O(n · k · d) an iteration and for the seeding, with n vectors, k clusters, d components; memory: a native
 * copy of the vectors, and O(k · d + n). The same input and seed give the same answer on every machine, since the
 * kernels' scores have the same bits everywhere. One call belongs to one thread.
 */
public final class KMeans {
    /** Iterations that may be asked for. */
    public static final int ITERATIONS_MAX = 1_000;
    /** Multiply-adds that iterations may add up to: some 3 s of one core, as clients give up waiting after 5 s. */
    static final long WORK_AIMED = 25_000_000_000L;
    /** Multiply-adds of the fewest passes of one clustering; more is refused, since no client would wait for it. */
    static final long WORK_MAX = 60_000_000_000L;
    /** Passes that must fit into the work: seeding, one iteration and the last assignment. */
    private static final int PASSES_MIN = 3;

    /**
     * How to cluster.
     *
     * @param count clusters, 1 to the number of vectors
     * @param metric {@link Metric#L2} or {@link Metric#INNER_PRODUCT}
     * @param iterations at most, 1 to {@link #ITERATIONS_MAX}
     */
    public record Settings(int count, Metric metric, int iterations, long seed) {
        public Settings {
            if (metric != Metric.L2 && metric != Metric.INNER_PRODUCT) {
                throw Rejection.invalid("Clustering by %s is not possible".formatted(metric));
            }
            if (iterations < 1 || iterations > ITERATIONS_MAX) {
                throw Rejection.invalid("Iterations %d out of range (1-%d)".formatted(iterations, ITERATIONS_MAX));
            }
        }
    }

    /**
     * Clusters found.
     *
     * @param assignments {@code int[vectors]}, the cluster of each
     * @param sizes {@code int[clusters]}
     * @param objective sum over the vectors of the squared distance to, or the product with, their centroids
     */
    public record Result(VectorBlock.Floats centroids, int[] assignments, int[] sizes, double objective) {}

    private final VectorBlock.Floats block;
    private final Settings settings;
    private final ScoredRows rows;
    /** {@code float[clusters × dimension]}, row-major. */
    private final float[] centroids;
    /** The cluster of each vector. */
    private final int[] assignments;
    /** How well each vector fits its cluster: the negated squared distance, or the product. */
    private final float[] fits;

    private KMeans(VectorBlock.Floats block, Settings settings, ScoredRows rows) {
        this.block = block;
        this.settings = settings;
        this.rows = rows;
        this.centroids = new float[Math.multiplyExact(settings.count(), block.dimension())];
        this.assignments = new int[block.count()];
        this.fits = new float[block.count()];
    }

    /** Clusters the vectors; refuses non-finite ones, more clusters than vectors, and work beyond the limit. */
    public static Result cluster(VectorBlock.Floats block, Settings settings) {
        if (settings.count() < 1 || settings.count() > block.count()) {
            throw Rejection.invalid("Clusters %d out of range (1-%d, the number of vectors)"
                    .formatted(settings.count(), block.count()));
        }
        long pass = Math.multiplyExact((long) block.count() * settings.count(), (long) block.dimension());
        if (pass > WORK_MAX / PASSES_MIN) {
            throw Rejection.invalid("Clustering %d vectors of dimension %d into %d clusters is more work than allowed"
                    .formatted(block.count(), block.dimension(), settings.count()));
        }
        if (!Kernels.active().allFinite(block.values(), 0, block.values().length)) {
            throw Rejection.invalid("Vectors contain NaN or infinity");
        }
        int iterations = Math.clamp(WORK_AIMED / pass - (PASSES_MIN - 1), 1, settings.iterations());
        try (ScoredRows rows = new ScoredRows(block, settings.metric())) {
            return new KMeans(block, settings, rows).run(iterations);
        }
    }

    private Result run(int iterations) {
        seed();
        assign();
        for (int iteration = 0; iteration < iterations; iteration++) {
            if (Thread.currentThread().isInterrupted()) {
                throw new Rejection(Rejection.Code.UNAVAILABLE, "The clustering was stopped");
            }
            refillEmptyClusters();
            moveCentroids();
            if (!assign()) {
                break;
            }
        }
        var found = new VectorBlock.Floats(centroids, settings.count(), block.dimension());
        return new Result(found, assignments, sizes(), objective());
    }

    /** Draws each next centroid among the vectors, the more likely the worse the ones drawn so far fit it. */
    private void seed() {
        SplittableRandom random = new SplittableRandom(settings.seed());
        double[] misfits = new double[block.count()];
        Arrays.fill(misfits, Double.POSITIVE_INFINITY);
        float[] scores = new float[block.count()];
        int drawn = random.nextInt(block.count());
        for (int cluster = 0; cluster < settings.count(); cluster++) {
            int at = cluster * block.dimension();
            System.arraycopy(block.values(), drawn * block.dimension(), centroids, at, block.dimension());
            normaliseIfSpherical(cluster);
            rows.score(centroids, at, scores);
            for (int vector = 0; vector < misfits.length; vector++) {
                misfits[vector] = Math.min(misfits[vector], misfit(vector, scores[vector]));
            }
            misfits[drawn] = 0;
            drawn = draw(misfits, random);
        }
    }

    /** A squared distance for both metrics; for products between directions, up to a factor of two. */
    private double misfit(int vector, float score) {
        if (settings.metric() == Metric.L2) {
            return -(double) score;
        }
        double norm = norm(block.values(), vector * block.dimension());
        return norm == 0 ? 0 : Math.max(0, 1 - score / norm);
    }

    /** An index with a probability proportional to its weight; any, where all weights are zero. */
    private static int draw(double[] weights, SplittableRandom random) {
        double total = 0;
        for (double weight : weights) {
            total += weight;
        }
        if (!(total > 0)) {
            return random.nextInt(weights.length);
        }
        double rest = random.nextDouble() * total;
        int last = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                last = i;
                rest -= weights[i];
                if (rest < 0) {
                    return i;
                }
            }
        }
        return last;
    }

    /** Assigns every vector to the centroid that fits it best; tells whether any assignment changed. */
    private boolean assign() {
        int[] before = assignments.clone();
        rows.nearest(centroids, settings.count(), assignments, fits);
        return !Arrays.equals(before, assignments);
    }

    /** Gives every empty cluster the vector that fits worst among those that do not stand alone. */
    private void refillEmptyClusters() {
        int[] sizes = sizes();
        for (int cluster = 0; cluster < sizes.length; cluster++) {
            if (sizes[cluster] > 0) {
                continue;
            }
            int worst = -1;
            for (int vector = 0; vector < assignments.length; vector++) {
                if (sizes[assignments[vector]] > 1 && (worst < 0 || fits[vector] < fits[worst])) {
                    worst = vector;
                }
            }
            sizes[assignments[worst]]--;
            sizes[cluster]++;
            assignments[worst] = cluster;
            fits[worst] = Float.POSITIVE_INFINITY;
        }
    }

    private void moveCentroids() {
        int dimension = block.dimension();
        float[] vectors = block.values();
        double[] sums = new double[centroids.length];
        for (int vector = 0; vector < assignments.length; vector++) {
            int to = assignments[vector] * dimension;
            int from = vector * dimension;
            for (int i = 0; i < dimension; i++) {
                sums[to + i] += vectors[from + i];
            }
        }
        int[] sizes = sizes();
        for (int cluster = 0; cluster < sizes.length; cluster++) {
            int at = cluster * dimension;
            for (int i = at; i < at + dimension; i++) {
                centroids[i] = (float) (sums[i] / sizes[cluster]);
            }
            normaliseIfSpherical(cluster);
        }
    }

    /** A zero centroid has no direction and stays zero. */
    private void normaliseIfSpherical(int cluster) {
        if (settings.metric() != Metric.INNER_PRODUCT) {
            return;
        }
        int at = cluster * block.dimension();
        double norm = norm(centroids, at);
        for (int i = at; norm > 0 && i < at + block.dimension(); i++) {
            centroids[i] = (float) (centroids[i] / norm);
        }
    }

    private double norm(float[] values, int at) {
        double sum = 0;
        for (int i = at; i < at + block.dimension(); i++) {
            sum += (double) values[i] * values[i];
        }
        return Math.sqrt(sum);
    }

    private int[] sizes() {
        int[] sizes = new int[settings.count()];
        for (int cluster : assignments) {
            sizes[cluster]++;
        }
        return sizes;
    }

    private double objective() {
        double sum = 0;
        for (float fit : fits) {
            sum += settings.metric() == Metric.L2 ? -(double) fit : fit;
        }
        return sum;
    }
}
