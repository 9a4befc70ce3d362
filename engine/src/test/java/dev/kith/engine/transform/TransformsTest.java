package dev.kith.engine.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransformsTest {
    private static final long SEED = 31;

    @Test
    void of_noText_leavesVectorsAsTheyAre() {
        Transforms transforms = Transforms.of("", 5);
        var block = samples(3, 5);
        assertThat(transforms.isEmpty()).isTrue();
        assertThat(transforms.learnedIn(Value.Fields.EMPTY)).isTrue();
        assertThat(transforms.apply(block, Value.Fields.EMPTY)).isSameAs(block);
    }

    @Test
    void apply_norm_scalesToOneAndKeepsZero() {
        var block = new VectorBlock.Floats(new float[] {3, 4, 0, 0}, 2, 2);
        var out = Transforms.of("NORM", 2).apply(block, Value.Fields.EMPTY);
        assertThat(out.values()).containsExactly(0.6f, 0.8f, 0, 0);
    }

    @Test
    void apply_pca_variancesFallAndComponentsAreUncorrelated() {
        var block = samples(2_000, 12);
        var out = learnAndApply("PCA5", block);
        assertThat(out.dimension()).isEqualTo(5);
        double before = Double.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            double variance = covariance(out, i, i);
            assertThat(variance).as("seed %d, component %d", SEED, i).isLessThanOrEqualTo(before * (1 + 1e-4));
            before = variance;
            for (int j = 0; j < i; j++) {
                assertThat(covariance(out, i, j))
                        .as("seed %d, components %d and %d", SEED, i, j)
                        .isCloseTo(0, within(1e-4));
            }
        }
        // The first axis of the samples has by far the greatest variance, so the first component must be that axis.
        assertThat(covariance(out, 0, 0)).isCloseTo(covariance(block, 0, 0), within(0.05));
    }

    @ParameterizedTest
    @CsvSource({"PCA12", "OPQ4_12", "OPQ3"})
    void apply_fullWidth_keepsDistances(String text) {
        var block = samples(300, 12);
        var out = learnAndApply(text, block);
        assertThat(out.dimension()).isEqualTo(12);
        for (int row = 1; row < 300; row++) {
            assertThat(distance(out, 0, row))
                    .as("seed %d, row %d", SEED, row)
                    .isCloseTo(distance(block, 0, row), within(1e-2));
        }
    }

    @Test
    void apply_opq_balancesTheProductsOfVariances() {
        var out = learnAndApply("OPQ2_8", samples(3_000, 8));
        double[] logs = new double[2];
        for (int i = 0; i < 8; i++) {
            logs[i / 4] += Math.log(covariance(out, i, i));
        }
        // Dealt out in the order of strength, the first four would lead by more than 8.
        assertThat(Math.abs(logs[0] - logs[1])).as("seed %d", SEED).isLessThan(2);
    }

    @Test
    void learn_chain_goesThroughAllSteps() {
        var out = learnAndApply("NORM,PCA6,OPQ2_4", samples(200, 10));
        assertThat(out.dimension()).isEqualTo(4);
        assertThat(out.count()).isEqualTo(200);
    }

    @Test
    void learn_fewerSamplesThanComponents_stillProjects() {
        var out = learnAndApply("PCA8", samples(2, 16));
        assertThat(out.values()).doesNotContain(Float.NaN).hasSize(16);
        assertThat(distance(out, 0, 1)).isCloseTo(distance(samples(2, 16), 0, 1), within(1e-2));
    }

    @Test
    void learnedIn_otherChainOrDamage_isFalse() {
        Value.Fields attributes =
                Transforms.of("PCA3", 6).learn(samples(50, 6)).apply(Value.Fields.EMPTY.with("k", Value.NULL));
        assertThat(Transforms.of("PCA3", 6).learnedIn(attributes)).isTrue();
        assertThat(Transforms.of("PCA2", 6).learnedIn(attributes)).isFalse();
        assertThat(Transforms.of("PCA3", 7).learnedIn(attributes)).isFalse();
        assertThat(Transforms.of("PCA3,PCA2", 6).learnedIn(attributes)).isFalse();
        assertThat(attributes.values()).containsEntry("k", Value.NULL);
        assertThat(Transforms.of("PCA3", 6).learnedIn(attributes.with("transform", new Value.Text("?"))))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "'PCA9', out of range",
        "'PCA0', out of range",
        "'OPQ3_8', not divisible",
        "'OPQ0_8', not divisible",
        "'PCAR4', at position 0",
        "'NORM,pca4', at position 5",
        "'NORM,', at position 5",
        "'NORM,NORM,NORM,NORM,NORM', from position 20",
        "'PCA999999', at position 0",
    })
    void of_nonsense_isRejected(String text, String reason) {
        assertThatThrownBy(() -> Transforms.of(text, 8))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining(reason);
    }

    @Test
    void of_tooMuchToLearn_namesTheLimit() {
        assertThatThrownBy(() -> Transforms.of("PCA64", 1_025))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("1024");
        assertThatThrownBy(() -> Transforms.of("PCA1024,PCA1024,PCA1", 1_024))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("bytes");
    }

    @Test
    void learn_notFinite_isRejected() {
        var block = new VectorBlock.Floats(new float[] {1, Float.POSITIVE_INFINITY}, 1, 2);
        assertThatThrownBy(() -> Transforms.of("PCA1", 2).learn(block)).isInstanceOf(Rejection.class);
    }

    private static VectorBlock.Floats learnAndApply(String text, VectorBlock.Floats block) {
        Transforms transforms = Transforms.of(text, block.dimension());
        assertThat(transforms.learnedIn(Value.Fields.EMPTY)).isFalse();
        return transforms.apply(block, transforms.learn(block).apply(Value.Fields.EMPTY));
    }

    /** Component i has mean 3 and a standard deviation of 2 / (i + 1). */
    private static VectorBlock.Floats samples(int count, int dimension) {
        SplittableRandom random = new SplittableRandom(SEED);
        float[] values = new float[count * dimension];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (3 + 2 * random.nextGaussian() / (i % dimension + 1));
        }
        return new VectorBlock.Floats(values, count, dimension);
    }

    private static double covariance(VectorBlock.Floats block, int i, int j) {
        double product = 0;
        double sumI = 0;
        double sumJ = 0;
        for (int row = 0; row < block.count(); row++) {
            double x = block.values()[row * block.dimension() + i];
            double y = block.values()[row * block.dimension() + j];
            product += x * y;
            sumI += x;
            sumJ += y;
        }
        return product / block.count() - sumI / block.count() * sumJ / block.count();
    }

    private static double distance(VectorBlock.Floats block, int a, int b) {
        double sum = 0;
        for (int i = 0; i < block.dimension(); i++) {
            sum += Math.pow(block.values()[a * block.dimension() + i] - block.values()[b * block.dimension() + i], 2);
        }
        return sum;
    }
}
