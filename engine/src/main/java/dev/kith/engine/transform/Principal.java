package dev.kith.engine.transform;

import dev.kith.vectors.VectorBlock;
import java.util.Arrays;

/**
 * Principal components of samples: the eigenvectors of their covariance, strongest first.
 *
 * <p>Sources: K. Pearson (1901) and H. Hotelling (1933) for the components; T. Ge, K. He, Q. Ke, J. Sun, "Optimized
 * product quantization" (2014), section 3.2, for {@link #balanced}. That is the paper's parametric solution, which is
 * best for Gaussian data; the rotation is not refined further against a trained quantiser, as FAISS does.
 *
 * <p>Time: O(n · d² + d³), memory: O(d²), for n samples of d components. Belongs to one thread.
 */
final class Principal {
    /** Samples looked at, evenly spaced among those given: more hardly change a covariance of 1,024 components. */
    static final int SAMPLES_MAX = 20_000;
    /** Samples added to the covariance in one pass over it, which is larger than the second cache. */
    private static final int GROUP = 4;
    /** Variances below this part of the greatest are rounding, and count as this much. */
    private static final double ROUNDING = 1e-12;

    private final double[] mean;
    private final SymmetricEigen eigen;

    private Principal(double[] mean, SymmetricEigen eigen) {
        this.mean = mean;
        this.eigen = eigen;
    }

    static Principal of(VectorBlock.Floats samples) {
        int used = Math.min(samples.count(), SAMPLES_MAX);
        double[] mean = mean(samples, used);
        return new Principal(mean, SymmetricEigen.of(covariance(samples, used, mean)));
    }

    /** The projection on the {@code output} strongest directions, strongest first. */
    LinearMap strongest(int output) {
        int[] order = new int[output];
        Arrays.setAll(order, i -> i);
        return map(order);
    }

    /**
     * The projection on the {@code output} strongest directions, dealt out to {@code parts} groups of equal size: each
     * goes to the group whose product of variances is smallest so far and that has room.
     */
    LinearMap balanced(int output, int parts) {
        int capacity = output / parts;
        int[] order = new int[output];
        int[] filled = new int[parts];
        double[] logs = new double[parts];
        // Relative to the weakest direction every logarithm is at least 0, so a fuller group never looks emptier.
        double weakest = variance(output - 1);
        for (int i = 0; i < output; i++) {
            int part = -1;
            for (int p = 0; p < parts; p++) {
                if (filled[p] < capacity && (part < 0 || logs[p] < logs[part])) {
                    part = p;
                }
            }
            order[part * capacity + filled[part]] = i;
            filled[part]++;
            logs[part] += Math.log(variance(i) / weakest);
        }
        return map(order);
    }

    /** A variance that a logarithm can be taken of. */
    private double variance(int i) {
        return Math.max(eigen.value(i), Math.max(eigen.value(0) * ROUNDING, Double.MIN_NORMAL));
    }

    private LinearMap map(int[] order) {
        int input = mean.length;
        float[] rows = new float[order.length * input];
        for (int row = 0; row < order.length; row++) {
            double[] vector = eigen.vector(order[row]);
            for (int i = 0; i < input; i++) {
                rows[row * input + i] = (float) vector[i];
            }
        }
        float[] centre = new float[input];
        for (int i = 0; i < input; i++) {
            centre[i] = (float) mean[i];
        }
        return new LinearMap(centre, rows);
    }

    /** Where the n-th of the used samples begins. */
    private static int at(VectorBlock.Floats samples, int used, int n) {
        return (int) ((long) n * samples.count() / used) * samples.dimension();
    }

    private static double[] mean(VectorBlock.Floats samples, int used) {
        double[] mean = new double[samples.dimension()];
        for (int n = 0; n < used; n++) {
            int at = at(samples, used, n);
            for (int i = 0; i < mean.length; i++) {
                mean[i] += samples.values()[at + i];
            }
        }
        for (int i = 0; i < mean.length; i++) {
            mean[i] /= used;
        }
        return mean;
    }

    private static double[][] covariance(VectorBlock.Floats samples, int used, double[] mean) {
        int dimension = mean.length;
        double[][] sums = new double[dimension][dimension];
        double[][] group = new double[GROUP][dimension];
        for (int first = 0; first < used; first += GROUP) {
            for (int g = 0; g < GROUP; g++) {
                Arrays.fill(group[g], 0);
                for (int i = 0; first + g < used && i < dimension; i++) {
                    group[g][i] = samples.values()[at(samples, used, first + g) + i] - mean[i];
                }
            }
            for (int i = 0; i < dimension; i++) {
                addProducts(sums[i], i, group);
            }
        }
        for (int i = 0; i < dimension; i++) {
            for (int j = i; j < dimension; j++) {
                sums[i][j] /= used;
                sums[j][i] = sums[i][j];
            }
        }
        return sums;
    }

    /** Adds the products of component i with itself and all later ones. */
    private static void addProducts(double[] sums, int i, double[][] group) {
        double[] x0 = group[0];
        double[] x1 = group[1];
        double[] x2 = group[2];
        double[] x3 = group[3];
        double a0 = x0[i];
        double a1 = x1[i];
        double a2 = x2[i];
        double a3 = x3[i];
        for (int j = i; j < sums.length; j++) {
            sums[j] += a0 * x0[j] + a1 * x1[j] + a2 * x2[j] + a3 * x3[j];
        }
    }
}
