package dev.kith.engine.index;

import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.scan.Sketches;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sketches of the rows that a graph has not reached: making one takes a microsecond, linking a row a thousand times as
 * long, and until then every search has to look at it. Where there is no memory for them, rows are compared as they
 * are.
 *
 * <p>Threads: {@link #of} on any. Sketches are made by one of the indexer's deciding threads at a time.
 */
final class TailSketches implements AutoCloseable {
    /** Components of the tail below which comparing all of it takes a twentieth of a millisecond. */
    private static final int COMPONENTS_MIN = 1 << 18;
    /** Rows without a sketch that are worth waking somebody. */
    private static final int ROWS_MIN = 512;
    /** Components of a row, below which a sketch is not much shorter. */
    private static final int DIMENSION_MIN = 64;

    private final Tail tail;
    private final Indexer indexer;
    private final GraphMemory memory;
    private final Metric metric;
    private final AtomicBoolean working = new AtomicBoolean();
    private volatile boolean closed;
    private volatile @Nullable Made made;

    /**
     * What there are sketches of.
     *
     * @param newest the newest view, not acquired
     * @param covered the first row of a view that its graph has not reached
     */
    record Tail(Supplier<RowView> newest, Covered covered) {}

    /** How far the graph of a view's rows has come; 0 where there is none. */
    interface Covered {
        int of(RowView view);
    }

    /** Sketches and a view of the rows that they are of. */
    private record Made(Sketches sketches, RowView origin) {}

    TailSketches(Tail tail, Indexer indexer, MemoryBudget budget, Metric metric) {
        this.tail = tail;
        this.indexer = indexer;
        this.memory = new GraphMemory(budget);
        this.metric = metric;
    }

    /** Sketches of some of the view's rows. */
    Optional<Sketches> of(RowView view) {
        Made now = made;
        return now != null && view.isOfSameRows(now.origin) ? Optional.of(now.sketches) : Optional.empty();
    }

    long bytes() {
        return memory.bytes();
    }

    /** To be called when rows came or the graph has come further. Costs next to nothing where nothing is to be done. */
    void wake() {
        if (!closed && isDue(tail.newest().get()) && working.compareAndSet(false, true)) {
            indexer.execute(this::work);
        }
    }

    private boolean isDue(RowView view) {
        int covered = tail.covered().of(view);
        Made now = made;
        if (now != null && (!view.isOfSameRows(now.origin) || now.sketches.end() <= covered)) {
            return true;
        }
        int dimension = view.layout().dimension();
        long left = (long) view.rowCount() - covered;
        int end = now == null ? covered : now.sketches.end();
        return covered > 0
                && dimension >= DIMENSION_MIN
                && left * dimension >= COMPONENTS_MIN
                && view.rowCount() - end >= ROWS_MIN;
    }

    private void work() {
        RowView view = tail.newest().get();
        try {
            if (!closed && view.acquire()) {
                try {
                    sketch(view);
                } finally {
                    view.release();
                }
            }
        } catch (Rejection full) {
            forget();
        } finally {
            working.set(false);
        }
        // Of rows that came meanwhile nobody may have woken this.
        if (made != null) {
            wake();
        }
    }

    private void sketch(RowView view) {
        int covered = tail.covered().of(view);
        Sketches now = of(view).filter(sketches -> sketches.end() > covered).orElse(null);
        if (covered == 0 || covered >= view.rowCount() || (now == null && !isDue(view))) {
            forget();
            return;
        }
        Sketches kept = now == null ? Sketches.none(view, metric, covered) : now.without(covered);
        memory.hold(Sketches.bytes(view.rowCount() - kept.first()));
        made = new Made(kept.with(view, view.rowCount()), view);
        if (closed) {
            forget();
        }
    }

    private void forget() {
        made = null;
        memory.giveBack();
    }

    /** Makes no more; what there is is let go. */
    @Override
    public void close() {
        closed = true;
        made = null;
        memory.close();
    }
}
