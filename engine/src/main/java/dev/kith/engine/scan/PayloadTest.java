package dev.kith.engine.scan;

import dev.kith.engine.codec.ValueCodec;
import dev.kith.engine.rows.RowView;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;

/** Asks a filter of a row's payload. Stateless. */
public final class PayloadTest {
    private PayloadTest() {}

    /** Refuses a filter that is nested deeper than {@link Limits#DEPTH_MAX}. */
    public static void requireShallow(Filter filter) {
        requireShallow(filter, 0);
    }

    private static void requireShallow(Filter filter, int depth) {
        if (depth > Limits.DEPTH_MAX) {
            throw Rejection.invalid("A filter has at most %d levels".formatted(Limits.DEPTH_MAX));
        }
        if (filter instanceof Filter.And(var filters)) {
            filters.forEach(inner -> requireShallow(inner, depth + 1));
        }
    }

    public static boolean accepts(Filter filter, RowView view, int row) {
        if (filter.equals(Filter.ALL)) {
            return true;
        }
        byte[] payload = view.payload(row);
        return accepts(filter, payload == null ? Value.Fields.EMPTY : ValueCodec.decodeFields(payload));
    }

    static boolean accepts(Filter filter, Value.Fields payload) {
        return switch (filter) {
            case Filter.Equals(String field, Value value) ->
                value.equals(payload.values().get(field));
            case Filter.And(var filters) -> filters.stream().allMatch(inner -> accepts(inner, payload));
        };
    }
}
