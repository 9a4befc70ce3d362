package dev.kith.engine.scan;

import dev.kith.engine.payload.Accepted;
import dev.kith.engine.rows.RowView;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Query;

/**
 * What is asked of the rows of a view, which the caller holds.
 *
 * @param accepted rows of the view that the query's filter accepts
 */
public record Asked(RowView view, Query query, Metric metric, Accepted accepted) {
    /** The same without a look at the query's filter. */
    public static Asked ofAll(RowView view, Query query, Metric metric) {
        return new Asked(view, query, metric, Accepted.all(view));
    }
}
