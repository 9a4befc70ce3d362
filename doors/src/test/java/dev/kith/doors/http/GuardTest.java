package dev.kith.doors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuardTest {
    private static final Guard OPEN = new Guard(Optional.empty(), "default", Set.of());
    private static final Guard KEYS =
            new Guard(Optional.of(key -> Optional.ofNullable(Map.of("k", "ann").get(key))), "default", Set.of());

    private static Guard.Verdict judge(Guard guard, Access access, Map<String, String> headers) {
        return guard.judge(access, name -> headers.containsKey(name) ? List.of(headers.get(name)) : List.of());
    }

    @Test
    void judge_knownKey_givesItsTenant() {
        assertThat(judge(KEYS, Access.KEY, Map.of("Authorization", "Bearer k")))
                .isEqualTo(new Guard.Verdict.Passed("ann"));
        assertThat(judge(KEYS, Access.KEY, Map.of())).isInstanceOf(Guard.Verdict.Refused.class);
        assertThat(judge(KEYS, Access.SHELL, Map.of())).isEqualTo(new Guard.Verdict.Passed("default"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:4213, , true",
        "http://evil.example, , false",
        "null, , false",
        "http://evil.example, same-origin, true",
        "http://127.0.0.1:4213, cross-site, false",
        ", cross-site, false",
        ", same-site, false",
        ", none, true",
        ", , true"
    })
    void judge_withoutKeys_refusesPagesOfOtherSites(String origin, String site, boolean passes) {
        Map<String, String> headers = new java.util.HashMap<>(Map.of("Host", "127.0.0.1:4213"));
        if (origin != null) {
            headers.put("Origin", origin);
        }
        if (site != null) {
            headers.put("Sec-Fetch-Site", site);
        }
        assertThat(judge(OPEN, Access.KEY, headers) instanceof Guard.Verdict.Passed)
                .isEqualTo(passes);
    }
}
