package dev.kith.engine.index;

import dev.kith.engine.rows.RowView;

/**
 * A graph and the rows that it is of.
 *
 * @param origin a view of these rows; not acquired
 * @param lacked rows that it did not have when it came, until it has caught up: so long a tail holds nobody back, since
 *     searches were as slow before
 */
record Grown(GraphIndex index, RowView origin, int lacked) {
    /** Bytes of rows that scan in about 20 ms, and that the tail may have before writers are held back. */
    private static final long TAIL_BYTES_MAX = 160L << 20;

    private static final int TAIL_ROWS_MIN = 10_000;

    /** Whether the view is one of its rows. */
    boolean isOf(RowView view) {
        return view.isOfSameRows(origin);
    }

    /** Rows of a view of its own that it has not reached. */
    int tail(RowView view) {
        return Math.max(0, view.rowCount() - index.reach().covered());
    }

    /** Whether that is too many. */
    boolean isTooFarBehind(RowView view) {
        long most = Math.max(TAIL_ROWS_MIN, TAIL_BYTES_MAX / view.layout().strideBytes());
        return isOf(view) && tail(view) > Math.max(most, lacked);
    }

    /** The same, which has all rows that there were. */
    Grown caughtUp() {
        return lacked == 0 ? this : new Grown(index, origin, 0);
    }
}
