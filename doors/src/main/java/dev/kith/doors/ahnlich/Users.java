package dev.kith.doors.ahnlich;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;

/**
 * Users in the original's way: a name, and the SHA-256 of a key. They all share one tenant, since there every user may
 * do everything. Immutable, safe on any thread.
 *
 * @param digests by name, 32 bytes each; owned
 * @param keyLengthMin shorter keys are refused before anybody is looked up
 */
public record Users(Map<String, byte[]> digests, int keyLengthMin) {
    /** Compared with where there is no such user, so that a look-up takes as long. */
    private static final byte[] NOBODY = new byte[32];

    public Users {
        digests = Map.copyOf(digests);
    }

    boolean knows(String name, String key) {
        byte[] expected = digests.getOrDefault(name, NOBODY);
        boolean equal = MessageDigest.isEqual(expected, digest(key));
        return equal && digests.containsKey(name);
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "Users[" + digests.size() + "]";
    }
}
