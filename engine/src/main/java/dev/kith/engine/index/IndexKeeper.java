package dev.kith.engine.index;

import dev.kith.engine.index.hnsw.HnswGraph;
import dev.kith.engine.index.hnsw.HnswOptions;
import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.scan.Asked;
import dev.kith.engine.scan.ExactScan;
import dev.kith.engine.segment.GraphHead;
import dev.kith.engine.segment.GraphTarget;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import java.lang.System.Logger;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the graph of one collection up with its rows, in the background, a batch after the other: links rows that came,
 * takes ended ones out when there are many, seals what no longer grows. Nobody waits for it but writers that have run
 * far ahead of it, and those for two seconds at most.
 *
 * <p>Threads: any. The indexer's deciders decide on batches, one at a time; its other threads do them.
 */
public final class IndexKeeper implements AutoCloseable {
    private static final Logger LOG = System.getLogger(IndexKeeper.class.getName());
    /** Components of a collection below which a scan takes a tenth of a millisecond, and no graph is built. */
    private static final long COMPONENTS_MIN = 1L << 20;

    /** Rows of one batch: one to four seconds of work for one thread, after which the tail is that much shorter. */
    private static final int BATCH_ROWS = 4096;
    /** Ended rows are taken out of the graph when they are one in so many. */
    private static final int ENDED_SHARE = 20;

    /**
     * A graph at rest is to be written when one in so many rows has changed: that is what a start may have to scan
     * beside it. Where rows come in no order that is in nearly every list: so a row costs at most twenty times what its
     * links take.
     */
    private static final int CHANGED_SHARE = 20;
    /** While it grows, which it does not do while it is written. */
    private static final int CHANGED_SHARE_GROWING = 4;

    private static final int ENDED_MIN = 64;
    /** Without new rows for this long, lists are pruned and sealed. */
    private static final long IDLE_MILLIS = 1000;

    /** After want of memory, most of all. Twice as long after every failure that follows, up to a minute or so. */
    private static final long RETRY_MILLIS = 1000;

    private static final long RETRY_MILLIS_MAX = 64 * RETRY_MILLIS;

    private static final long SEED = 0x6b697468;

    private final Source source;
    private final HnswOptions options;
    private final Metric metric;
    private final Pacing pacing;
    private final GraphMemory memory;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile @Nullable Grown grown;
    private volatile boolean closed;
    /** A view of rows whose graph does not grow for now; not acquired. */
    private volatile @Nullable RowView stuckAt;

    private volatile long retryMillis = RETRY_MILLIS;
    private final AtomicBoolean sealing = new AtomicBoolean();
    private volatile Runnable grownOn = () -> {};
    private final Pauses pauses;
    private final TailSketches sketches;

    /**
     * What a keeper works with.
     *
     * @param newest the newest view, not acquired
     */
    public record Source(Supplier<RowView> newest, MemoryBudget budget, Indexer indexer) {}

    private IndexKeeper(Source source, IndexSpec spec) {
        this.source = source;
        this.memory = new GraphMemory(source.budget());
        this.pauses = new Pauses(source.indexer());
        this.pacing = new Pacing(source.indexer()::paced);
        this.metric = spec.searchMetric();
        this.sketches = new TailSketches(
                new TailSketches.Tail(source.newest(), this::covered), source.indexer(), source.budget(), metric);
        int m = Math.clamp(spec.parameter("m", 16), HnswOptions.M_MIN, HnswOptions.M_MAX);
        this.options = new HnswOptions(
                m,
                Math.clamp(spec.parameter("m0", 2L * m), m, HnswOptions.M0_MAX),
                Math.clamp(spec.parameter("ef_construction", 100), 1, HnswOptions.EF_MAX),
                SEED);
    }

    /** A keeper for a collection whose specification asks for a graph; empty for any other. */
    static Optional<IndexKeeper> of(IndexSpec spec, Source source) {
        return spec.kind() == IndexSpec.Kind.HNSW && spec.metric().element() == ElementType.FLOAT32
                ? Optional.of(new IndexKeeper(source, spec))
                : Optional.empty();
    }

    /** Whether both make the same graph of the same rows. */
    boolean buildsLike(IndexKeeper other) {
        return metric == other.metric && options.equals(other.options);
    }

