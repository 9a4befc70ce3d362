package dev.kith.engine.payload;

import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.segment.KeptBlock;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Rejection;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The indexed payload fields of one collection. Of each field there are blocks over rows that follow one another; they
 * are made of the payloads in the background, soon after the rows were published, and small ones are made anew together
 * as rows come, so that there are few. The newest rows are tested by their payloads. A row's payload never changes, and
 * its end is the view's affair, so that blocks are never changed.
 *
 * <p>Each row is read at most {@code SIZES.length} times, and there is a block for every {@link FieldBlock#ROWS_MAX}
 * rows and some thirty more.
 *
 * <p>Threads: any. Blocks are made by one at a time; readers take no lock.
 */
public final class PayloadIndexes implements AutoCloseable {
    private static final Logger LOG = System.getLogger(PayloadIndexes.class.getName());
    /** Rows of a block. The smallest are tested in a few microseconds while they are not in one. */
    private static final int[] SIZES = {FieldBlock.ROWS_MAX, 1 << 14, 1 << 11, 1 << 8, 1 << 6};

    private static final int ROWS_MIN = SIZES[SIZES.length - 1];
    /** After want of memory. Twice as long after every failure that follows, up to a minute or so. */
    private static final long RETRY_MILLIS = 1000;

    private static final long RETRY_MILLIS_MAX = 64 * RETRY_MILLIS;

    private final Source source;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile SortedSet<FieldPath> wanted;
    private final AtomicReference<State> state;

    private volatile Settled settled;
    private volatile Runnable grownOn = () -> {};
    private volatile boolean closed;
    private volatile boolean stuck;
    private long retryMillis = RETRY_MILLIS;

    /**
     * What indexes are made with.
     *
     * @param newest the newest view, not acquired
     */
    public record Source(Supplier<RowView> newest, MemoryBudget budget, Later later) {}

    /** Has something done on a background thread. */
    public interface Later {
        void run(Runnable work, long delayMillis);
    }

    /**
     * All blocks.
     *
     * @param origin a view of their rows, not acquired
     * @param blocks by field; of one field in the order of their rows, from row 0 on without gaps
     * @param last what was looked up in these blocks last; goes with them
     */
    private record State(RowView origin, Map<FieldPath, FieldBlock[]> blocks, AtomicReference<@Nullable Known> last) {
        State(RowView origin, Map<FieldPath, FieldBlock[]> blocks) {
            this(origin, blocks, new AtomicReference<>());
        }

        /** With one more block, in place of those of its rows. */
        State with(FieldPath field, FieldBlock block) {
            List<FieldBlock> next = new ArrayList<>();
            for (FieldBlock known : of(field)) {
                if (known.end() <= block.first()) {
                    next.add(known);
                }
            }
            next.add(block);
            for (FieldBlock known : of(field)) {
                if (known.first() >= block.end()) {
                    next.add(known);
                }
            }
            Map<FieldPath, FieldBlock[]> changed = new HashMap<>(blocks);
            changed.put(field, next.toArray(FieldBlock[]::new));
            return new State(origin, Collections.unmodifiableMap(changed));
        }

        State without(FieldPath field) {
            Map<FieldPath, FieldBlock[]> changed = new HashMap<>(blocks);
            changed.remove(field);
            return new State(origin, Collections.unmodifiableMap(changed));
        }

        FieldBlock[] of(FieldPath field) {
            return blocks.getOrDefault(field, new FieldBlock[0]);
        }

        long bytes() {
            return blocks.values().stream()
                    .flatMap(Arrays::stream)
                    .mapToLong(FieldBlock::bytes)
                    .sum();
        }
    }

    /** What was answered last: clients tend to ask for the same, and a bit a row takes a while to set. */
    private record Known(Filter filter, RowView view, Accepted accepted) {}

    /** What was there when nothing was missing. */
    private record Settled(RowView origin, SortedSet<FieldPath> fields, int rows) {}

    public PayloadIndexes(Source source, SortedSet<FieldPath> fields) {
        RowView view = source.newest().get();
        this.source = source;
        this.wanted = fields;
        this.state = new AtomicReference<>(new State(view, Map.of()));
        this.settled = new Settled(view, Collections.emptySortedSet(), 0);
    }

    /** What a filter accepts of a view, which the caller holds. */
    public Accepted accepted(Filter filter, RowView view) {
        State now = now();
        if (!view.isOfSameRows(now.origin)) {
            return Compilation.of(filter, view, Map.of());
        }
        Known last = now.last.get();
        if (last != null && last.view == view && last.filter.equals(filter)) {
            return last.accepted;
        }
        Accepted made = Compilation.of(filter, view, now.blocks);
        if (made.isListed()) {
            now.last.set(new Known(filter, view, made));
        }
        return made;
    }

    /** The rows of a view that a filter accepts, for a write that is to come; the caller holds the view until then. */
    public Matches matches(Filter filter, RowView view) {
        return new Matches(this, filter, view);
    }

    /** Indexes these fields from now on: what is new in the background, while tests answer; what is not named goes. */
    public void index(SortedSet<FieldPath> fields) {
        wanted = fields;
        wake();
    }

    /** To be called after every change that was published. Costs next to nothing where there is nothing to do. */
    public void wake() {
        if (isDue() && scheduled.compareAndSet(false, true)) {
            source.later().run(this::step, 0);
        }
    }

    private boolean isDue() {
        RowView view = source.newest().get();
        Settled last = settled;
        return !closed
                && !stuck
                && !(last.fields.equals(wanted)
                        && view.isOfSameRows(last.origin) // Without fields, too: a view keeps the heap of its rows.
                        && (last.fields.isEmpty() || view.rowCount() / ROWS_MIN == last.rows / ROWS_MIN));
    }

    /** Rows that all indexed fields' blocks have. */
    public int covered(RowView view) {
        State now = now();
        return view.isOfSameRows(now.origin)
                ? wanted.stream()
                        .mapToInt(field -> Compilation.covered(now.of(field)))
                        .min()
                        .orElse(0)
                : 0;
    }

    /** Calls {@code next} whenever blocks were made, from now on. */
    public void whenGrown(Runnable next) {
        grownOn = next;
    }

    /** The blocks that are of rows of a view and of no others, to be kept. */
    public List<? extends KeptBlock> blocks(RowView view) {
        State now = now();
        if (!view.isOfSameRows(now.origin)) {
            return List.of();
        }
        return now.blocks.entrySet().stream()
                .flatMap(entry -> Arrays.stream(entry.getValue()).map(block -> new Kept(entry.getKey(), block)))
                .filter(kept -> kept.block().end() <= view.rowCount())
                .sorted(Comparator.comparing(Kept::field).thenComparingInt(Kept::first))
                .toList();
    }

    /** Makes room for blocks that were kept of the rows that a view has now. */
    public Restored restored(RowView view) {
        return new Restored(view, wanted, source.budget());
    }

    /** Puts what was kept to use, before anything is made. */
    public void enter(Restored kept) {
        replace(new State(kept.view(), kept.byField()));
    }

    /** Heap of all blocks. */
    public long bytes() {
        return now().bytes();
    }

    /** Makes what is missing, then rests. One at a time. */
    private void step() {
        RowView view = source.newest().get();
        try {
            if (!closed && view.acquire()) {
                try {
                    grow(view);
                } finally {
                    view.release();
                }
            }
        } catch (CancellationException over) {
            LOG.log(Logger.Level.DEBUG, "payload fields: {0}", over.getMessage());
        } catch (Rejection full) {
            giveUp("there is no memory for them: " + full.text());
        } catch (RuntimeException | Error e) {
            giveUp(e.toString());
            LOG.log(Logger.Level.ERROR, "payload fields could not be indexed", e);
        } finally {
            scheduled.set(false);
            wake();
        }
    }

    private void grow(RowView view) {
        SortedSet<FieldPath> fields = wanted;
        State now = now();
        if (!view.isOfSameRows(now.origin)) {
            now = replace(now, new State(view, Map.of()), 0);
        }
        for (FieldPath field : List.copyOf(now.blocks.keySet())) {
            if (!fields.contains(field)) {
                now = replace(now, now.without(field), 0);
            }
        }
        for (Missing next = missing(now, fields, view); next != null; next = missing(now, fields, view)) {
            if (closed || !source.newest().get().isOfSameRows(view)) {
                return; // Nobody needs blocks of rows that are gone; the next step is about the new ones.
            }
            FieldBlock block = BlockBuilder.build(view, next.span(), next.field(), source.budget());
            now = replace(now, now.with(next.field(), block), block.bytes());
        }
        retryMillis = RETRY_MILLIS;
        settled = new Settled(view, fields, view.rowCount());
        grownOn.run();
    }

    private State now() {
        return Objects.requireNonNull(state.get());
    }

    private void replace(State after) {
        State before = Objects.requireNonNull(state.getAndSet(after));
        source.budget().release(0, before.bytes());
    }

    /** Puts one state in place of another, for whose new blocks memory was taken, and gives back what is not needed. */
    private State replace(State before, State after, long taken) {
        if (!state.compareAndSet(before, after)) {
            source.budget().release(0, taken);
            throw new CancellationException("the collection is closed, or its rows are others");
        }
        source.budget().release(0, before.bytes() + taken - after.bytes());
        return after;
    }

    private void giveUp(String reason) {
        stuck = true;
        long wait = retryMillis;
        retryMillis = Math.min(2 * wait, RETRY_MILLIS_MAX);
        source.later()
                .run(
                        () -> {
                            stuck = false;
                            wake();
                        },
                        wait);
        String text = "payload fields are not indexed for {0} ms, what is missing is tested: {1}";
        LOG.log(Logger.Level.WARNING, text, wait, reason);
    }

    /** A block that is to be made. */
    private record Missing(FieldPath field, BlockBuilder.Span span) {}

    /** What is missing of the field that has come least far; null when nothing is. */
    private static @Nullable Missing missing(State now, SortedSet<FieldPath> fields, RowView view) {
        Missing least = null;
        for (FieldPath field : fields) {
            BlockBuilder.Span span = missing(now.of(field), view.rowCount());
            if (span != null && (least == null || span.first() < least.span().first())) {
                least = new Missing(field, span);
            }
        }
        return least;
    }

    /** The first rows that should be in one block and are not. */
    private static BlockBuilder.@Nullable Span missing(FieldBlock[] blocks, int rows) {
        int at = 0;
        int next = 0;
        while (rows - at >= ROWS_MIN) {
            int size = size(at, rows);
            while (next < blocks.length && blocks[next].first() < at) {
                next++;
            }
            if (next == blocks.length || blocks[next].count() != size) {
                return new BlockBuilder.Span(at, size);
            }
            at += size;
        }
        return null;
    }

    /** Of the block that begins at a row: a multiple of it is where it begins. */
    private static int size(int at, int rows) {
        for (int size : SIZES) {
            if (at % size == 0 && rows - at >= size) {
                return size;
            }
        }
        throw new IllegalArgumentException("no block of the rows from %d to %d".formatted(at, rows));
    }

    /**
     * Blocks of rows that are about to take the place of others, with the payloads of those. What there is no memory
     * for is made later.
     *
     * @param pulse runs often; what it throws ends it
     */
    public Prepared prepare(RowView rows, Runnable pulse) {
        State made = new State(rows, Map.of());
        SortedSet<FieldPath> fields = wanted;
        try {
            for (Missing next = missing(made, fields, rows); next != null; next = missing(made, fields, rows)) {
                pulse.run();
                FieldBlock block = BlockBuilder.build(rows, next.span(), next.field(), source.budget());
                made = made.with(next.field(), block);
            }
        } catch (Rejection full) {
            LOG.log(Logger.Level.INFO, "payload fields of compacted rows are indexed later: {0}", full.text());
        } catch (RuntimeException | Error e) {
            source.budget().release(0, made.bytes());
            throw e;
        }
        return new Prepared(made);
    }

    /** Blocks that are not in use yet: to be entered or discarded. */
    public final class Prepared {
        private final State made;

        private Prepared(State made) {
            this.made = made;
        }

        /** Puts them to use, while the collection is open; {@code origin} is a view of their rows. */
        public void enter(RowView origin) {
            replace(new State(origin, made.blocks()));
        }

        public void discard() {
            source.budget().release(0, made.bytes());
        }
    }

    /** Forgets all blocks; those that searches use stay for as long as they do. */
    @Override
    public void close() {
        closed = true;
        replace(new State(source.newest().get(), Map.of()));
    }
}
