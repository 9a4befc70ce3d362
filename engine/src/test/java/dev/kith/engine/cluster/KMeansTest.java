package dev.kith.engine.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class KMeansTest {
    private static final int SEED = 77;

    @Test
    void cluster_wellSeparatedGroups_findsEachGroup() {
        float[] values = new float[40 * 3];
        for (int row = 0; row < 40; row++) {
            for (int i = 0; i < 3; i++) {
                values[row * 3 + i] = (row % 4) * 100f + (row + i) % 5;
            }
        }
        var result = KMeans.cluster(new VectorBlock.Floats(values, 40, 3), settings(4, Metric.L2, 20));

        assertThat(result.sizes()).containsExactly(10, 10, 10, 10);
        for (int row = 4; row < 40; row++) {
            assertThat(result.assignments()[row]).isEqualTo(result.assignments()[row % 4]);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"L2", "INNER_PRODUCT"})
    void cluster_randomVectors_agreesWithDoubleOracle(Metric metric) {
        var block = random(500, 19);
        var result = KMeans.cluster(block, settings(11, metric, 25));

        double objective = 0;
        for (int row = 0; row < 500; row++) {
            double assigned = score(row(block, row), row(result.centroids(), result.assignments()[row]), metric);
            objective += metric == Metric.L2 ? -assigned : assigned;
            for (int cluster = 0; cluster < 11; cluster++) {
                assertThat(score(row(block, row), row(result.centroids(), cluster), metric))
                        .as("seed %d, row %d, cluster %d", SEED, row, cluster)
                        .isLessThanOrEqualTo(assigned + 1e-4);
            }
        }
        assertThat(result.objective()).isCloseTo(objective, within(1e-3 * Math.abs(objective)));
    }

    @Test
    void cluster_converged_centroidsAreMeans() {
        var block = random(300, 7);
        var result = KMeans.cluster(block, settings(5, Metric.L2, 1_000));
        for (int cluster = 0; cluster < 5; cluster++) {
            for (int i = 0; i < 7; i++) {
                double sum = 0;
                for (int row = 0; row < 300; row++) {
                    sum += result.assignments()[row] == cluster ? block.values()[row * 7 + i] : 0;
                }
                double mean = sum / result.sizes()[cluster];
                assertThat((double) result.centroids().values()[cluster * 7 + i])
                        .as("seed %d", SEED)
                        .isCloseTo(mean, within(1e-5));
            }
        }
    }

    @Test
    void cluster_innerProduct_centroidsHaveNormOne() {
        var result = KMeans.cluster(random(200, 16), settings(6, Metric.INNER_PRODUCT, 10));
        for (int cluster = 0; cluster < 6; cluster++) {
            double norm = 0;
            for (int i = 0; i < 16; i++) {
                norm += Math.pow(result.centroids().values()[cluster * 16 + i], 2);
            }
            assertThat(norm).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void cluster_manyDuplicates_fillsEveryCluster() {
        float[] values = new float[60];
        values[57] = 1;
        values[58] = 2;
        values[59] = 3;
        var result = KMeans.cluster(new VectorBlock.Floats(values, 60, 1), settings(4, Metric.L2, 50));
        assertThat(result.sizes()).containsExactlyInAnyOrder(57, 1, 1, 1);
        assertThat(result.objective()).isZero();
    }

    @Test
    void cluster_allEqual_answersWithoutFailing() {
        var result = KMeans.cluster(new VectorBlock.Floats(new float[20], 10, 2), settings(10, Metric.L2, 5));
        assertThat(result.assignments()).hasSize(10);
        assertThat(result.objective()).isZero();
    }

    @Test
    void cluster_sameSeed_sameBits() {
        var block = random(400, 12);
        var first = KMeans.cluster(block, settings(9, Metric.L2, 7));
        var second = KMeans.cluster(block, settings(9, Metric.L2, 7));
        assertThat(second.centroids().values()).isEqualTo(first.centroids().values());
        assertThat(second.assignments()).isEqualTo(first.assignments());
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "11, 1", "3, 0", "3, 1001"})
    void cluster_outOfRange_isRejected(int clusters, int iterations) {
        var block = random(10, 2);
        assertThatThrownBy(() -> KMeans.cluster(block, settings(clusters, Metric.L2, iterations)))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("out of range");
    }

    @Test
    void cluster_notFinite_isRejected() {
        var block = new VectorBlock.Floats(new float[] {1, Float.NaN}, 2, 1);
        assertThatThrownBy(() -> KMeans.cluster(block, settings(1, Metric.L2, 1)))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("NaN");
    }

    @Test
    void cluster_tooMuchWork_isRejected() {
        var block = new VectorBlock.Floats(new float[20_000 * 128], 20_000, 128);
        assertThatThrownBy(() -> KMeans.cluster(block, settings(20_000, Metric.L2, 1)))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("more work than allowed");
    }

    private static KMeans.Settings settings(int count, Metric metric, int iterations) {
        return new KMeans.Settings(count, metric, iterations, SEED);
    }

    private static VectorBlock.Floats random(int count, int dimension) {
        SplittableRandom random = new SplittableRandom(SEED);
        float[] values = new float[count * dimension];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new VectorBlock.Floats(values, count, dimension);
    }

    private static float[] row(VectorBlock.Floats block, int number) {
        int from = number * block.dimension();
        return Arrays.copyOfRange(block.values(), from, from + block.dimension());
    }

    private static double score(float[] row, float[] centroid, Metric metric) {
        double sum = 0;
        for (int i = 0; i < row.length; i++) {
            double x = row[i];
            double c = centroid[i];
            sum += metric == Metric.L2 ? -(x - c) * (x - c) : x * c;
        }
        return sum;
    }
}