    /** To be called after every change that was published. Costs next to nothing where there is nothing to do. */
    public void wake() {
        sketches.wake();
        boolean due = !pauses.isEmpty() || !isStuck(source.newest().get());
        if (!closed && due && scheduled.compareAndSet(false, true)) {
            source.indexer().execute(this::step);
        }
    }

    /** Whether the graph of the view's rows does not grow for now, since that failed. */
    boolean isStuck(RowView view) {
        RowView at = stuckAt;
        return at != null && view.isOfSameRows(at);
    }

    /** One result a query where the graph can serve it; else empty. */
    public Optional<List<Hits>> search(Asked asked, ExactScan scan) {
        Grown now = grown;
        return now == null || asked.metric() != metric || !now.isOf(asked.view())
                ? Optional.empty()
                : Optional.ofNullable(now.index().search(asked, scan, sketches.of(asked.view())));
    }

    /** Whether a graph answers searches, at least of most rows. */
    public boolean serves(RowView view) {
        Grown now = grown;
        return now != null && now.isOf(view) && tail(view) < view.rowCount() / 2;
    }

    /** Rows of a view that searches have to scan although a graph is wanted for them. */
    public int tail(RowView view) {
        Grown now = grown;
        if (now == null || !now.isOf(view)) {
            return isWanted(view) ? view.rowCount() : 0;
        }
        return now.tail(view);
    }

    /** Rows of a view from the first one on that are in the graph. */
    private int covered(RowView view) {
        Grown now = grown;
        return now == null || !now.isOf(view) ? 0 : now.index().reach().covered();
    }

    /** Bytes of the graph, and of what is made of the rows that it has not reached. */
    public long bytes() {
        return memory.bytes() + sketches.bytes();
    }

    private static boolean isWanted(RowView view) {
        return (long) view.rowCount() * view.layout().dimension() >= COMPONENTS_MIN;
    }

    /** Holds back a writer while the tail is too long, but never for more than two seconds. */
    public void pace() {
        RowView view = source.newest().get();
        pacing.await(() -> !closed && !isStuck(view) && isTooFarBehind());
    }

    private boolean isTooFarBehind() {
        Grown now = grown;
        return now != null && now.isTooFarBehind(source.newest().get());
    }

    /** Calls {@code next} when the graph has grown on or has been sealed, from now on. */
    void whenGrown(Runnable next) {
        grownOn = next;
    }

    /**
     * Keeps a sealed graph as it is until the answer is closed, so that it can be written; empty when there is none, or
     * it is being changed. Searches go on.
     */
    public Optional<HeldGraph> hold(RowView view) {
        if (closed || !scheduled.compareAndSet(false, true)) {
            return Optional.empty();
        }
        Optional<HeldGraph> held = Optional.empty();
        try {
            held = heldInPause(view).filter(graph -> graph.index().graph().isSealed());
        } finally {
            if (held.isEmpty()) {
                release();
            }
        }
        return held;
    }

    /**
     * Runs {@code work} between two batches, after ended rows were taken out of the graph; nothing grows meanwhile. On
     * a thread of the indexer.
     */
    public void pauseFor(Runnable work) {
        pauses.add(work, true);
        wake();
    }

    /**
     * As {@link #pauseFor}, after lists were pruned to what they keep: so the graph can be written and grow on. Where
     * it is closed before, the work runs all the same, and has nothing to hold.
     */
    public void pauseToWrite(Runnable work) {
        pauses.add(work, false);
        wake();
    }

    /** What runs in a pause may hold the graph of the view's rows, grown to its end or not. */
    public Optional<HeldGraph> heldInPause(RowView view) {
        Grown now = grown;
        return closed || now == null || !now.isOf(view) || now.index().reach().covered() == 0
                ? Optional.empty()
                : Optional.of(new HeldGraph(this, now.index()));
    }

    boolean isOf(GraphIndex index, RowView view) {
        Grown now = grown;
        return now != null && now.index().equals(index) && now.isOf(view);
    }

    /** Goes on with another graph, whose rows are those of {@code origin}; in a pause. */
    void replace(GraphIndex index, RowView origin) {
        grown = new Grown(index, origin, 0);
    }

