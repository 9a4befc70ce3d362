package dev.kith.engine.payload;

import dev.kith.engine.rows.RowView;
import dev.kith.vectors.Filter;
import java.util.stream.IntStream;

/**
 * Rows that a filter accepts of one view, found before a writer has its turn. Then only these are looked at again, and
 * what has come since: a row's payload never changes. The view is held meanwhile.
 */
public final class Matches {
    private final PayloadIndexes indexes;
    private final Filter filter;
    private final RowView view;
    private final int[] rows;

    Matches(PayloadIndexes indexes, Filter filter, RowView view) {
        this.indexes = indexes;
        this.filter = filter;
        this.view = view;
        this.rows = indexes.accepted(filter, view).rows();
    }

    /** The live rows that the filter accepts of the same view or a newer one, in ascending order. */
    public int[] in(RowView now) {
        if (!now.isOfSameRows(view)) {
            return indexes.accepted(filter, now).rows();
        }
        RowTest test = RowTest.of(filter);
        IntStream since =
                IntStream.range(view.rowCount(), now.rowCount()).filter(row -> test.acceptsStored(now.payload(row)));
        return IntStream.concat(IntStream.of(rows), since).filter(now::isLive).toArray();
    }
}
