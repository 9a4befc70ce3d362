package dev.kith.engine.rows;

import java.lang.foreign.MemorySegment;

/**
 * New rows with the living ones of some others, in any order, and then with what happened to those meanwhile. Ids, keys
 * and payloads stay the same. One thread; the views that are given are held by the caller.
 */
public final class RowsCopy {
    private static final int ROWS_PER_PULSE = 1024;

    private final Rows from;
    private final Rows to;
    private long[] ended = new long[0];
    private int seen;

    /** Makes room for so many rows, or refuses. */
    public RowsCopy(RowView view, MemoryBudget budget, int count) {
        this.from = view.rows();
        this.to = new Rows(from.layout(), budget);
        try {
            to.reserve(count, row -> row, 0); // What ids, keys and payloads take is counted as they come.
        } catch (RuntimeException | Error e) {
            to.release();
            throw e;
        }
    }

    /** The new rows; whoever does not use them releases them. */
    public Rows rows() {
        return to;
    }

    /** What has been copied so far, for the thread that copies; not acquired. */
    public RowView view() {
        return to.view(0);
    }

    /**
     * Copies rows that are live in a view; all that are not copied have ended there.
     *
     * @param order row numbers
     * @param pulse runs often; what it throws ends it
     */
    public void copy(RowView view, int[] order, Runnable pulse) {
        for (int i = 0; i < order.length; i++) {
            if (i % ROWS_PER_PULSE == 0) {
                pulse.run();
            }
            copy(view, order[i]);
        }
        seen = view.rowCount();
        ended = new long[Math.ceilDiv(seen, Long.SIZE)];
        for (int row = 0; row < seen; row++) {
            if (!view.isLive(row)) {
                ended[row >>> 6] |= 1L << row;
            }
        }
    }

    private void copy(RowView view, int row) {
        long id = view.id(row);
        to.reserve(1, only -> id, Rows.describedBytes(view.key(row), view.payload(row)));
        MemorySegment vector =
                view.memory(row).asSlice(view.offset(row), view.layout().vectorBytes());
        int copied = to.stage(vector, 1);
        to.describe(copied, id, view.key(row), view.payload(row));
        var _ = to.link(1, Math.max(1, view.sequence()));
    }

    /**
     * Does what happened until a newer view of the same rows.
     *
     * @return how many rows came or ended
     */
    public int catchUp(RowView view) {
        int changes = 0;
        int before = seen;
        for (int row = before; row < view.rowCount(); row++) {
            if (view.isLive(row)) {
                copy(view, row);
            }
            changes++;
        }
        seen = view.rowCount();
        for (int word = 0; word < ended.length; word++) {
            long bits = from.endedWord(word) & ~ended[word];
            for (; bits != 0; bits &= bits - 1) {
                int row = (word << 6) + Long.numberOfTrailingZeros(bits);
                if (row < before && !view.isLive(row)) {
                    ended[word] |= 1L << row;
                    changes++;
                    if (view.rowOf(view.id(row)) < 0) {
                        var _ = to.delete(view.id(row), view.sequence());
                    }
                }
            }
        }
        noteNew(view, before);
        return changes;
    }

    /** Rows that came and ended before they were copied are not to be ended again. */
    private void noteNew(RowView view, int before) {
        ended = java.util.Arrays.copyOf(ended, Math.ceilDiv(seen, Long.SIZE));
        for (int row = before; row < seen; row++) {
            if (!view.isLive(row)) {
                ended[row >>> 6] |= 1L << row;
            }
        }
    }
}
