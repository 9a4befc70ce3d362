package dev.kith.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KeysTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void tenantOf_knownKey_isItsTenant() {
        Keys keys = new Keys(Map.of("key-1", "tenant-1", "schlüssel", "tenant-2", "other", "tenant-1"));
        assertThat(keys.tenantOf(utf8("key-1"))).contains("tenant-1");
        assertThat(keys.tenantOf(utf8("schlüssel"))).contains("tenant-2");
        assertThat(keys.tenantOf(utf8("other"))).contains("tenant-1");
    }

    @Test
    void tenantOf_anythingElse_isNobody() {
        Keys keys = new Keys(Map.of("key-1", "tenant-1"));
        for (String wrong : new String[] {"", "key-", "key-11", "KEY-1", "tenant-1", "x".repeat(100_000)}) {
            assertThat(keys.tenantOf(utf8(wrong))).as(wrong).isEmpty();
        }
    }

    @Test
    void keys_withoutAnyOrWithAnEmptyHalf_areRefusedWithoutShowingThem() {
        assertThatThrownBy(() -> new Keys(Map.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Keys(Map.of("", "tenant"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Keys(Map.of("secret", "")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }

    @Test
    void toString_showsNoKey() {
        assertThat(new Keys(Map.of("secret", "tenant"))).hasToString("Keys[1]");
    }
}
