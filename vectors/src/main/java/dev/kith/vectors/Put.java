package dev.kith.vectors;

import java.util.List;
import java.util.Optional;

/**
 * Points to store, all or none. A point whose id or key is already there keeps its id.
 *
 * @param vectors the vectors; NaN and infinities are refused
 * @param ids {@code long[count]} of ids ≥ 0, or empty: the collection's counter then gives them
 * @param keys one key a vector where the policy is BYTES; empty otherwise
 * @param payloads one payload a vector, or empty: none has one
 * @param known what becomes of points that are there already
 * @param instead points that the filter accepts, and that this put does not name, end with it, all in one step; empty:
 *     none do
 */
public record Put(
        VectorBlock vectors,
        Optional<long[]> ids,
        List<Key> keys,
        List<Value.Fields> payloads,
        Known known,
        Optional<Filter> instead) {

    /** What becomes of a point whose id or key is there already, be it from earlier in the same put. */
    public enum Known {
        /** It is replaced. Of a point that a put has twice, the last counts. */
        REPLACE,
        /** It is replaced, and must be there: else the whole put is refused with NOT_FOUND. */
        REQUIRE,
        /** It is left as it is, and the others are stored. Of a point that a put has twice, the first counts. */
        KEEP
    }

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
        return new Put(vectors, Optional.empty(), List.of(), List.of(), Known.REPLACE, Optional.empty());
    }

    /** Vectors with the ids that the client chose. */
    public static Put withIds(VectorBlock vectors, long[] ids) {
        return new Put(vectors, Optional.of(ids), List.of(), List.of(), Known.REPLACE, Optional.empty());
    }

    /** New vectors for points that must be there. */
    public static Put replace(VectorBlock vectors, long[] ids) {
        return new Put(vectors, Optional.of(ids), List.of(), List.of(), Known.REQUIRE, Optional.empty());
    }

    /** Points known by keys. */
    public static Put withKeys(VectorBlock vectors, List<Key> keys, List<Value.Fields> payloads) {
        return new Put(
                vectors, Optional.empty(), List.copyOf(keys), List.copyOf(payloads), Known.REPLACE, Optional.empty());
    }

    /** The same points, with another answer to those that are there already. */
    public Put with(Known other) {
        return new Put(vectors, ids, keys, payloads, other, instead);
    }

    /** The same points, in the place of those that the filter accepts. */
    public Put insteadOf(Filter others) {
        return new Put(vectors, ids, keys, payloads, known, Optional.of(others));
    }

    /**
     * What a put did.
     *
     * @param ids {@code long[count]}, the id of each vector in the order given
     * @param existed {@code boolean[count]}, whether each point was there before, be it from earlier in the same put
     * @param points live points right after it
     */
    public record Result(long[] ids, boolean[] existed, long points) {
        /** How many of the points were there before; with {@link Known#KEEP} these were left as they were. */
        public long replaced() {
            long count = 0;
            for (boolean one : existed) {
                count += one ? 1 : 0;
            }
            return count;
        }
    }
}
