package dev.kith.vectors;

import java.util.List;

/** A predicate on a point's payload. A point without payload has an empty object. */
public sealed interface Filter {
    /** Accepts every point. */
    Filter ALL = new And(List.of());

    /** True where the payload has the field at the top level and its value equals this one. */
    record Equals(String field, Value value) implements Filter {}

    /** True where all of these are; of none, always. */
    record And(List<Filter> filters) implements Filter {
        public And {
            filters = List.copyOf(filters);
        }
    }
}
