package dev.kith.bench.rivals;

import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.Query;

/** What the bench wants of the façade beyond exact search, in one place; exact search answers until it is there. */
final class GraphCalls {
    private GraphCalls() {}

    /** Rows that the collection's index has not reached yet: exact search reaches all there are. */
    static long tailRows(CollectionInfo info) {
        return info.points() < 0 ? 1 : 0;
    }

    /** The query with so many candidates, 1 or more, in its walk: exact search takes them all. */
    static Query withEf(Query query, int ef) {
        return ef > 0 ? query : withEf(query, 1);
    }
}
