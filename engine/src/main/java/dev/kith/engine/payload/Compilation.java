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
    /** Newest rows whose payloads are tested at once, so that what is found is certain. */
    private static final int TESTED_MAX = 1 << 8;
    /** An index that is so many rows behind another one does not hold that up in "and": all of them would be tested. */
    private static final int BEHIND_MAX = TESTED_MAX / 2;

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
        int indexed = limit(filter);
        this.limit = indexed < 0 ? view.rowCount() : Math.min(indexed, view.rowCount());
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
        if (blocks.isEmpty()) {
            return Accepted.tested(view, whole);
        }
        Accepted few = Few.of(filter, whole, view, blocks);
        return few != null ? few : new Compilation(view, blocks, filter).accepted(filter, whole);
    }

    private Accepted accepted(Filter filter, RowTest whole) {
        Part part = part(filter);
        RowTest rest = part.rest == null ? null : RowTest.of(part.rest);
        if (part.bits == null) {
            return rest == null ? Accepted.all(view) : Accepted.tested(view, whole);
        }
        int rows = view.rowCount();
        if (rows - limit > TESTED_MAX) {
            return Accepted.listed(view, part.bits, new Accepted.Doubts(limit, rest, whole));
        }
        for (int row = limit; row < rows; row++) {
            long bit = 1L << row;
            boolean accepts = whole.acceptsStored(view.payload(row));
            part.bits[row >>> 6] = accepts ? part.bits[row >>> 6] | bit : part.bits[row >>> 6] & ~bit;
        }
        return Accepted.listed(view, part.bits, new Accepted.Doubts(limit, rest, null));
    }

    /** How far the indexes go that a filter needs; −1 where it has none. */
    private int limit(Filter filter) {
        return switch (filter) {
            case Filter.And(var filters) -> {
                int least = least(filters);
                int most = filters.stream().mapToInt(this::limit).max().orElse(-1);
                yield most - least > BEHIND_MAX ? most : least;
            }
            case Filter.Or(var filters) -> least(filters);
            case Filter.Not(var inner) -> limit(inner);
            default -> {
                FieldBlock[] of = blocks.get(PayloadTest.field(filter));
                yield of == null ? -1 : covered(of);
            }
        };
    }

    private int least(List<Filter> filters) {
        return filters.stream()
                .mapToInt(this::limit)
                .filter(one -> one >= 0)
                .min()
                .orElse(-1);
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
        int covered = of == null ? 0 : covered(of);
        if (of == null || covered == 0) {
            return Part.unknown(filter);
        }
        long[] bits = new long[words];
        boolean certain = covered >= limit;
        for (FieldBlock block : of) {
            if (block.first() < limit) {
                certain &= lookup.find(block, run -> block.mark(run, bits));
            }
        }
        for (int row = covered; row < limit; row++) {
            bits[row >>> 6] |= 1L << row; // Another index has come farther: what this one cannot say is tested.
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
