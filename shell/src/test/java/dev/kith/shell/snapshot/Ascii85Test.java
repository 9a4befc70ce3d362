package dev.kith.shell.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ascii85Test {
    private static final long SEED = 85;

    @ParameterizedTest
    @ValueSource(strings = {"87cURD]i,\"Ebo80", "<~87cURD]i,\"Ebo80~>"})
    void decode_knownText_isItsBytes(String text) {
        assertThat(Ascii85.decode(text)).hasValue("Hello World!".getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void decode_whatWasEncoded_isTheSame() {
        Random random = new Random(SEED);
        for (int length = 0; length < 200; length++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            if (length % 3 == 0) {
                Arrays.fill(bytes, length / 2, length, (byte) 0);
            }
            assertThat(Ascii85.decode(encode(bytes)))
                    .as("seed %d, length %d", SEED, length)
                    .hasValue(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"!", "87cUR!", "s8W-\"", "uuuuu", "vvvvv", "87 cU", "!!z", "é!!!!", "uu"})
    void decode_whatIsNotOfTheForm_isNothing(String text) {
        assertThat(Ascii85.decode(text)).isEmpty();
    }

    /** Straight from the definition. */
    private static String encode(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (int from = 0; from < bytes.length; from += 4) {
            int count = Math.min(4, bytes.length - from);
            long group = 0;
            for (int at = 0; at < 4; at++) {
                group = (group << 8) | (at < count ? bytes[from + at] & 0xFF : 0);
            }
            if (group == 0 && count == 4) {
                text.append('z');
                continue;
            }
            char[] chars = new char[5];
            for (int at = 4; at >= 0; at--) {
                chars[at] = (char) ('!' + group % 85);
                group /= 85;
            }
            text.append(chars, 0, count + 1);
        }
        return text.toString();
    }
}
