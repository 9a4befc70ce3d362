package dev.kith.engine.payload;

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
 * All of its rows are between two multiples of {@link #ROWS_MAX}, so that a bit for each row of such a span has place
 * for the rows of any block. Immutable.
 *
 * @param first a multiple of 64
 * @param count rows, a multiple of 64, {@link #ROWS_MAX} at most
 */
record FieldBlock(int first, int count, Keys keys, Postings postings) {
    /** So many that a row's number takes two bytes. */
    static final int ROWS_MAX = 1 << 16;

    FieldBlock {
        if (!isSpan(first, count)) {
            throw new IllegalStateException("No block has %d rows from %d on".formatted(count, first));
        }
    }

    /** Whether a block may have these rows. */
    static boolean isSpan(int first, int count) {
        return first >= 0
                && first % Long.SIZE == 0
                && count >= 0
                && count % Long.SIZE == 0
                && count <= ROWS_MAX - first % ROWS_MAX;
    }

    /** What an array takes beside its elements. */
    private static final int ARRAY_BYTES = 16;
    /** This and the two parts. */
    private static final int OBJECTS_BYTES = 96;

    /** @param tags where the keys with each tag begin, and what is after the last: a range is searched among its own */
    record Keys(byte[] bytes, int[] starts, int[] tags) {
        Keys(byte[] bytes, int[] starts) {
            this(bytes, starts, new int[FieldKeys.LONG + 2]);
            for (byte tag = 0; tag < tags.length; tag++) {
                tags[tag] = from(FieldKeys.of(tag));
            }
        }

        int count() {
            return starts.length - 1;
        }

        /** The number of the first value whose key is not before this one. */
        int from(byte[] key) {
            int low = 0;
            int high = count();
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

        int compare(int value, byte[] key) {
            return Arrays.compareUnsigned(bytes, starts[value], starts[value + 1], key, 0, key.length);
        }

        /** The first of the integers or floats in a run that is not before a number, as both sort. */
        int from(long number, Run run) {
            int low = run.from;
            int high = run.to;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (FieldKeys.sorted(bytes, starts[middle]) < number) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }
    }

    record Postings(char[] rows, int[] starts, int[] dense, long[][] bits) {}

    int end() {
        return first + count;
    }

    /** Heap that it takes. */
    long bytes() {
        return OBJECTS_BYTES
                + 7L * ARRAY_BYTES
                + keys.bytes.length
                + (long) Integer.BYTES * (keys.starts.length + keys.tags.length)
                + (long) Integer.BYTES * (postings.starts.length + postings.dense.length)
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
        return new Run(keys.tags[tag], keys.tags[tag + 1]);
    }

    /** The run of one key, or an empty one. */
    Run run(byte[] key) {
        int at = keys.from(key);
        boolean there = at < keys.count() && keys.compare(at, key) == 0;
        return new Run(at, there ? at + 1 : at);
    }

    /** The number of the first value whose key is not before this one. */
    int from(byte[] key) {
        return keys.from(key);
    }

    /** The integers or the floats, by their tag, that are in a span. */
    Run numbers(byte tag, Interval.Span span) {
        Run all = tagged(tag);
        int from = keys.from(span.least(), all);
        Run rest = new Run(from, all.to);
        return new Run(from, span.most() == Long.MAX_VALUE ? all.to : keys.from(span.most() + 1, rest));
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
