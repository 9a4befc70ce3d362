package dev.kith.engine.payload;

import dev.kith.engine.rows.RowView;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a view a filter accepts: a list of few, or a bit a row, where indexes could say so, and tests of
 * payloads for what they could not. Whether rows have ended is not looked at. To be used while the view is held; by
 * any thread.
 */
public final class Accepted {
    private final RowView view;
    /** Rows that may be accepted; null: all, or those of the list. None beyond the view's. */
    private final long @Nullable [] bits;

    /** Rows that may be accepted, ascending; null: bits say so. */
    private final int @Nullable [] list;

    private final Doubts doubts;
    private final int candidates;

    /**
     * What bits leave open.
     *
     * @param limit rows from here on were not looked up
     * @param below what accepted rows below pass beside; null: nothing
     * @param beyond what accepted rows from there on pass; null: nothing
     */
    record Doubts(
            int limit, @Nullable RowTest below, @Nullable RowTest beyond) {
        private static final Doubts NONE = new Doubts(Integer.MAX_VALUE, null, null);

        boolean areNone(int rows) {
            return below == null && (beyond == null || rows <= limit);
        }
    }

    private Accepted(RowView view, long @Nullable [] bits, int @Nullable [] list, Doubts doubts) {
        this.view = view;
        this.bits = bits;
        this.list = list;
        this.doubts = doubts;
        this.candidates = list != null ? list.length : bits == null ? view.rowCount() : count(bits);
    }

    private static int count(long[] bits) {
        int count = 0;
        for (long word : bits) {
            count += Long.bitCount(word);
        }
        return count;
    }

    /** Every row. */
    public static Accepted all(RowView view) {
        return new Accepted(view, null, null, Doubts.NONE);
    }

    /** What a test accepts, without any index. */
    static Accepted tested(RowView view, RowTest test) {
        return new Accepted(view, null, null, new Doubts(view.rowCount(), test, null));
    }

    /**
     * What was looked up, where it is little.
     *
     * @param rows ascending; owned
     */
    static Accepted few(RowView view, int[] rows, Doubts doubts) {
        return new Accepted(view, null, rows, doubts);
    }

    /**
     * What was looked up.
     *
     * @param bits owned; where rows from the limit on are in doubt, what they say of these does not count
     */
    static Accepted listed(RowView view, long[] bits, Doubts doubts) {
        int rows = view.rowCount();
        if (doubts.limit() < rows && doubts.beyond() != null) {
            int word = doubts.limit() >>> 6;
            bits[word] |= -1L << doubts.limit();
            Arrays.fill(bits, word + 1, bits.length, -1L);
        }
        if ((rows & 63) != 0) {
            bits[rows >>> 6] &= (1L << rows) - 1;
        }
        Arrays.fill(bits, Math.ceilDiv(rows, Long.SIZE), bits.length, 0);
        return new Accepted(view, bits, null, doubts);
    }

    /** Whether every row is accepted. */
    public boolean isAll() {
        return !isListed() && isCertain();
    }

    /** Whether rows that cannot be accepted need not be looked at. */
    public boolean isListed() {
        return bits != null || list != null;
    }

    /** Whether every candidate is accepted without a look at its payload. */
    public boolean isCertain() {
        return doubts.areNone(view.rowCount());
    }

    /** Rows that may be accepted: not fewer than are. */
    public int candidates() {
        return candidates;
    }

    /** Whether a row may be accepted; list or bits alone say so. */
    public boolean isCandidate(int row) {
        if (list != null) {
            return Arrays.binarySearch(list, row) >= 0;
        }
        return bits == null || (bits[row >>> 6] & 1L << row) != 0;
    }

    /** Whether a row is accepted. */
    public boolean test(int row) {
        if (!isCandidate(row)) {
            return false;
        }
        RowTest test = row < doubts.limit() ? doubts.below() : doubts.beyond();
        return test == null || test.acceptsStored(view.payload(row));
    }

    /** Whether a row that {@link #isCandidate} is accepted. */
    public boolean testCandidate(int row) {
        RowTest test = row < doubts.limit() ? doubts.below() : doubts.beyond();
        return test == null || test.acceptsStored(view.payload(row));
    }

    /** The first candidate from a row on, or the view's row count. */
    public int next(int row) {
        int rows = view.rowCount();
        if (list != null) {
            int from = from(list, row);
            return from == list.length ? rows : list[from];
        }
        if (bits == null || row >= rows) {
            return Math.min(row, rows);
        }
        int at = row >>> 6;
        long word = bits[at] & -1L << row;
        while (word == 0) {
            at++;
            if (at >= bits.length) {
                return rows;
            }
            word = bits[at];
        }
        return (at << 6) + Long.numberOfTrailingZeros(word);
    }

    private static int from(int[] list, int row) {
        int found = Arrays.binarySearch(list, row);
        return found < 0 ? ~found : found;
    }

    /**
     * The first candidates from a row on, in ascending order.
     *
     * @param into gets as many as there are and as it has room for
     * @return how many
     */
    public int take(int row, int[] into) {
        if (list != null) {
            int from = from(list, row);
            int count = Math.min(into.length, list.length - from);
            System.arraycopy(list, from, into, 0, count);
            return count;
        }
        int count = 0;
        if (bits == null) {
            for (int next = row; next < view.rowCount() && count < into.length; next++) {
                into[count++] = next;
            }
            return count;
        }
        for (int at = row >>> 6; at < bits.length; at++) {
            long word = at == row >>> 6 ? bits[at] & -1L << row : bits[at];
            for (; word != 0; word &= word - 1) {
                if (count == into.length) {
                    return count;
                }
                into[count++] = (at << 6) + Long.numberOfTrailingZeros(word);
            }
        }
        return count;
    }

    /** The live rows that are accepted, in ascending order. */
    public int[] rows() {
        int[] found = new int[Math.min(candidates, 1024)];
        int count = 0;
        for (int row = next(0); row < view.rowCount(); row = next(row + 1)) {
            if (view.isLive(row) && testCandidate(row)) {
                if (count == found.length) {
                    found = Arrays.copyOf(found, (int) Math.min(candidates, 2L * count));
                }
                found[count++] = row;
            }
        }
        return Arrays.copyOf(found, count);
    }
}
