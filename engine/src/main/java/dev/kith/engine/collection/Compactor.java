package dev.kith.engine.collection;

import dev.kith.engine.index.HeldGraph;
import dev.kith.engine.index.IndexKeeper;
import dev.kith.engine.index.IndexSlot;
import dev.kith.engine.payload.PayloadIndexes;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.RowsCopy;
import dev.kith.storage.StorageException;
import dev.kith.vectors.Rejection;
import java.lang.System.Logger;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes new rows without the ended ones when these are more than a third, in the background. Ids stay, rows get other
 * numbers: in the order in which a walk through the graph meets them, and the graph is renamed and not built again.
 * What is written meanwhile is carried over; writers wait for the last of it only. A checkpoint of the new rows
 * follows. Since the log knows ids and no rows, what is on the disk is right before and after. Where vectors are mapped
 * from files since there was no memory for them, it waits until there is.
 *
 * <p>Threads: any. One compaction at a time, on a background thread.
 */
final class Compactor implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Compactor.class.getName());
    /** Ended rows are dropped when they are more than one in so many. */
    private static final int ENDED_SHARE = 3;
    /** A collection with fewer rows has nothing to gain. */
    private static final int ROWS_MIN = 64;
    /** After want of memory, most of all. */
    private static final long RETRY_MILLIS = 5000;
    /** Changes that are carried over while writers wait: a millisecond's work. */
    private static final int LAST_CHANGES_MAX = 512;
    /** Rounds before that; where writers are too fast for all of them, they wait a little longer. */
    private static final int ROUNDS_MAX = 8;

    private static final long WAIT_SECONDS_MAX = 60;

    private final Parts parts;
    private final long bytesMin;
    private final ReentrantLock running = new ReentrantLock();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile boolean closed;

    /** What an open collection has. */
    record Parts(
            long id,
            PointStore store,
            Writer writer,
            IndexSlot slot,
            Optional<Checkpointer> checkpointer,
            Shared shared) {}

    Compactor(Parts parts) {
        this.parts = parts;
        this.bytesMin = parts.shared().checkpoints().diskBytesMin();
    }

    /** To be called after every change that was published. Costs next to nothing where there is nothing to do. */
    void wake() {
        if (!closed && isDue(parts.store().view()) && scheduled.compareAndSet(false, true)) {
            Optional<IndexKeeper> index = parts.slot().now();
            Runnable work = () -> runScheduled(index);
            index.ifPresentOrElse(
                    keeper -> keeper.pauseFor(work),
                    () -> parts.shared().indexer().execute(work));
        }
    }

    /** Changes what a compaction works with, between two of them. One that waits for a graph that is gone is over. */
    void between(Runnable change) {
        running.lock();
        try {
            if (closed) {
                return; // Nobody would close what the change opens.
            }
            change.run();
        } finally {
            running.unlock();
        }
        retry();
    }

    private boolean isDue(RowView view) {
        long ended = view.rowCount() - view.live();
        return view.rowCount() >= ROWS_MIN
                && ended > view.rowCount() / ENDED_SHARE
                && view.rowCount() * (long) view.layout().strideBytes() >= bytesMin
                && (!view.isMapped() || hasRoom(view));
    }

    /** Whether the living rows, some of which are not in memory, fit into it. */
    private boolean hasRoom(RowView view) {
        return parts.shared().budget().hasRoom(view.live() * view.layout().residentBytes());
    }

    private void runScheduled(Optional<IndexKeeper> paused) {
        boolean done = false;
        try {
            done = run(paused);
        } finally {
            if (done) {
                retry();
            } else if (!closed) {
                parts.shared().indexer().schedule(this::retry, RETRY_MILLIS);
            }
        }
    }

    private void retry() {
        scheduled.set(false);
        wake();
    }

    /** Compacts now, however little has ended; waits for it. Not on a thread of the indexer. */
    boolean runNow() {
        if (closed || !scheduled.compareAndSet(false, true)) {
            return false;
        }
        Optional<IndexKeeper> index = parts.slot().now();
        FutureTask<Boolean> task = new FutureTask<>(() -> run(index));
        try {
            index.ifPresentOrElse(keeper -> keeper.pauseFor(task), task);
            return task.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("a compaction did not end", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            scheduled.set(false);
        }
    }

    /** @param paused whose graph does not grow meanwhile */
    private boolean run(Optional<IndexKeeper> paused) {
        running.lock();
        try {
            requireGoingOn();
            if (!paused.equals(parts.slot().now())) {
                return false;
            }
            RowView view = parts.store().view();
            if (!view.acquire()) {
                return false;
            }
            Optional<HeldGraph> graph;
            try {
                graph = compact(view, paused);
            } finally {
                view.release();
            }
            parts.checkpointer().ifPresent(files -> {
                var _ = files.run(graph);
            });
            return true;
        } catch (StorageException e) {
            LOG.log(Logger.Level.WARNING, "collection " + parts.id() + ": not compacted for now", e);
        } catch (Rejection | CancellationException over) {
            // A drop, a reset or the server's end came between, as they may. Want of memory is news.
            boolean full = over instanceof Rejection refused && refused.code() == Rejection.Code.EXHAUSTED;
            Logger.Level level = full ? Logger.Level.INFO : Logger.Level.DEBUG;
            LOG.log(level, "collection {0}: not compacted: {1}", parts.id(), over.getMessage());
        } finally {
            running.unlock();
        }
        return false;
    }

    /** Answers the graph of the new rows. */
    private Optional<HeldGraph> compact(RowView view, Optional<IndexKeeper> paused) {
        PointStore store = parts.store();
        Optional<HeldGraph> held = paused.flatMap(index -> index.heldInPause(view));
        int[] nodes = held.map(graph -> graph.order(view, this::requireGoingOn)).orElse(new int[0]);
        int covered = held.map(graph -> graph.head().covered()).orElse(0);
        RowsCopy copy = store.copy(view, Math.toIntExact(view.live()));
        Optional<PayloadIndexes.Prepared> indexes = Optional.empty();
        boolean used = false;
        try {
            copy.copy(view, withTail(nodes, covered, view), this::requireGoingOn);
            PayloadIndexes.Prepared prepared = store.payloads().prepare(copy.view(), this::requireGoingOn);
            indexes = Optional.of(prepared);
            Optional<HeldGraph.Renumbered> renumbered = held.map(graph -> graph.renumbered(view, nodes));
            followWriters(copy, view);
            Optional<HeldGraph> entered = Promptly.call(() -> parts.writer().exclusively(() -> {
                catchUp(copy, view);
                requireGoingOn();
                store.replace(copy, prepared);
                return renumbered.map(graph -> graph.enter(store.view()));
            }));
            used = true;
            return entered;
        } finally {
            if (!used) {
                indexes.ifPresent(PayloadIndexes.Prepared::discard);
                copy.rows().release();
            }
        }
    }

    /** The living rows: those of the graph in its order, then those that it has not reached. */
    private static int[] withTail(int[] nodes, int covered, RowView view) {
        int[] order = Arrays.copyOf(nodes, Math.toIntExact(view.live()));
        int count = nodes.length;
        for (int row = covered; row < view.rowCount(); row++) {
            if (view.isLive(row)) {
                order[count++] = row;
            }
        }
        if (count != order.length) {
            throw new IllegalStateException("%d living rows in order, %d in all".formatted(count, order.length));
        }
        return order;
    }

    private void followWriters(RowsCopy copy, RowView view) {
        for (int round = 0; round < ROUNDS_MAX; round++) {
            requireGoingOn();
            if (catchUp(copy, view) < LAST_CHANGES_MAX) {
                return;
            }
        }
    }

    private int catchUp(RowsCopy copy, RowView view) {
        RowView newest = parts.store().view();
        if (!newest.isOfSameRows(view) || !newest.acquire()) {
            throw new CancellationException("its rows are others now");
        }
        try {
            return copy.catchUp(newest);
        } finally {
            newest.release();
        }
    }

    private void requireGoingOn() {
        if (closed) {
            throw new CancellationException("the collection is closed");
        }
    }

    /** Stops; waits for what runs to see that. */
    @Override
    public void close() {
        closed = true;
        running.lock();
        try {
            scheduled.set(true); // Nothing begins any more.
        } finally {
            running.unlock();
        }
    }
}
