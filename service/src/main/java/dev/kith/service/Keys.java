package dev.kith.service;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.Optional;

/**
 * Who may come in: keys and the tenants they belong to. Only SHA-256 digests are kept. A look-up compares with every
 * key, each in constant time, so its duration says nothing about which key was close. Immutable, safe on any thread.
 */
public final class Keys {
    /** Far above any real table; bounds the time of a look-up. */
    private static final int KEYS_MAX = 100_000;

    private final byte[][] digests;
    private final String[] tenants;

    /**
     * @param tenantByKey at least one key; neither keys nor tenants may be empty
     * @throws IllegalArgumentException where there is no key, or an empty half; the message shows no key
     */
    public Keys(Map<String, String> tenantByKey) {
        if (tenantByKey.isEmpty() || tenantByKey.size() > KEYS_MAX) {
            throw new IllegalArgumentException("1 to %d keys, not %d".formatted(KEYS_MAX, tenantByKey.size()));
        }
        digests = new byte[tenantByKey.size()][];
        tenants = new String[tenantByKey.size()];
        int at = 0;
        for (var entry : tenantByKey.entrySet()) {
            if (entry.getKey().isEmpty() || entry.getValue().isEmpty()) {
                throw new IllegalArgumentException("A key or its tenant is empty");
            }
            digests[at] = digest(entry.getKey().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            tenants[at] = entry.getValue();
            at++;
        }
    }

    /**
     * The tenant that a key belongs to.
     *
     * @param key in UTF-8
     */
    public Optional<String> tenantOf(byte[] key) {
        byte[] given = digest(key);
        int found = -1;
        for (int i = 0; i < digests.length; i++) {
            found = MessageDigest.isEqual(digests[i], given) ? i : found;
        }
        return found < 0 ? Optional.empty() : Optional.of(tenants[found]);
    }

    private static byte[] digest(byte[] key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "Keys[" + digests.length + "]";
    }
}
