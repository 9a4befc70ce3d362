package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.service.Caller;
import dev.kith.service.Keys;
import dev.kith.vectors.Rejection;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Finds out whose request it is. The tenant is the key's; what a client says about its tenant is checked for form and
 * then ignored. Without authentication both fields are ignored.
 */
final class Access {
    static final String API_KEY = "api_key";
    static final String TENANT_ID = "tenant_id";
    private static final String INVALID_KEY = "Invalid API key";

    private Access() {}

    static String tenantOf(FieldReader fields, Optional<Keys> keys) {
        if (keys.isEmpty()) {
            return Caller.TENANT_DEFAULT;
        }
        String key = keyIn(fields);
        if (fields.has(TENANT_ID)) {
            requireTenantForm(fields);
        }
        return keys.get().tenantOf(key.getBytes(StandardCharsets.UTF_8)).orElseThrow(() -> refusal(INVALID_KEY));
    }

    private static String keyIn(FieldReader fields) {
        if (!fields.has(API_KEY)) {
            throw refusal("API key required");
        }
        MsgpackReader reader = fields.top().at(API_KEY);
        if (reader.peek() != Kind.TEXT) {
            throw refusal(INVALID_KEY);
        }
        String key = reader.readTextUpTo(WireLimits.API_KEY_BYTES_MAX).orElseThrow(() -> refusal(INVALID_KEY));
        if (key.isEmpty()) {
            throw refusal("API key required");
        }
        return key;
    }

    private static void requireTenantForm(FieldReader fields) {
        MsgpackReader reader = fields.top().at(TENANT_ID);
        boolean fits = reader.peek() == Kind.TEXT
                && reader.readTextUpTo(WireLimits.TENANT_CHARS_MAX * 4)
                        .filter(tenant -> tenant.length() <= WireLimits.TENANT_CHARS_MAX)
                        .isPresent();
        if (!fits) {
            throw refusal("Invalid tenant ID");
        }
    }

    static Rejection refusal(String text) {
        return new Rejection(Rejection.Code.UNAUTHENTICATED, text);
    }
}
