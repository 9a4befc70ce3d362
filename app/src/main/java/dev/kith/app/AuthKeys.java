package dev.kith.app;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads keys and their tenants. No fault text ever contains a key. */
final class AuthKeys {
    /** Characters of a key: the FAISSx protocol's bound. */
    static final int KEY_CHARS_MAX = 256;
    /** Characters of a tenant: the FAISSx protocol's bound. */
    static final int TENANT_CHARS_MAX = 128;
    /** Bytes of a key file: some ten thousand keys. */
    static final long FILE_BYTES_MAX = 4L << 20;

    private AuthKeys() {}

    /** Reads {@code key1:tenant1,key2:tenant2}: spaces are trimmed, and the first colon divides. */
    static Map<String, String> parse(String text) {
        Map<String, String> keys = new LinkedHashMap<>();
        int entry = 0;
        for (String pair : text.split(",", -1)) {
            entry++;
            int colon = pair.indexOf(':');
            if (colon < 0) {
                throw new IllegalArgumentException("entry %d is not key:tenant".formatted(entry));
            }
            put(keys, pair.substring(0, colon).trim(), pair.substring(colon + 1).trim(), entry);
        }
        return keys;
    }

    /** Reads a JSON object of key to tenant. */
    static Map<String, String> read(Path file) {
        JsonNode tree;
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new IllegalArgumentException("has more than %d bytes".formatted(FILE_BYTES_MAX));
            }
            tree = new ObjectMapper()
                    .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException malformed) {
            // Its message may quote the file, so only the place is passed on.
            int line = malformed.getLocation() == null
                    ? 0
                    : malformed.getLocation().getLineNr();
            throw new IllegalArgumentException("is not JSON with each key once (line %d)".formatted(line), malformed);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("cannot be read", unreadable);
        }
        if (!tree.isObject()) {
            throw new IllegalArgumentException("is not a JSON object of key to tenant");
        }
        Map<String, String> keys = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : tree.properties()) {
            if (!entry.getValue().isTextual()) {
                throw new IllegalArgumentException("the tenant of entry %d is not a string".formatted(keys.size() + 1));
            }
            put(keys, entry.getKey(), entry.getValue().textValue(), keys.size() + 1);
        }
        return keys;
    }

    private static void put(Map<String, String> keys, String key, String tenant, int entry) {
        if (key.isEmpty() || key.length() > KEY_CHARS_MAX) {
            throw new IllegalArgumentException(
                    "the key of entry %d has not 1 to %d characters".formatted(entry, KEY_CHARS_MAX));
        }
        if (tenant.isEmpty() || tenant.length() > TENANT_CHARS_MAX) {
            throw new IllegalArgumentException(
                    "the tenant of entry %d has not 1 to %d characters".formatted(entry, TENANT_CHARS_MAX));
        }
        if (keys.putIfAbsent(key, tenant) != null) {
            throw new IllegalArgumentException("the key of entry %d is there twice".formatted(entry));
        }
    }
}
