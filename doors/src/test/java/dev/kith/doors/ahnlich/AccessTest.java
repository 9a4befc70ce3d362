package dev.kith.doors.ahnlich;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.service.Keys;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessTest {
    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String KEY = "a-key-that-is-long";

    private static Users users() throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.UTF_8));
        return new Users(Map.of("ann", digest), 16);
    }

    private static String outcome(Access access, String header) {
        Metadata headers = new Metadata();
        if (!header.isEmpty()) {
            headers.put(HEADER, header);
        }
        try {
            return "tenant " + access.tenantOf(headers);
        } catch (StatusRuntimeException refused) {
            return refused.getStatus().getCode() + " " + refused.getStatus().getDescription();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|UNAUTHENTICATED Missing authorization header",
                "Bearer ann:a-key-that-is-long|tenant default",
                "Bearer  ann:a-key-that-is-long|tenant default",
                "Bearer ann:a-key-that-is-lonG|UNAUTHENTICATED Invalid credentials",
                "Bearer bob:a-key-that-is-long|UNAUTHENTICATED Invalid credentials",
                "Bearer bob:short|INVALID_ARGUMENT API key too short, minimum length: 16",
                "Bearer ann|INVALID_ARGUMENT Invalid authorization format, expected 'Bearer username:api_key'",
                "Bearer a:b:c|INVALID_ARGUMENT Invalid authorization format, expected 'Bearer username:api_key'",
                "Basic ann:x|INVALID_ARGUMENT Invalid authorization format, expected 'Bearer username:api_key'",
                "Bearer|INVALID_ARGUMENT Invalid authorization format, expected 'Bearer username:api_key'",
                "Bearer ann:x y|INVALID_ARGUMENT Invalid authorization format, expected 'Bearer username:api_key'",
                "Bearer a\u0001b|INVALID_ARGUMENT Authorization header contains invalid characters"
            })
    void users_comeInWithNameAndKey(String header, String expected) throws Exception {
        assertThat(outcome(new Access(Optional.of(users()), Optional.empty()), header))
                .isEqualTo(expected);
    }

    @Test
    void keysOfKith_sayTheTenant_besideUsers() throws Exception {
        Access both = new Access(Optional.of(users()), Optional.of(new Keys(Map.of("secret", "one"))));
        assertThat(outcome(both, "Bearer secret")).isEqualTo("tenant one");
        assertThat(outcome(both, "Bearer ann:" + KEY)).isEqualTo("tenant default");
        assertThat(outcome(both, "Bearer other")).isEqualTo("UNAUTHENTICATED Invalid credentials");
        Access keys = new Access(Optional.empty(), Optional.of(new Keys(Map.of("secret", "one"))));
        assertThat(outcome(keys, "Bearer ann:" + KEY)).isEqualTo("UNAUTHENTICATED Invalid credentials");
    }

    @Test
    void nobody_isAskedWhereThereAreNoKeys() {
        assertThat(outcome(new Access(Optional.empty(), Optional.empty()), "nonsense"))
                .isEqualTo("tenant default");
    }
}
