package dev.kith.engine.collection;

import dev.kith.engine.index.HeldGraph;
import dev.kith.engine.index.IndexKeeper;
import dev.kith.engine.index.IndexSlot;
import dev.kith.engine.index.Pacing;
import dev.kith.engine.payload.PayloadIndexes;
import dev.kith.engine.payload.Restored;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.RowsLoader;
import dev.kith.engine.segment.Checkpoint;
import dev.kith.engine.segment.Checkpoints;
import dev.kith.engine.segment.FileRef;
import dev.kith.engine.segment.GraphHead;
import dev.kith.engine.segment.SegmentRef;
import dev.kith.engine.segment.SegmentRows;
import dev.kith.storage.Directory;
import dev.kith.storage.RecordLog;
import dev.kith.storage.StorageException;
import dev.kith.vectors.Rejection;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a collection to segments and a checkpoint, in the background, when its log has grown long; then the log before
 * that goes. Writers wait only while the log goes on in a new file and a view is taken. Whatever fails in between, the
 * checkpoint before and its log are still there, and it is tried again.
 *
 * <p>Threads: any. One checkpoint at a time, on a background thread.
 */
final class Checkpointer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Checkpointer.class.getName());
    /** After a failure, a full disk most of all. */
    private static final long RETRY_MILLIS = 5000;
    /** A segment that is smaller is written anew together with the rows after it, so that there are few. */
    private static final long SEGMENT_BYTES_MIN = 8 << 20;

    private final Source source;
    private final Checkpoints files;
    private final ReentrantLock running = new ReentrantLock();
    private final Pacing pacing;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile @Nullable Parts parts;
    private volatile boolean closed;
    private volatile boolean stale;
    private volatile boolean exceeded;
    private volatile long madeNanos = System.nanoTime();
    private volatile long appendedBefore;
    /** Guarded by {@code running} once the collection is open. */
    private volatile Optional<Checkpoint> last = Optional.empty();

    private volatile Optional<SavedGraph> graph = Optional.empty();
    private volatile SavedFields fields = SavedFields.NONE;
    private volatile boolean fieldsDue;
    /** A view of the rows that the last checkpoint's segments are of, not acquired; null once there are others. */
    private final AtomicReference<@Nullable RowView> origin;

    /**
     * What is to be restored and kept.
     *
     * @param place where sealed vectors are to be
     * @param pulse runs often while it is restored; what it throws ends that
     */
    record Source(long id, Directory folder, PointStore store, Shared shared, RowsLoader.Place place, Runnable pulse) {}

    /** What an open collection has beside its points. */
    record Parts(Journal journal, Writer writer, IndexSlot slot) {
        Optional<IndexKeeper> index() {
            return slot.now();
        }
    }

    /** Files of a graph of the rows that the last checkpoint is of. */
    private record SavedGraph(List<FileRef> files, GraphHead head) {}

    /** The collection at a border of its log; the view is acquired. */
    private record Snapshot(RowView view, long epoch, RecordLog.Tip start, long nextId) {}

    private Checkpointer(Source source) {
        this.source = source;
        this.pacing = new Pacing(source.shared().indexer()::paced);
        this.files = new Checkpoints(source.folder(), source.id());
        this.origin = new AtomicReference<>(source.store().view());
    }

    /**
     * Loads the newest checkpoint, where there is one; the log from {@link #start} on is to be replayed then.
     *
     * @throws dev.kith.storage.DamageException when what is there is not what was written
     */
    static Checkpointer restore(Source source) {
        Checkpointer made = new Checkpointer(source);
        made.last = made.files.newest();
        made.last.ifPresent(made::load);
        return made;
    }

    private void load(Checkpoint checkpoint) {
        PointStore store = source.store();
        int threads = source.shared().scan().pool().threads();
        files.load(checkpoint, store.loader(source.place()), threads, source.pulse());
        store.restored(checkpoint.epoch(), checkpoint.start().sequence(), checkpoint.nextId());
        origin.set(store.view());
    }

    /** Gives the index what was kept of its graph; what cannot be used is said, and built anew in the background. */
    void loadGraph(IndexKeeper index) {
        List<FileRef> kept = last.map(Checkpoint::graph).orElse(List.of());
        RowView view = source.store().view();
        if (kept.isEmpty() || !isOfOrigin(view)) {
            return;
        }
        long epoch = last.orElseThrow().epoch();
        try {
            GraphHead[] found = new GraphHead[1];
            files.readGraph(
                    kept,
                    head -> {
                        if (head.epoch() != epoch) {
                            throw new IllegalArgumentException("it is of epoch " + head.epoch());
                        }
                        found[0] = head;
                        return index.restore(head, kept.getLast().number(), view);
                    },
                    source.shared().scan().pool().threads());
            graph = Optional.of(new SavedGraph(kept, found[0]));
        } catch (StorageException | IllegalArgumentException | Rejection e) {
            String text = "collection {0}: its graph is built anew, what was kept of it is of no use: {1}";
            LOG.log(Logger.Level.WARNING, text, source.id(), e.getMessage());
        }
    }

    /** Gives payload indexes what was kept of them; where that cannot be used, they are built anew. */
    void loadFields(PayloadIndexes indexes) {
        RowView view = source.store().view();
        if (last.map(Checkpoint::fields).orElse(List.of()).isEmpty() || !isOfOrigin(view)) {
            return;
        }
        Restored kept = indexes.restored(view);
        try {
            files.readFields(
                    last.orElseThrow(), kept, source.shared().scan().pool().threads());
            fields = new SavedFields(kept.places());
            indexes.enter(kept);
        } catch (StorageException | Rejection e) {
            kept.discard();
            String text = "collection {0}: its payload indexes are built anew, what was kept is of no use: {1}";
            LOG.log(Logger.Level.WARNING, text, source.id(), e.getMessage());
        }
    }

    /** Where the log goes on after what was loaded. */
    RecordLog.Tip start() {
        return last.map(Checkpoint::start).orElse(RecordLog.Tip.START);
    }

    /** From now on, checkpoints are written. */
    void begin(Parts open) {
        stale = files.hasMoreThan(last) || RecordLog.hasFileBefore(source.folder(), start().offset());
        appendedBefore = open.journal().appended();
        parts = open;
        open.slot().whenGrown(this::wake);
        source.store().payloads().whenGrown(this::wakeForFields);
        wakeForFields();
    }

    /** To be called when payload indexes have grown. */
    private void wakeForFields() {
        noteFields();
        wake();
    }

    private void noteFields() {
        RowView view = source.store().view();
        fieldsDue = savedFields(view).isWorthWriting(source.store().payloads().blocks(view));
    }

    private SavedFields savedFields(RowView view) {
        return isOfOrigin(view) ? fields : SavedFields.NONE;
    }

    /** To be called after every change that was published. Costs next to nothing where there is nothing to do. */
    void wake() {
        RowView before = origin.get();
        if (before != null && !source.store().view().isOfSameRows(before)) {
            var _ = origin.compareAndSet(before, null); // A view keeps what its rows have on the heap.
        }
        Parts open = parts;
        if (open != null
                && !closed
                && (isDue(open) || dueGraph(open).isPresent())
                && scheduled.compareAndSet(false, true)) {
            source.shared().indexer().execute(this::runScheduled);
        }
    }

    /**
     * Holds back a write, before it is in the log, while checkpoints fall behind, so that a start has little to replay;
     * but never for more than two seconds. Where checkpoints fail, the log grows beyond the bound, slowly and not
     * unsaid.
     */
    void pace() {
        Parts open = parts;
        if (open == null) {
            return;
        }
        pacing.await(() -> !closed && options().holdsWriters(replayBytes(open)));
        long bytes = replayBytes(open);
        if (options().isExceeded(bytes) && !exceeded) {
            exceeded = true;
            String text = "collection {0}: checkpoints fall behind, a start would replay {1} bytes of log";
            LOG.log(Logger.Level.WARNING, text, source.id(), bytes);
        }
    }

    private CheckpointOptions options() {
        return source.shared().checkpoints();
    }

    /** What a start would replay now. */
    private long replayBytes(Parts open) {
        return open.journal().appended() - start().offset();
    }

    private boolean isOfOrigin(RowView view) {
        RowView of = origin.get();
        return of != null && view.isOfSameRows(of);
    }

    private boolean isDue(Parts open) {
        boolean grown = replayBytes(open) > options().logBytes()
                && open.journal().bytes() >= options().diskBytesMin();
        return grown || stale || (fieldsDue && diskBytes(open) >= options().diskBytesMin());
    }

    private long diskBytes(Parts open) {
        return open.journal().bytes() + last.map(Checkpoint::bytes).orElse(0L);
    }

    /** The graph, if enough of it has changed to be written; read once, since an altered index takes it away. */
    private Optional<IndexKeeper> dueGraph(Parts open) {
        if (diskBytes(open) < options().diskBytesMin()) {
            return Optional.empty();
        }
        RowView view = source.store().view();
        Optional<GraphHead> written = graph.filter(saved -> isOfOrigin(view)).map(SavedGraph::head);
        return open.index().filter(index -> index.isWorthWriting(view, written));
    }

    private void runScheduled() {
        Parts open = parts;
        Optional<IndexKeeper> due = open == null || isDue(open) ? Optional.empty() : dueGraph(open);
        if (due.isPresent()) {
            IndexKeeper index = due.get();
            // Where the graph is of other rows by then, there is nothing to write.
            index.pauseToWrite(() -> runAndGoOn(() -> {
                Optional<HeldGraph> held = index.heldInPause(source.store().view());
                return held.isEmpty() || run(held);
            }));
            return;
        }
        runAndGoOn(() -> open == null || !isDue(open) || run());
    }

    private void runAndGoOn(BooleanSupplier work) {
        boolean done = false;
        try {
            done = work.getAsBoolean();
        } finally {
            if (done) {
                scheduled.set(false);
                wake();
            } else if (!closed) {
                source.shared().indexer().schedule(this::runScheduled, RETRY_MILLIS);
            }
        }
    }

    /** Makes a checkpoint now, of the graph too if it is at rest; false when it could not be made: nothing is lost. */
    boolean run() {
        Parts open = parts;
        if (open == null) {
            return false;
        }
        // The graph is held before the view is taken, so that all its rows are among the view's.
        Optional<HeldGraph> held =
                open.index().flatMap(index -> index.hold(source.store().view()));
        try {
            return run(held);
        } finally {
            held.ifPresent(HeldGraph::close);
        }
    }

    /** Makes a checkpoint now, with a graph that the caller holds. */
    boolean run(Optional<HeldGraph> held) {
        running.lock();
        try {
            Parts open = parts;
            if (open == null || closed) {
                return false;
            }
            write(held, open);
            return true;
        } catch (StorageException e) {
            if (!closed) {
                LOG.log(Logger.Level.WARNING, "collection " + source.id() + ": no checkpoint for now", e);
            }
        } catch (Rejection | CancellationException over) {
            LOG.log(Logger.Level.DEBUG, "collection {0}: no checkpoint: {1}", source.id(), over.getMessage());
        } finally {
            running.unlock();
        }
        return false;
    }

    /** Between two commits. */
    private Snapshot snapshot(Parts open) {
        PointStore store = source.store();
        RecordLog.Tip start = open.journal().beginFile();
        RowView view = store.view();
        if (start.sequence() != store.sequence() || view.sequence() != store.sequence() || !view.acquire()) {
            throw new CancellationException("the collection is at its end, or not at a border");
        }
        return new Snapshot(view, store.epoch(), start, store.nextId());
    }

    private void write(Optional<HeldGraph> held, Parts open) {
        Snapshot snapshot = Promptly.call(() -> open.writer().exclusively(() -> snapshot(open)));
        try {
            Optional<SavedGraph> kept = graph.filter(saved -> isOfOrigin(snapshot.view()));
            Optional<HeldGraph> current = held.filter(graph -> graph.isOf(snapshot.view()));
            Optional<SavedGraph> written = current.flatMap(graph -> writeGraph(snapshot, kept, graph));
            write(snapshot, written.or(() -> kept), open);
            written.ifPresent(
                    now -> current.orElseThrow().keptAs(now.files().getLast().number()));
        } catch (StorageException | CancellationException e) {
            forget(e);
            throw e;
        } finally {
            snapshot.view().release();
        }
    }

    /** Writes a graph, or what has changed of the kept one; nothing where that is as far. */
    private Optional<SavedGraph> writeGraph(Snapshot snapshot, Optional<SavedGraph> kept, HeldGraph held) {
        GraphHead head = held.ofEpoch(snapshot.epoch()).head();
        if (head.covered() == 0 || kept.map(SavedGraph::head).equals(Optional.of(head))) {
            return Optional.empty();
        }
        List<FileRef> before = kept.map(SavedGraph::files)
                .filter(written -> held.isKeptAs(written.getLast().number()))
                .orElse(List.of());
        return Optional.of(new SavedGraph(files.writeGraph(held, before, this::requireGoingOn), head));
    }

    private void write(Snapshot snapshot, Optional<SavedGraph> saved, Parts open) {
        List<SegmentRef> segments = segments(snapshot);
        SavedFields indexes = savedFields(snapshot.view())
                .with(
                        source.store().payloads().blocks(snapshot.view()),
                        blocks -> files.writeFields(snapshot.epoch(), blocks, this::requireGoingOn));
        Checkpoint next = new Checkpoint(
                files.nextNumber(),
                snapshot.epoch(),
                snapshot.start(),
                snapshot.nextId(),
                List.copyOf(segments),
                Checkpoints.endedRows(snapshot.view()),
                saved.map(SavedGraph::files).orElse(List.of()),
                indexes.files());
        requireGoingOn();
        files.write(next);
        last = Optional.of(next);
        madeNanos = System.nanoTime();
        exceeded = false;
        pacing.progress();
        graph = saved;
        fields = indexes;
        origin.set(snapshot.view());
        noteFields();
        files.sweep(last);
        open.journal().deleteBefore(next.start().offset());
        source.folder().force();
        stale = false;
    }

    /** The segments that are there, and one more with the rows since. */
    private List<SegmentRef> segments(Snapshot snapshot) {
        List<SegmentRef> segments = new ArrayList<>();
        if (isOfOrigin(snapshot.view())) {
            last.ifPresent(checkpoint -> segments.addAll(checkpoint.segments()));
        }
        int end = segments.isEmpty() ? 0 : segments.getLast().end();
        if (end == snapshot.view().rowCount()) {
            return segments;
        }
        while (!segments.isEmpty() && segments.getLast().file().bytes() < SEGMENT_BYTES_MIN) {
            segments.removeLast();
        }
        int first = segments.isEmpty() ? 0 : segments.getLast().end();
        int rows = snapshot.view().rowCount();
        // Whole chunks apart, so that they can be mapped; what is left is small, and is written anew the next time.
        int border = rows - rows % snapshot.view().layout().rowsPerChunk();
        if (first < border) {
            segments.add(writeSegment(snapshot, first, border));
        }
        if (Math.max(first, border) < rows) {
            segments.add(writeSegment(snapshot, Math.max(first, border), rows));
        }
        return segments;
    }

    private SegmentRef writeSegment(Snapshot snapshot, int first, int end) {
        SegmentRows rows = new SegmentRows(snapshot.epoch(), first, end);
        return files.writeSegment(snapshot.view(), rows, this::requireGoingOn);
    }

    /** Deletes what was begun; what cannot be deleted now goes with the next checkpoint. */
    private void forget(RuntimeException reason) {
        try {
            files.sweep(last);
        } catch (StorageException e) {
            reason.addSuppressed(e);
        }
    }

    private void requireGoingOn() {
        if (closed) {
            throw new CancellationException("the collection is closed");
        }
    }

    /** What there is and was done, beside the log. */
    Upkeep upkeep(Parts open, RowView view) {
        Optional<Checkpoint> newest = last;
        return new Upkeep(
                view.rowCount() - view.live(),
                newest.map(Checkpoint::bytes).orElse(0L),
                newest.isEmpty() ? 0 : (System.nanoTime() - madeNanos) / 1e9,
                open.writer().longestHoldSeconds(),
                replayBytes(open),
                open.journal().appended() - appendedBefore,
                files.bytesWritten());
    }

    /** Stops; waits for a piece that is being written. */
    @Override
    public void close() {
        closed = true;
        pacing.progress();
        running.lock();
        try {
            parts = null;
        } finally {
            running.unlock();
        }
    }
}