    /** What is to be done before the pause: by all threads, and once. */
    private @Nullable Batch preparation(Pauses.Pause pause, RowView view) {
        Grown now = grown;
        if (now == null
                || now.index().reach().covered() == 0
                || (pause.mends() && isStuck(view))
                || !pause.prepared().compareAndSet(false, true)) {
            return null;
        }
        GraphIndex.Reach reach = now.index().reach();
        long ended = view.rowCount() - view.live();
        if (pause.mends() && ended != reach.endedMended()) {
            return new Batch(view, now.index(), new Batch.Mending(reach, ended), this::isClosed);
        }
        return pause.mends() || now.index().graph().isSealed()
                ? null
                : new Batch(view, now.index(), new Batch.Trimming(reach), this::isClosed);
    }

    private void run(Pauses.Pause pause) {
        if (pauses.take(pause)) {
            pause.work().run(); // Where it fails, the graph is let go, and grows again later.
        }
        Grown now = grown;
        if (now != null) {
            price(now.index().graph(), now.index().reach().covered());
        }
        release();
    }

    /** Whether there is a graph of the view's rows that has come much further since it was like that. */
    public boolean isWorthWriting(RowView view, Optional<GraphHead> written) {
        Grown now = grown;
        if (now == null || !now.isOf(view)) {
            return false;
        }
        GraphIndex.Reach reach = now.index().reach();
        Optional<GraphHead> before = written.filter(head -> head.build().equals(build(options, metric)));
        long covered = before.map(GraphHead::covered).orElse(0);
        long mended = before.map(GraphHead::endedMended).orElse(0L);
        long changed = Math.max(reach.covered() - covered, Math.abs(reach.endedMended() - mended));
        int share = now.index().graph().isSealed() ? CHANGED_SHARE : CHANGED_SHARE_GROWING;
        return reach.covered() > 0 && changed > reach.covered() / share;
    }

    /** Lets the graph grow again. */
    void release() {
        scheduled.set(false);
        wake();
    }

    /**
     * Takes over what was kept of a graph, before the first {@link #wake}.
     *
     * @param number of the newest file that has it
     * @param origin a view of its rows
     * @throws IllegalArgumentException when it is not a graph of such rows as is wanted here
     */
    public GraphTarget restore(GraphHead head, long number, RowView origin) {
        GraphHead.Build wanted = build(options, metric);
        if (!wanted.equals(head.build()) || head.covered() < 1 || head.covered() > origin.rowCount()) {
            throw new IllegalArgumentException(
                    "expected a graph of %s over at most %d rows, found %s".formatted(wanted, origin.rowCount(), head));
        }
        return new RestoredGraph(new HnswGraph(options, metric), head, source.budget(), restored -> {
            restored.graph().restoreApart(origin, head.covered());
            restored.keptAs(number);
            price(restored.graph(), head.covered());
            grown = new Grown(
                    restored, origin, origin.rowCount() - restored.reach().covered());
        });
    }

    /** The name of the metric is one of at most 16 characters. */
    static GraphHead.Build build(HnswOptions options, Metric metric) {
        String name = metric == Metric.NORMALISED_INNER_PRODUCT ? "NORMALISED_IP" : metric.name();
        return new GraphHead.Build(
                name, new GraphHead.Links(options.m(), options.m0()), options.efConstruction(), options.seed());
    }

    /** Does the next batch, or rests. One at a time, on the indexer's deciding thread. */
    private void step() {
        RowView view = source.newest().get();
        if (!closed && view.acquire()) {
            guarded(view, () -> step(view));
            return;
        }
        scheduled.set(false);
        if (source.newest().get() != view) {
            wake(); // Other rows came between the two calls; who published them woke nobody.
        }
    }

    private void step(RowView view) {
        Grown now = grown;
        if (now != null && !now.isOf(view)) {
            letGo();
        }
        Pauses.Pause pause = pauses.next();
        if (pause != null) {
            Batch first = preparation(pause, view);
            if (first == null) {
                run(pause);
            } else {
                run(first);
            }
            return;
        }
        if (isStuck(view)) {
            release();
            return;
        }
        Batch batch = next(view);
        if (batch == null) {
            rest(view);
        } else {
            run(batch);
        }
    }

