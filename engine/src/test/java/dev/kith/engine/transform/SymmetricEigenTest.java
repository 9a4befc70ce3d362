package dev.kith.engine.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SymmetricEigenTest {
    private static final long SEED = 5;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 7, 16, 33, 60})
    void of_randomMatrix_vectorsAreOrthonormalAndSolveIt(int size) {
        check(random(size));
    }

    @Test
    void of_zeroMatrix_givesOrthonormalVectors() {
        check(new double[6][6]);
    }

    @Test
    void of_lowRank_givesOrthonormalVectors() {
        double[][] matrix = new double[20][20];
        for (int i = 0; i < 20; i++) {
            for (int j = 0; j < 20; j++) {
                matrix[i][j] = (i + 1.0) * (j + 1.0);
            }
        }
        check(matrix);
    }

    @Test
    void of_diagonalWithEqualValues_keepsThem() {
        double[][] matrix = new double[8][8];
        for (int i = 0; i < 8; i++) {
            matrix[i][i] = i / 3;
        }
        SymmetricEigen eigen = check(matrix);
        assertThat(eigen.value(0)).isEqualTo(2);
        assertThat(eigen.value(7)).isZero();
    }

    @Test
    void of_knownMatrix_findsItsEigenvalues() {
        SymmetricEigen eigen = check(new double[][] {{2, 1}, {1, 2}});
        assertThat(eigen.value(0)).isCloseTo(3, within(1e-14));
        assertThat(eigen.value(1)).isCloseTo(1, within(1e-14));
    }

    @Test
    void of_widelySpreadScales_staysAccurateToTheGreatest() {
        double[][] matrix = random(30);
        for (int i = 0; i < 30; i++) {
            for (int j = 0; j < 30; j++) {
                matrix[i][j] *= Math.pow(10, -(i + j) / 4.0);
            }
        }
        check(matrix);
    }

    private static SymmetricEigen check(double[][] matrix) {
        int size = matrix.length;
        double[][] copy = new double[size][];
        double norm = Double.MIN_NORMAL;
        for (int i = 0; i < size; i++) {
            copy[i] = matrix[i].clone();
            for (double value : copy[i]) {
                norm = Math.max(norm, Math.abs(value) * size);
            }
        }
        SymmetricEigen eigen = SymmetricEigen.of(copy);
        double[][] vectors = new double[size][];
        for (int n = 0; n < size; n++) {
            vectors[n] = eigen.vector(n);
            assertThat(eigen.value(n)).isLessThanOrEqualTo(eigen.value(Math.max(0, n - 1)));
            for (int i = 0; i < size; i++) {
                assertThat(product(matrix[i], vectors[n]))
                        .as("seed %d, size %d, eigenvector %d, row %d", SEED, size, n, i)
                        .isCloseTo(eigen.value(n) * vectors[n][i], within(1e-13 * norm));
            }
            for (int m = 0; m <= n; m++) {
                assertThat(product(vectors[n], vectors[m]))
                        .as("seed %d, size %d, eigenvectors %d and %d", SEED, size, n, m)
                        .isCloseTo(m == n ? 1 : 0, within(1e-12));
            }
        }
        return eigen;
    }

    private static double[][] random(int size) {
        SplittableRandom random = new SplittableRandom(SEED);
        double[][] matrix = new double[size][size];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j <= i; j++) {
                matrix[i][j] = random.nextDouble(-1, 1);
                matrix[j][i] = matrix[i][j];
            }
        }
        return matrix;
    }

    private static double product(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
