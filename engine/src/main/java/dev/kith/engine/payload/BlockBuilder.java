package dev.kith.engine.payload;

import dev.kith.engine.codec.EncodedValue;
import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowView;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Rejection;
import java.util.Arrays;

/**
 * Makes a block of the payloads of some rows. Values get numbers in the order in which they come, through a hash table;
 * at the end they are sorted and the rows counted out to them.
 *
 * <p>Cost: O(values) and the sorting of those that are different. What it holds meanwhile is taken from the budget as
 * it grows. Used once, by one thread.
 */
final class BlockBuilder implements EncodedValue.Visitor {
    private static final int CAPACITY_MIN = 64;
    /** Bytes of keys, and values that rows have: above it arrays end. Blocks are far smaller, or their rows are odd. */
    private static final int SIZE_MAX = 1 << 29;

    /** A value has a bit a row where that takes less than a number for each row that has it. */
    private static final int DENSE_SHARE = Character.SIZE;

    private final MemoryBudget budget;
    private final int first;
    private long taken;

    private byte[] keys = new byte[CAPACITY_MIN * FieldKeys.NUMBER_BYTES + FieldKeys.BYTES_MAX];
    private int[] keyStarts = new int[CAPACITY_MIN + 1];
    private int values;
    /** Value numbers + 1 by hash; at most half full. */
    private int[] table = new int[2 * CAPACITY_MIN];

    /** The last row that has a value, so that one that has it twice counts once. */
    private int[] lastRows = new int[CAPACITY_MIN];

    private int[] postedValues = new int[CAPACITY_MIN];
    private char[] postedRows = new char[CAPACITY_MIN];
    private int posted;
    private int row;

    private BlockBuilder(int first, MemoryBudget budget) {
        this.first = first;
        this.budget = budget;
    }

    /**
     * A block of the rows from {@code first} on; its bytes are taken from the budget, or it is refused.
     *
     * @param view has the rows
     */
    static FieldBlock build(RowView view, Span span, FieldPath field, MemoryBudget budget) {
        BlockBuilder builder = new BlockBuilder(span.first(), budget);
        try {
            builder.post(view, span, field);
            FieldBlock block = builder.block(span.count());
            builder.take(block.bytes() - builder.taken);
            return block;
        } catch (RuntimeException | Error e) {
            builder.take(-builder.taken);
            throw e;
        }
    }

    /** Rows that follow one another. */
    record Span(int first, int count) {}

    private void post(RowView view, Span span, FieldPath field) {
        byte[][] path = Texts.utf8(field.steps());
        for (row = span.first(); row < span.first() + span.count(); row++) {
            byte[] payload = view.payload(row);
            if (payload != null) {
                var _ = EncodedValue.visit(payload, path, this);
            }
        }
    }

    @Override
    public boolean visit(byte[] bytes, int at) {
        makeRoom();
        int start = keyStarts[values];
        keys[start] = FieldKeys.EXISTS;
        post(start + 1);
        start = keyStarts[values];
        post(start + FieldKeys.write(bytes, at, keys, start));
        return false;
    }

    /** Posts the row under the key that was written where the next one is to begin. */
    private void post(int keyEnd) {
        int start = keyStarts[values];
        int slot = slot(start, keyEnd);
        int value = table[slot] - 1;
        if (value < 0) {
            value = values++;
            table[slot] = values;
            keyStarts[values] = keyEnd;
            lastRows[value] = -1;
        }
        if (lastRows[value] != row) {
            lastRows[value] = row;
            postedValues[posted] = value;
            postedRows[posted] = (char) (row - first);
            posted++;
        }
    }

    private int slot(int start, int end) {
        int mask = table.length - 1;
        int hash = 0;
        for (int i = start; i < end; i++) {
            hash = 31 * hash + keys[i];
        }
        hash *= 0x9E3779B9;
        int slot = (hash ^ hash >>> 16) & mask;
        while (table[slot] != 0) {
            int known = table[slot] - 1;
            if (Arrays.equals(keys, start, end, keys, keyStarts[known], keyStarts[known + 1])) {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /** For two more keys and rows. */
    private void makeRoom() {
        int keyBytes = keyStarts[values] + 2 * FieldKeys.BYTES_MAX;
        if (keyBytes > keys.length) {
            take(grown(keys.length));
            keys = Arrays.copyOf(keys, Math.max(keyBytes, 2 * keys.length));
        }
        if (values + 2 > lastRows.length) {
            take(grown(lastRows.length) * 4L * Integer.BYTES);
            keyStarts = Arrays.copyOf(keyStarts, 2 * lastRows.length + 1);
            lastRows = Arrays.copyOf(lastRows, 2 * lastRows.length);
            int[] old = table;
            table = new int[2 * old.length];
            for (int value : old) {
                if (value != 0) {
                    table[slot(keyStarts[value - 1], keyStarts[value])] = value;
                }
            }
        }
        if (posted + 2 > postedRows.length) {
            take(grown(postedRows.length) * (long) (Integer.BYTES + Character.BYTES));
            postedValues = Arrays.copyOf(postedValues, 2 * postedValues.length);
            postedRows = Arrays.copyOf(postedRows, 2 * postedRows.length);
        }
    }

    /** By how much an array of that length grows. */
    private static int grown(int length) {
        if (length > SIZE_MAX) {
            throw new Rejection(Rejection.Code.EXHAUSTED, "A field has more values than can be indexed");
        }
        return length;
    }

    private void take(long bytes) {
        if (bytes > 0) {
            budget.reserve(0, bytes);
        } else {
            budget.release(0, -bytes);
        }
        taken += bytes;
    }

    private FieldBlock block(int count) {
        int[] order = order();
        int[] places = new int[values];
        byte[] sorted = new byte[keyStarts[values]];
        int[] starts = new int[values + 1];
        for (int i = 0; i < values; i++) {
            int value = order[i];
            int length = keyStarts[value + 1] - keyStarts[value];
            places[value] = i;
            System.arraycopy(keys, keyStarts[value], sorted, starts[i], length);
            starts[i + 1] = starts[i] + length;
        }
        return new FieldBlock(first, count, new FieldBlock.Keys(sorted, starts), postings(places, count));
    }

    /** Value numbers in the order of their keys. */
    private int[] order() {
        return KeyOrder.of(keys, Arrays.copyOf(keyStarts, values + 1));
    }

    /** @param places where each value is among the sorted ones */
    private FieldBlock.Postings postings(int[] places, int count) {
        int[] rowsOf = new int[values];
        for (int i = 0; i < posted; i++) {
            rowsOf[places[postedValues[i]]]++;
        }
        int[] dense = new int[values];
        int denseCount = 0;
        int[] starts = new int[values + 1];
        for (int value = 0; value < values; value++) {
            boolean isDense = rowsOf[value] > count / DENSE_SHARE;
            starts[value + 1] = starts[value] + (isDense ? 0 : rowsOf[value]);
            rowsOf[value] = isDense ? ~denseCount : starts[value];
            if (isDense) {
                dense[denseCount++] = value;
            }
        }
        char[] rows = new char[starts[values]];
        long[][] bits = new long[denseCount][count / Long.SIZE];
        for (int i = 0; i < posted; i++) {
            int value = places[postedValues[i]];
            int to = rowsOf[value];
            if (to < 0) {
                bits[~to][postedRows[i] >>> 6] |= 1L << postedRows[i];
            } else {
                rows[to] = postedRows[i];
                rowsOf[value]++;
            }
        }
        return new FieldBlock.Postings(rows, starts, Arrays.copyOf(dense, denseCount), bits);
    }
}