    /** Does work with a view that is acquired for it. When it fails, it is begun anew later. */
    private void guarded(RowView view, Runnable work) {
        try {
            work.run();
        } catch (Rejection full) {
            giveUp(view, "there is no memory for it: " + full.text());
        } catch (RuntimeException | Error e) {
            letGo(); // Who knows what of the batch is in it.
            giveUp(view, e.toString());
            LOG.log(Logger.Level.ERROR, "an index could not be grown", e);
        } finally {
            view.release();
        }
    }

    private void run(Batch batch) {
        do {
            source.indexer().compute(batch);
        } while (batch.goesFurther());
        Throwable failure = batch.failure();
        if (failure != null) {
            throw new IllegalStateException("a batch failed", failure);
        }
        Grown now = grown;
        if (!closed && now != null) {
            batch.complete();
            assert batch.isSound();
            price(now.index().graph(), now.index().reach().covered());
        }
        pacing.progress();
        sketches.wake();
        grownOn.run();
        source.indexer().execute(this::step);
    }

    private void giveUp(RowView view, String reason) {
        long wait = retryMillis;
        retryMillis = Math.min(2 * wait, RETRY_MILLIS_MAX);
        stuckAt = view;
        release();
        pacing.progress();
        source.indexer().schedule(this::retry, wait);
        String text = "an index does not grow for {0} ms, what it lacks is scanned: {1}";
        LOG.log(Logger.Level.WARNING, text, wait, reason);
    }

    private void retry() {
        stuckAt = null;
        wake();
    }

    /** Forgets the graph: it is of rows that are no more, or of no use. Searches that walk in it end as they would. */
    private void letGo() {
        grown = null;
        memory.giveBack();
    }

    private void rest(RowView seen) {
        retryMillis = RETRY_MILLIS;
        Grown now = grown;
        grown = now == null ? null : now.caughtUp();
        scheduled.set(false);
        if (source.newest().get() != seen || !pauses.isEmpty()) {
            wake(); // Who came between the last look and now woke nobody.
        } else if (now != null && !now.index().graph().isSealed() && sealing.compareAndSet(false, true)) {
            source.indexer().schedule(() -> seal(seen), IDLE_MILLIS);
        } else if (now != null && now.index().graph().isSealed()) {
            grownOn.run();
        }
    }

    /** Seals the graph, unless something has changed meanwhile. */
    private void seal(RowView seen) {
        sealing.set(false);
        Grown now = grown;
        if (closed || now == null || !scheduled.compareAndSet(false, true)) {
            return;
        }
        if (source.newest().get() != seen || !seen.acquire()) {
            step();
            return;
        }
        guarded(
                seen,
                () -> run(new Batch(
                        seen, now.index(), new Batch.Sealing(now.index().reach()), this::isClosed)));
    }

    private @Nullable Batch next(RowView view) {
        Grown now = grown;
        if (now == null) {
            if (!isWanted(view)) {
                return null;
            }
            now = new Grown(new GraphIndex(new HnswGraph(options, metric)), view, view.rowCount());
            grown = now;
        }
        GraphIndex.Reach reach = now.index().reach();
        long ended = view.rowCount() - view.live();
        long unmended = ended - reach.endedMended();
        if (reach.covered() > 0 && unmended > Math.max(ENDED_MIN, reach.covered() / ENDED_SHARE)) {
            return new Batch(view, now.index(), new Batch.Mending(reach, ended), this::isClosed);
        }
        int to = (int) Math.min(view.rowCount(), (long) reach.covered() + BATCH_ROWS);
        if (to > reach.covered()) {
            price(now.index().graph(), to);
            now.index().graph().reserve(to);
            now.index().reached(new GraphIndex.Reach(reach.covered(), to, reach.endedMended()));
            return new Batch(view, now.index(), new Batch.Growing(reach, to), this::isClosed);
        }
        return null;
    }

    /** Takes from the budget what the graph will need for so many nodes, or gives back what it no longer needs. */
    private void price(HnswGraph graph, int nodes) {
        memory.hold(graph.bytesWith(nodes));
    }

    private boolean isClosed() {
        return closed;
    }

    /** Stops after the batch that runs. */
    @Override
    public void close() {
        closed = true;
        sketches.close();
        memory.close();
        pauses.close();
        pacing.progress();
    }
}
