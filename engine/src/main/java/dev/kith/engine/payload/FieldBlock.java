package dev.kith.engine.payload;

import dev.kith.engine.codec.EncodedValue;
import java.util.Arrays;

/**
 * What one field holds in some rows that follow one another: the values that occur, sorted, and for each the rows that
 * have it. What a range or a prefix takes is a run of values, and so a run of rows in one array. Values that many rows
 * have, have a bit a row instead.
 *
 * <pre>
 *   keys             key after key, see FieldKeys
 *   keyStarts[v]     where key v begins; one more at the end
 *   rows             row numbers less the first row, those of value 0 first; ascending for one value
 *   rowStarts[v]     where the rows of value v begin; one more at the end
 *   dense, bits      values that have no rows in that array but bits, ascending
 * </pre>
 *
 * Immutable.
 *
 * @param first a multiple of 64
 * @param count rows, a multiple of 64, {@link #ROWS_MAX} at most
 */
record FieldBlock(int first, int count, Keys keys, Postings postings) {
    /** So many that a row's number takes two bytes. */
    static final int ROWS_MAX = 1 << 16;

    /** What an array takes beside its elements. */
    private static final int ARRAY_BYTES = 16;
    /** This and the two parts. */
    private static final int OBJECTS_BYTES = 96;

    record Keys(byte[] bytes, int[] starts) {
        int count() {
            return starts.length - 1;
        }
    }

    record Postings(char[] rows, int[] starts, int[] dense, long[][] bits) {}

    int end() {
        return first + count;
    }

    /** Heap that it takes. */
    long bytes() {
        return OBJECTS_BYTES
                + 6L * ARRAY_BYTES
                + keys.bytes.length
                + (long) Integer.BYTES * (keys.starts.length + postings.starts.length + postings.dense.length)
                + (long) Character.BYTES * postings.rows.length
                + postings.bits.length * (Integer.BYTES + ARRAY_BYTES + (long) count / Byte.SIZE);
    }

    /** Some values that follow one another, {@code from} up to but without {@code to}. */
    record Run(int from, int to) {
        boolean isEmpty() {
            return from == to;
        }
    }

    /** The run of keys with a tag. */
    Run tagged(byte tag) {
        byte[] key = FieldKeys.of(tag);
        return new Run(from(key), from(FieldKeys.after(key)));
    }

    /** The run of one key, or an empty one. */
    Run run(byte[] key) {
        int at = from(key);
        boolean there = at < keys.count() && compare(at, key) == 0;
        return new Run(at, there ? at + 1 : at);
    }

    /** The number of the first value whose key is not before this one. */
    int from(byte[] key) {
        int low = 0;
        int high = keys.count();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (compare(middle, key) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private int compare(int value, byte[] key) {
        return Arrays.compareUnsigned(keys.bytes, keys.starts[value], keys.starts[value + 1], key, 0, key.length);
    }

    /** The integers in an interval. */
    Run integers(Interval interval) {
        Run all = tagged(EncodedValue.INT);
        return between(
                all,
                value -> interval.isBelow(FieldKeys.integer(keys.bytes, keys.starts[value])),
                value -> !interval.isAbove(FieldKeys.integer(keys.bytes, keys.starts[value])));
    }

    /** The floats in an interval, which are not NaN. */
    Run reals(Interval interval) {
        Run all = tagged(EncodedValue.REAL);
        int end = all.to;
        if (all.from < end && Double.isNaN(FieldKeys.real(keys.bytes, keys.starts[end - 1]))) {
            end--;
        }
        return between(
                new Run(all.from, end),
                value -> interval.isBelow(FieldKeys.real(keys.bytes, keys.starts[value])),
                value -> !interval.isAbove(FieldKeys.real(keys.bytes, keys.starts[value])));
    }

    private interface Side {
        boolean has(int value);
    }

    /** What of a sorted run is neither in its beginning nor beyond what is in before its end. */
    private static Run between(Run run, Side before, Side within) {
        int from = firstWithout(run, before);
        return new Run(from, Math.max(from, firstWithout(run, within)));
    }

    private static int firstWithout(Run run, Side side) {
        int low = run.from;
        int high = run.to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (side.has(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Whether the text of a value has a part in it. */
    boolean contains(int value, byte[] part) {
        return Texts.contains(keys.bytes, keys.starts[value] + 1, keys.starts[value + 1], part);
    }

    /** How many rows have one of the values; one that has several counts as often, and where values are dense, more. */
    int rows(Run run) {
        return postings.starts[run.to] - postings.starts[run.from] + (denseEnd(run.to) - denseEnd(run.from)) * count;
    }

    /** How many of the dense values are before one. */
    private int denseEnd(int value) {
        int at = Arrays.binarySearch(postings.dense, value);
        return at < 0 ? ~at : at;
    }

    /**
     * Lists the rows that have one of the values, those of each value in ascending order.
     *
     * @return where they end in {@code into}
     */
    int list(Run run, int[] into, int from) {
        int end = from;
        for (int i = postings.starts[run.from]; i < postings.starts[run.to]; i++) {
            into[end++] = first + postings.rows[i];
        }
        for (int i = denseEnd(run.from); i < denseEnd(run.to); i++) {
            long[] bits = postings.bits[i];
            for (int word = 0; word < bits.length; word++) {
                for (long left = bits[word]; left != 0; left &= left - 1) {
                    into[end++] = first + (word << 6) + Long.numberOfTrailingZeros(left);
                }
            }
        }
        return end;
    }

    /** Sets the bits of all rows that have one of the values; bit r of all words is row r. */
    void mark(Run run, long[] words) {
        char[] rows = postings.rows;
        for (int i = postings.starts[run.from]; i < postings.starts[run.to]; i++) {
            int row = first + rows[i];
            words[row >>> 6] |= 1L << row;
        }
        for (int i = denseEnd(run.from); i < denseEnd(run.to); i++) {
            long[] bits = postings.bits[i];
            int word = first >>> 6;
            for (int w = 0; w < bits.length; w++) {
                words[word + w] |= bits[w];
            }
        }
    }
}
