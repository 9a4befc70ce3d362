package dev.kith.engine.transform;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Eigenvalues and eigenvectors of a real symmetric matrix: Householder reflections reduce it to a tridiagonal one, the
 * implicit QL algorithm diagonalises that, and the reflections are undone on the vectors that are asked for.
 *
 * <p>Source: G. Golub, C. Van Loan, "Matrix computations", 4th edition, sections 8.3.1 (reduction) and 8.3.3 (implicit
 * shifts; QL is QR from the other end). Glossary: {@code diagonal} and {@code beside} are the tridiagonal matrix T,
 * {@code reflectors[k]} is the Householder vector v of step k, {@code factors[k]} its β = 2 / vᵀv.
 *
 * <p>Errors are a few ulp of the greatest eigenvalue. Time: O(d³); memory: O(d²). All inner loops run along rows.
 */
final class SymmetricEigen {
    /** Rounds per eigenvalue; two are usual. */
    private static final int ROUNDS_MAX = 60;

    private final int size;
    /** T's diagonal, later the eigenvalues in the order found. */
    private final double[] diagonal;
    /** {@code beside[i]} joins i and i + 1; the last is 0. */
    private final double[] beside;
    /** Row k: the reflector of step k in columns k + 1 and up. */
    private final double[][] reflectors;

    private final double[] factors;
    /** Row i: the eigenvector of T for {@code diagonal[i]}. */
    private final double[][] vectors;
    /** Places of the eigenvalues, greatest first. */
    private int[] order = {};

    private SymmetricEigen(double[][] matrix) {
        this.size = matrix.length;
        this.diagonal = new double[size];
        this.beside = new double[size];
        this.reflectors = matrix;
        this.factors = new double[size];
        this.vectors = new double[size][size];
    }

    /** Solves a symmetric matrix of finite numbers, which is used as working memory. */
    static SymmetricEigen of(double[][] matrix) {
        SymmetricEigen eigen = new SymmetricEigen(matrix);
        eigen.reduce();
        eigen.diagonalise();
        eigen.sort();
        return eigen;
    }

    /** The n-th greatest eigenvalue, from 0. */
    double value(int n) {
        return diagonal[order[n]];
    }

    /** Its eigenvector, of norm 1; the component of greatest magnitude is positive. */
    double[] vector(int n) {
        double[] vector = vectors[order[n]].clone();
        for (int k = size - 3; k >= 0; k--) {
            double product = factors[k] * product(reflectors[k], vector, k + 1);
            addMultiple(vector, -product, reflectors[k], k + 1);
        }
        int peak = 0;
        for (int i = 1; i < size; i++) {
            if (Math.abs(vector[i]) > Math.abs(vector[peak])) {
                peak = i;
            }
        }
        if (vector[peak] < 0) {
            for (int i = 0; i < size; i++) {
                vector[i] = -vector[i];
            }
        }
        return vector;
    }

    private void reduce() {
        double[] p = new double[size];
        for (int k = 0; k < size - 2; k++) {
            double[] v = reflectors[k];
            diagonal[k] = v[k];
            double norm = Math.sqrt(product(v, v, k + 1));
            if (norm == 0) {
                continue; // Nothing to reflect: the factor stays 0, which makes this step the identity.
            }
            beside[k] = -Math.copySign(norm, v[k + 1]);
            v[k + 1] -= beside[k];
            double factor = 2 / product(v, v, k + 1);
            factors[k] = factor;
            for (int i = k + 1; i < size; i++) {
                p[i] = factor * product(reflectors[i], v, k + 1);
            }
            addMultiple(p, -factor / 2 * product(v, p, k + 1), v, k + 1);
            for (int i = k + 1; i < size; i++) {
                addMultiple(reflectors[i], -v[i], p, k + 1);
                addMultiple(reflectors[i], -p[i], v, k + 1);
            }
        }
        if (size > 1) {
            diagonal[size - 2] = reflectors[size - 2][size - 2];
            beside[size - 2] = reflectors[size - 2][size - 1];
        }
        diagonal[size - 1] = reflectors[size - 1][size - 1];
    }

    private void diagonalise() {
        double scale = 0;
        for (int i = 0; i < size; i++) {
            vectors[i][i] = 1;
            scale = Math.max(scale, Math.abs(diagonal[i]) + Math.abs(beside[i]));
        }
        double negligible = Math.ulp(1.0) * scale;
        for (int first = 0; first < size; first++) {
            int rounds = 0;
            for (int last = blockEnd(first, negligible); last > first; last = blockEnd(first, negligible)) {
                rounds++;
                if (rounds > ROUNDS_MAX) {
                    throw new IllegalStateException("Eigenvalue %d of %d did not converge".formatted(first, size));
                }
                round(first, last);
            }
        }
    }

    /** The end of the block that begins at {@code first} and that no negligible element cuts. */
    private int blockEnd(int first, double negligible) {
        int end = first;
        while (end < size - 1 && Math.abs(beside[end]) > negligible) {
            end++;
        }
        return end;
    }

    /** One implicit QL step on the block: a shift towards its first eigenvalue, chased from its end by rotations. */
    private void round(int first, int last) {
        double slope = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first]);
        double shiftPart = beside[first] / (slope + Math.copySign(Math.hypot(slope, 1), slope));
        double g = diagonal[last] - diagonal[first] + shiftPart;
        double sine = 1;
        double cosine = 1;
        double moved = 0;
        for (int i = last - 1; i >= first; i--) {
            double f = sine * beside[i];
            double b = cosine * beside[i];
            double r = Math.hypot(f, g);
            beside[i + 1] = r;
            if (r == 0) {
                // The block fell apart here; what was rotated so far is kept, and the next round sees two blocks.
                diagonal[i + 1] -= moved;
                beside[last] = 0;
                return;
            }
            sine = f / r;
            cosine = g / r;
            g = diagonal[i + 1] - moved;
            double t = (diagonal[i] - g) * sine + 2 * cosine * b;
            moved = sine * t;
            diagonal[i + 1] = g + moved;
            g = cosine * t - b;
            rotate(vectors[i], vectors[i + 1], cosine, sine);
        }
        diagonal[first] -= moved;
        beside[first] = g;
        beside[last] = 0;
    }

    private void sort() {
        Integer[] places = new Integer[size];
        Arrays.setAll(places, i -> i);
        Arrays.sort(places, Comparator.comparingDouble((Integer i) -> -diagonal[i]));
        order = Arrays.stream(places).mapToInt(Integer::intValue).toArray();
    }

    private static void rotate(double[] low, double[] high, double cosine, double sine) {
        for (int k = 0; k < low.length; k++) {
            double l = low[k];
            double h = high[k];
            high[k] = sine * l + cosine * h;
            low[k] = cosine * l - sine * h;
        }
    }

    /** Four running sums hide the latency of an addition. */
    private static double product(double[] a, double[] b, int from) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = from;
        for (; i + 3 < a.length; i += 4) {
            s0 += a[i] * b[i];
            s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2];
            s3 += a[i + 3] * b[i + 3];
        }
        for (; i < a.length; i++) {
            s0 += a[i] * b[i];
        }
        return (s0 + s1) + (s2 + s3);
    }

    private static void addMultiple(double[] target, double factor, double[] source, int from) {
        for (int i = from; i < target.length; i++) {
            target[i] += factor * source[i];
        }
    }
}
