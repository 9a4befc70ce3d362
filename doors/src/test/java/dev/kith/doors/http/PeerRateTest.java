package dev.kith.doors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PeerRateTest {
    private long now;
    private final PeerRate rate = new PeerRate(Duration.ofSeconds(10), () -> now);

    /** Whether it was too slow for all times. */
    private boolean moved(long afterMillis, long bytes) {
        rate.begin();
        now += Duration.ofMillis(afterMillis).toNanos();
        return rate.tooSlow(bytes);
    }

    @Test
    void rate_ofFewBytesAgainAndAgain_isSlowWhereRoomIsShort() {
        for (int i = 0; i < 100; i++) {
            assertThat(moved(900, 1_400)).isFalse();
        }
        rate.begin();
        assertThat(rate.slowNanos(now)).isEqualTo(Duration.ofSeconds(90).toNanos());
    }

    @Test
    void rate_ofOneWhoHasOnlyBegun_isNotJudged() {
        rate.begin();
        assertThat(rate.slowNanos(now + Duration.ofMillis(500).toNanos())).isZero();
        assertThat(rate.slowNanos(now + Duration.ofSeconds(2).toNanos())).isPositive();
    }

    @Test
    void rate_ofOneWhoIsQuick_isNeverSlow() {
        for (int i = 0; i < 100; i++) {
            assertThat(moved(100, 64 << 10)).isFalse();
        }
        rate.begin();
        assertThat(rate.slowNanos(now + Duration.ofMillis(500).toNanos())).isZero();
    }
}
