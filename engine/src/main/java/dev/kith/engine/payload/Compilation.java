package dev.kith.engine.payload;

import dev.kith.engine.rows.RowView;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes bits of a filter, as far as there are blocks of the fields that it names; what is left is tested. Of "and", one
 * part that can be looked up is enough to leave few rows to test. Used once, by one thread.
 *
 * <p>Cost: a look-up a block, field and value, and a word a 64 rows for every part of the filter.
 */
final class Compilation {
    private final RowView view;
    private final Map<FieldPath, FieldBlock[]> blocks;
    /** Rows below are in the blocks of all fields that are used. */
    private final int limit;

    private final int words;

    /**
     * What is known of a part of the filter.
     *
     * @param bits rows below the limit that may be accepted; null: all
     * @param rest what these pass beside; null: nothing, the bits are right
     */
    private record Part(long @Nullable [] bits, @Nullable Filter rest) {
        static final Part ALL = new Part(null, null);

        static Part unknown(Filter filter) {
            return new Part(null, filter);
        }
    }

    private Compilation(RowView view, Map<FieldPath, FieldBlock[]> blocks, Filter filter) {
        this.view = view;
        this.blocks = blocks;
        this.limit = limit(filter, view.rowCount());
        int end = view.rowCount();
        for (FieldBlock[] all : blocks.values()) {
            end = Math.max(end, covered(all)); // A block may go on beyond the view.
        }
        this.words = Math.ceilDiv(end, Long.SIZE);
    }

    static int covered(FieldBlock[] blocks) {
        return blocks.length == 0 ? 0 : blocks[blocks.length - 1].end();
    }

    /** @param blocks of the view's rows, by field */
    static Accepted of(Filter filter, RowView view, Map<FieldPath, FieldBlock[]> blocks) {
        if (filter.equals(Filter.ALL)) {
            return Accepted.all(view);
        }
        RowTest whole = RowTest.of(filter);
        return blocks.isEmpty()
                ? Accepted.tested(view, whole)
                : new Compilation(view, blocks, filter).accepted(filter, whole);
    }

    private Accepted accepted(Filter filter, RowTest whole) {
        Part part = part(filter);
        RowTest rest = part.rest == null ? null : RowTest.of(part.rest);
        if (part.bits == null) {
            return rest == null ? Accepted.all(view) : Accepted.tested(view, whole);
        }
        return Accepted.listed(view, part.bits, new Accepted.Doubts(limit, rest, whole));
    }

    private int limit(Filter filter, int rows) {
        return switch (filter) {
            case Filter.And(var filters) -> limit(filters, rows);
            case Filter.Or(var filters) -> limit(filters, rows);
            case Filter.Not(var inner) -> limit(inner, rows);
            default -> {
                FieldBlock[] of = blocks.get(PayloadTest.field(filter));
                yield of == null ? rows : Math.min(rows, covered(of));
            }
        };
    }

    private int limit(List<Filter> filters, int rows) {
        int least = rows;
        for (Filter filter : filters) {
            least = limit(filter, least);
        }
        return least;
    }

    private Part part(Filter filter) {
        return switch (filter) {
            case Filter.And(var filters) -> and(filters);
            case Filter.Or(var filters) -> or(filter, filters);
            case Filter.Not(var inner) -> not(filter, part(inner));
            default -> Lookup.of(filter).map(lookup -> look(filter, lookup)).orElseGet(() -> Part.unknown(filter));
        };
    }

    private Part look(Filter filter, Lookup lookup) {
        FieldBlock[] of = blocks.get(lookup.field());
        if (of == null) {
            return Part.unknown(filter);
        }
        long[] bits = new long[words];
        boolean certain = true;
        for (FieldBlock block : of) {
            if (block.first() < limit) {
                certain &= lookup.mark(block, bits);
            }
        }
        return new Part(bits, certain ? null : filter);
    }

    private Part and(List<Filter> filters) {
        long[] bits = null;
        List<Filter> rest = new ArrayList<>();
        for (Filter filter : filters) {
            Part part = part(filter);
            Optional.ofNullable(part.rest).ifPresent(rest::add);
            if (bits == null) {
                bits = part.bits;
            } else if (part.bits != null) {
                for (int i = 0; i < bits.length; i++) {
                    bits[i] &= part.bits[i];
                }
            }
        }
        return new Part(bits, rest.isEmpty() ? null : rest.size() == 1 ? rest.getFirst() : new Filter.And(rest));
    }

    private Part or(Filter or, List<Filter> filters) {
        long[] bits = new long[words];
        boolean certain = true;
        for (Filter filter : filters) {
            Part part = part(filter);
            if (part.bits == null) {
                return part.rest == null ? Part.ALL : Part.unknown(or);
            }
            certain &= part.rest == null;
            for (int i = 0; i < bits.length; i++) {
                bits[i] |= part.bits[i];
            }
        }
        return new Part(bits, certain ? null : or);
    }

    private Part not(Filter not, Part inner) {
        if (inner.rest != null) {
            return Part.unknown(not);
        }
        long[] bits = inner.bits == null ? new long[words] : inner.bits;
        for (int i = 0; inner.bits != null && i < bits.length; i++) {
            bits[i] = ~bits[i];
        }
        return new Part(bits, null);
    }
}
