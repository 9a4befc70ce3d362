package dev.kith.embed.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.embed.Unembeddable;
import dev.kith.vectors.Rejection;
import org.junit.jupiter.api.Test;

class DecodingTest {
    @Test
    void run_anything_happensElsewhereAndFailsAsItDoesThere() throws InterruptedException {
        try (Decoding decoding = new Decoding(1)) {
            assertThat(decoding.run(() -> Thread.currentThread().getName())).isEqualTo("kith-decode-0");
            assertThatThrownBy(() -> decoding.run(() -> {
                        throw new Unembeddable(Unembeddable.Reason.UNDECODABLE, 0, "no");
                    }))
                    .isInstanceOf(Unembeddable.class);
        }
    }

    @Test
    void run_afterTheEnd_isRefused() {
        Decoding decoding = new Decoding(1);
        decoding.close();
        assertThatThrownBy(() -> decoding.run(() -> 1)).isInstanceOf(Rejection.class);
    }
}
