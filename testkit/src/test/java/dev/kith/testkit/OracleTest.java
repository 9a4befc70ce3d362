package dev.kith.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Oracle.Hit;
import dev.kith.testkit.Oracle.Likeness;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The oracle against answers worked out by hand, and the seeded data against what it promises. */
class OracleTest {
    private static final Map<Long, float[]> POINTS = points();

    @Test
    void topK_equalScores_ordersBySmallerId() {
        assertThat(Oracle.topK(POINTS, new float[] {0, 0}, Likeness.L2, 3))
                .containsExactly(new Hit(9, 0), new Hit(2, -25), new Hit(5, -25));
    }

    @Test
    void topK_fewerPointsThanAsked_givesAll() {
        assertThat(Oracle.topK(POINTS, new float[] {1, 0}, Likeness.INNER_PRODUCT, 10))
                .containsExactly(new Hit(7, 6), new Hit(5, 4), new Hit(2, 3), new Hit(9, 0));
    }

    @Test
    void topK_cosineOfZeroVector_isLast() {
        assertThat(Oracle.topK(POINTS, new float[] {6, 8}, Likeness.COSINE, 4))
                .containsExactly(new Hit(2, 1), new Hit(7, 1), new Hit(5, 0.96), new Hit(9, Double.NEGATIVE_INFINITY));
    }

    @Test
    void range_leastScoreReached_isIncluded() {
        assertThat(Oracle.range(POINTS, new float[] {0, 0}, Likeness.L2, -25)).hasSize(3);
        assertThat(Oracle.range(POINTS, new float[] {0, 0}, Likeness.L2, -24)).hasSize(1);
    }

    @Test
    void bits_threeRows_rankedByDifferingBits() {
        Map<Long, long[]> rows = Map.of(1L, new long[] {0b111}, 2L, new long[] {0b100}, 3L, new long[] {0b001});
        assertThat(Oracle.topKBits(rows, new long[] {0}, 2)).containsExactly(new Hit(2, -1), new Hit(3, -1));
        assertThat(Oracle.rangeBits(rows, new long[] {0b111}, -2))
                .containsExactly(new Hit(1, 0), new Hit(2, -2), new Hit(3, -2));
    }

    @Test
    void seeded_sameSeed_sameData() {
        assertThat(new Seeded(4).normalRows(3, 5)).isDeepEqualTo(new Seeded(4).normalRows(3, 5));
        assertThat(new Seeded(4).normalRow(5)).isNotEqualTo(new Seeded(5).normalRow(5));
        assertThat(new Seeded(4).ids(100)).hasSize(100).doesNotHaveDuplicates();
        assertThat(new Seeded(4).shuffledIds(3)).containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void bitRows_dimensionNotOfWholeWords_leavesTheRestZero() {
        for (long[] row : new Seeded(1).bitRows(50, 70)) {
            assertThat(row).hasSize(2);
            assertThat(row[1] >>> 6).isZero();
        }
    }

    @Test
    void clusteredRows_noSpread_areTheCentres() {
        float[][] rows = new Seeded(2).clusteredRows(20, 4, new Seeded.Clusters(1, 0));
        for (float[] row : rows) {
            assertThat(row).isEqualTo(rows[0]);
        }
    }

    @Test
    void manualClock_advanced_movesByThatMuch() {
        ManualClock clock = ManualClock.atNewYear();
        Instant start = clock.instant();
        assertThat(clock.advance(Duration.ofSeconds(3))).isEqualTo(start.plusSeconds(3));
        assertThat(clock.instant()).isEqualTo(start.plusSeconds(3));
    }

    private static Map<Long, float[]> points() {
        Map<Long, float[]> points = new LinkedHashMap<>();
        points.put(5L, new float[] {4, 3});
        points.put(2L, new float[] {3, 4});
        points.put(9L, new float[] {0, 0});
        points.put(7L, new float[] {6, 8});
        return points;
    }
}
