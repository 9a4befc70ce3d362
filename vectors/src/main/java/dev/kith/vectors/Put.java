package dev.kith.vectors;

import java.util.List;
import java.util.Optional;

/**
 * Points to store, all or none. A point whose id or key is already there is replaced and keeps its id.
 *
 * @param vectors the vectors; NaN and infinities are refused
 * @param ids {@code long[count]} of ids ≥ 0, or empty: the collection's counter then gives them
 * @param keys one key a vector where the policy is BYTES; empty otherwise
 * @param payloads one payload a vector, or empty: none has one
 * @param onlyExisting refuse the whole put, with NOT_FOUND, unless every id is there already
 */
public record Put(
        VectorBlock vectors, Optional<long[]> ids, List<Key> keys, List<Value.Fields> payloads, boolean onlyExisting) {

    /** A point's key: 1 to {@link Limits#KEY_BYTES_MAX} bytes, ordered as unsigned bytes. */
    public record Key(byte[] bytes) implements Comparable<Key> {
        public Key {
            if (bytes.length == 0 || bytes.length > Limits.KEY_BYTES_MAX) {
                throw Rejection.invalid(
                        "A key has 1 to %d bytes, not %d".formatted(Limits.KEY_BYTES_MAX, bytes.length));
            }
        }

        public static Key of(String text) {
            return new Key(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }

        public String text() {
            return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
        }

        @Override
        public int compareTo(Key other) {
            return java.util.Arrays.compareUnsigned(bytes, other.bytes);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key(byte[] those) && java.util.Arrays.equals(bytes, those);
        }

        @Override
        public int hashCode() {
            return java.util.Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return "Key[" + bytes.length + "]";
        }
    }

    /** Vectors whose ids the collection's counter gives. */
    public static Put append(VectorBlock vectors) {
        return new Put(vectors, Optional.empty(), List.of(), List.of(), false);
    }

    /** Vectors with the ids that the client chose. */
    public static Put withIds(VectorBlock vectors, long[] ids) {
        return new Put(vectors, Optional.of(ids), List.of(), List.of(), false);
    }

    /** New vectors for points that must be there. */
    public static Put replace(VectorBlock vectors, long[] ids) {
        return new Put(vectors, Optional.of(ids), List.of(), List.of(), true);
    }

    /** Points known by keys. */
    public static Put withKeys(VectorBlock vectors, List<Key> keys, List<Value.Fields> payloads) {
        return new Put(vectors, Optional.empty(), List.copyOf(keys), List.copyOf(payloads), false);
    }

    /**
     * What a put did.
     *
     * @param ids {@code long[count]}, the id of each vector in the order given
     * @param replaced how many of the points were there before
     * @param points live points right after it
     */
    public record Result(long[] ids, long replaced, long points) {}
}
