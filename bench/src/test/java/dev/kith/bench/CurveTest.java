package dev.kith.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class CurveTest {
    private static final Curve CURVE = new Curve(
            "side",
            List.of(
                    new Curve.Point(10, 0.90, new double[] {1_000, 4_000}),
                    new Curve.Point(20, 0.96, new double[] {250, 1_000}),
                    new Curve.Point(40, 0.98, new double[] {100, 500})));

    @Test
    void speedAt_recallBetweenTwoPoints_isLinearInTheLogarithm() {
        assertThat(CURVE.speedAt(0.93, 0).orElseThrow()).isCloseTo(500, within(1e-6));
        assertThat(CURVE.speedAt(0.93, 1).orElseThrow()).isCloseTo(2_000, within(1e-6));
    }

    @Test
    void speedAt_recallOfAPoint_isItsSpeed() {
        assertThat(CURVE.speedAt(0.96, 0).orElseThrow()).isCloseTo(250, within(1e-6));
    }

    @Test
    void speedAt_recallBelowAllPoints_isTheFirstPointsSpeed() {
        assertThat(CURVE.speedAt(0.5, 0)).isEqualTo(OptionalDouble.of(1_000));
    }

    @Test
    void speedAt_recallNeverReached_isEmpty() {
        assertThat(CURVE.speedAt(0.99, 0)).isEmpty();
        assertThat(CURVE.speedsAt(0.99)).isEmpty();
    }

    @Test
    void efFor_recallBetweenTwoPoints_isTheGreaterEf() {
        assertThat(CURVE.efFor(0.97)).hasValue(40);
        assertThat(CURVE.efFor(0.99)).isEmpty();
    }
}
