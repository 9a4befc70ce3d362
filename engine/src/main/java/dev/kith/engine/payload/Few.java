package dev.kith.engine.payload;

import dev.kith.engine.rows.RowView;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rows that a filter accepts, listed straight from the blocks of one field, as long as they are few: then no bit is
 * made, set or looked at for each of the others. Of "and", the part that accepts the fewest rows is listed, and the
 * others are tested on its rows.
 *
 * <p>Cost: one look-up a block for each part that has an index, given up as soon as there are too many rows; a test for
 * each of the newest rows. Used once, by one thread.
 */
final class Few implements Consumer<FieldBlock.Run> {
    /** One row in so many is few enough to be listed: a list is then shorter than bits, and sooner gone through. */
    private static final int SHARE = 64;
    /** Of one run: its block, its first value and the one after its last. */
    private static final int RUN_INTS = 3;

    private static final int RUNS_FIRST = 16;
    /** Rows of a block that are sorted sooner than a bit a row is looked through. */
    private static final int SORTED_MAX = 1 << 7;

    private final FieldBlock[] blocks;
    private int[] runs = new int[RUNS_FIRST * RUN_INTS];
    private int count;
    /** The block that is looked at. */
    private int block;

    private long rows;
    private boolean certain = true;

    private Few(FieldBlock[] blocks) {
        this.blocks = blocks;
    }

    /**
     * The list; null where no part of the filter has an index that finds few rows.
     *
     * @param whole the test of the filter
     * @param blocks of the view's rows, by field
     */
    static @Nullable Accepted of(Filter filter, RowTest whole, RowView view, Map<FieldPath, FieldBlock[]> blocks) {
        List<Filter> parts = filter instanceof Filter.And(var filters) ? filters : List.of(filter);
        Few fewest = null;
        long most = view.rowCount() / SHARE;
        for (Filter part : parts) {
            Few found = find(part, view, blocks, most);
            if (found != null) {
                fewest = found;
                most = found.rows - 1;
            }
        }
        return fewest == null ? null : fewest.listed(view, whole, parts.size() == 1);
    }

    private static @Nullable Few find(Filter part, RowView view, Map<FieldPath, FieldBlock[]> all, long most) {
        // What looks at every text of a field would do so twice where it finds many.
        Lookup lookup = part instanceof Filter.Contains ? null : Lookup.of(part).orElse(null);
        FieldBlock[] blocks = lookup == null ? null : all.get(lookup.field());
        if (lookup == null || blocks == null) {
            return null;
        }
        Few found = new Few(blocks);
        found.rows = Math.max(0, view.rowCount() - Compilation.covered(blocks));
        for (int at = 0; at < blocks.length && blocks[at].first() < view.rowCount(); at++) {
            if (found.rows > most) {
                return null;
            }
            found.block = at;
            found.certain &= lookup.find(blocks[at], found);
        }
        return found.rows > most ? null : found;
    }

    @Override
    public void accept(FieldBlock.Run run) {
        if (run.isEmpty()) {
            return;
        }
        rows += blocks[block].rows(run);
        if (count + RUN_INTS > runs.length) {
            runs = Arrays.copyOf(runs, 2 * runs.length);
        }
        runs[count++] = block;
        runs[count++] = run.from();
        runs[count++] = run.to();
    }

    /** @param alone whether the filter has no other part */
    private Accepted listed(RowView view, RowTest whole, boolean alone) {
        int[] list = new int[Math.toIntExact(rows)];
        int end = 0;
        int sorted = 0;
        for (int at = 0; at < count; at += RUN_INTS) {
            if (at > 0 && runs[at] != runs[at - RUN_INTS]) {
                end = distinct(list, sorted, end, view.rowCount());
                sorted = end;
            }
            end = blocks[runs[at]].list(new FieldBlock.Run(runs[at + 1], runs[at + 2]), list, end);
        }
        end = distinct(list, sorted, end, view.rowCount());
        int covered = Compilation.covered(blocks);
        for (int row = covered; row < view.rowCount(); row++) {
            if (whole.acceptsStored(view.payload(row))) {
                list[end++] = row;
            }
        }
        boolean right = alone && certain;
        return Accepted.few(view, Arrays.copyOf(list, end), new Accepted.Doubts(covered, right ? null : whole, null));
    }

    /** Puts rows of one block in order and leaves each once, and none beyond the view; answers where they end. */
    private static int distinct(int[] list, int from, int to, int rowCount) {
        if (to - from > SORTED_MAX) {
            return marked(list, from, to, rowCount);
        }
        Arrays.sort(list, from, to);
        int end = from;
        for (int i = from; i < to; i++) {
            if ((end == from || list[end - 1] != list[i]) && list[i] < rowCount) {
                list[end++] = list[i];
            }
        }
        return end;
    }

    /**
     * The same by a bit for each row that the block may have, as {@link FieldBlock} says; of many rows, that takes a
     * fraction of the time.
     */
    private static int marked(int[] list, int from, int to, int rowCount) {
        int first = list[from] & -FieldBlock.ROWS_MAX;
        long[] bits = new long[FieldBlock.ROWS_MAX / Long.SIZE];
        for (int i = from; i < to; i++) {
            int row = list[i] - first;
            bits[row >>> 6] |= 1L << row;
        }
        int end = from;
        for (int word = 0; word < bits.length; word++) {
            for (long left = bits[word]; left != 0; left &= left - 1) {
                int row = first + (word << 6) + Long.numberOfTrailingZeros(left);
                if (row < rowCount) {
                    list[end++] = row;
                }
            }
        }
        return end;
    }
}
