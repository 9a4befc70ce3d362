package dev.kith.engine.collection;

import dev.kith.engine.index.IndexKeeper;
import dev.kith.engine.payload.Matches;
import dev.kith.engine.payload.PayloadTest;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.scan.Asked;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Durability;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Neighbours;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Revision;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One collection, opened, that is replayed from its log, when it is first used. Safe on any thread. */
public final class Collection {
    private static final Logger LOG = System.getLogger(Collection.class.getName());

    private final Identity identity;
    private final Optional<Directory> folder;
    private final Shared shared;
    private final ReentrantLock opening = new ReentrantLock();
    private final ReentrantLock reindexing = new ReentrantLock();
    private volatile CollectionSpec spec;
    private volatile @Nullable Opened opened;
    /** The last opening, where it failed; kept so that not every request replays the log. */
    private volatile @Nullable FailedOpening failed;

    private final AtomicReference<@Nullable Rejection> ended = new AtomicReference<>();

    /**
     * Who a collection is.
     *
     * @param id names its folder and its records; never used again
     */
    public record Identity(long id, CollectionName name) {}

    /** @param folder of its log; empty for a collection that lives in memory */
    public Collection(Identity identity, CollectionSpec spec, Optional<Directory> folder, Shared shared) {
        this.identity = identity;
        this.spec = spec;
        this.folder = folder;
        this.shared = shared;
    }

    public long id() {
        return identity.id();
    }

    public CollectionName name() {
        return identity.name();
    }

    public CollectionSpec spec() {
        return spec;
    }

    /** Refuses, with the reason, where the collection takes no writes. */
    public void requireWritable() {
        var _ = opened().writer().exclusively(() -> true);
    }

    /** Takes a specification of the same shape. {@link #reindex} is to follow. */
    public void alter(CollectionSpec next) {
        spec = next;
    }

    /**
     * Begins the graph that the specification asks for, where there is another one, and waits for a compaction to end
     * for that; and the indexes of payload fields that are new.
     */
    public void reindex() {
        Opened now = opened;
        if (now == null) {
            return;
        }
        reindexing.lock(); // The last of two that alter at once finds what both have made of the specification.
        try {
            now.store().payloads().index(spec.payloadIndexes());
            if (!now.slot().suits(spec.index())) {
                now.compactor().between(() -> now.slot().change(spec.index()));
            }
        } finally {
            reindexing.unlock();
        }
    }

    /** Opens the collection if it is not open yet; refuses where it cannot. */
    public void open() {
        var _ = opened();
    }

    private Opened opened() {
        requireNotEnded(); // Without the lock: who ends the collection may hold it for as long as a force takes.
        Opened now = opened;
        if (now != null) {
            return now;
        }
        requireNoFailure(); // Without the lock too: it is held for as long as another attempt takes.
        opening.lock();
        try {
            requireNotEnded();
            requireNoFailure();
            if (opened == null) {
                opened = attempt();
            }
            return java.util.Objects.requireNonNull(opened);
        } finally {
            opening.unlock();
        }
    }

    private Opened attempt() {
        try {
            Opened made = Opened.open(new Opened.Wanted(id(), spec, folder, this::requireNotEnded), shared);
            failed = null;
            return made;
        } catch (RuntimeException | VirtualMachineError e) {
            requireNotEnded(); // Or else that is why.
            FailedOpening failure = FailedOpening.of(e, shared.clock().instant());
            failed = failure;
            // Where the message says all, a stack trace would only look like a fault of the program.
            boolean clear = e instanceof DamageException || e instanceof Rejection;
            LOG.log(
                    Logger.Level.ERROR,
                    "collection %d cannot be opened: %s".formatted(identity.id(), e.getMessage()),
                    clear ? null : e);
            throw failure.reason();
        }
    }

    private void requireNoFailure() {
        FailedOpening last = failed;
        if (last != null && opened == null && last.standsAt(shared.clock().instant())) {
            throw last.reason();
        }
    }

    private void requireNotEnded() {
        Rejection end = ended.get();
        if (end != null) {
            throw end;
        }
    }

    private Opened openedForWriting() {
        Opened now = opened();
        now.checkpointer().ifPresent(Checkpointer::pace);
        return now;
    }

    public Put.Result put(Put put) {
        put.instead().ifPresent(PayloadTest::requireShallow);
        Opened now = openedForWriting();
        Put.Result result = put.instead().isPresent()
                ? matching(now, put.instead().get(), found -> stored(now, put, Optional.of(found)))
                : stored(now, put, Optional.empty());
        now.index().ifPresent(IndexKeeper::pace);
        return result;
    }

    private Put.Result stored(Opened now, Put put, Optional<Matches> others) {
        return now.writer().write(PutWrite.checked(put, spec, others));
    }

    public long delete(Selection selection) {
        switch (selection) {
            case Selection.Keys _ -> requireKeys(KeyPolicy.BYTES);
            case Selection.Vectors(var vectors) -> requireVectorKeys(vectors);
            case Selection.Matching(var filter) -> PayloadTest.requireShallow(filter);
            case Selection.Ids _ -> {}
        }
        Opened now = openedForWriting();
        return selection instanceof Selection.Matching(var filter)
                ? matching(now, filter, found -> now.writer().write(deletion(selection, Optional.of(found))))
                : now.writer().write(deletion(selection, Optional.empty()));
    }

    private DeleteWrite deletion(Selection selection, Optional<Matches> found) {
        return new DeleteWrite(selection, spec.keyPolicy(), found);
    }

    /** Looks for what a filter accepts before the writer's lock is taken: that may be long. */
    private <R> R matching(Opened now, Filter filter, Function<Matches, R> write) {
        return read(view -> write.apply(now.store().payloads().matches(filter, view)));
    }

    private void requireKeys(KeyPolicy wanted) {
        if (spec.keyPolicy() != wanted) {
            throw new Rejection(Rejection.Code.CONFLICT, "The collection's points have no keys of that kind");
        }
    }

    private void requireVectorKeys(VectorBlock vectors) {
        ShapeCheck.require(vectors, spec, "Vector");
        requireKeys(KeyPolicy.VECTOR_BITS);
    }

    /** Changes the one point that a filter accepts; answers how many it accepts. */
    public long revise(Revision revision) {
        RevisionWrite.check(revision, spec);
        Opened now = openedForWriting();
        long matched =
                matching(now, revision.filter(), found -> now.writer().write(new RevisionWrite(revision, found)));
        now.index().ifPresent(IndexKeeper::pace);
        return matched;
    }

    public void reset() {
        var _ = opened().writer().write(new ResetWrite());
    }

    /** Copies the points of {@code sources}; answers how many came from each. */
    public long[] merge(List<Collection> sources, boolean keepIds) {
        if (spec.keyPolicy() != KeyPolicy.NONE) {
            throw new Rejection(Rejection.Code.CONFLICT, "The target's points are known by keys; it takes no copies");
        }
        sources.forEach(this::requireAlike);
        List<RowView> views = new ArrayList<>();
        try {
            sources.forEach(source -> views.add(source.acquire()));
            Opened now = openedForWriting();
            var _ = now.writer().write(new MergeWrite(views, keepIds));
            now.index().ifPresent(IndexKeeper::pace);
            return views.stream().mapToLong(RowView::live).toArray();
        } finally {
            views.forEach(RowView::release);
        }
    }

    private void requireAlike(Collection source) {
        if (source.spec.element() != spec.element()) {
            throw new Rejection(
                    Rejection.Code.CONFLICT,
                    "Element type mismatch: expected %s, got %s".formatted(spec.element(), source.spec.element()));
        }
        if (source.spec.dimension() != spec.dimension()) {
            throw Rejection.invalid("Vector dimension mismatch: expected %d, got %d"
                    .formatted(spec.dimension(), source.spec.dimension()));
        }
    }

    public List<Hits> search(Query query) {
        return search(query, (view, found) -> found);
    }

    /** Searches, and reads what was found at the same moment. */
    public List<Neighbours> neighbours(Query query) {
        return search(query, PointReads::neighbours);
    }

    private <R> R search(Query query, BiFunction<RowView, List<Hits>, R> reading) {
        ShapeCheck.require(query, spec);
        Metric metric = query.metric().orElse(spec.index().metric());
        return shared.indexer()
                .foreground()
                .run(() -> read(view -> reading.apply(
                        view,
                        found(new Asked(
                                view, query, metric, opened().store().payloads().accepted(query.filter(), view))))));
    }

    private List<Hits> found(Asked asked) {
        return opened().index()
                .flatMap(index -> index.search(asked, shared.scan()))
                .orElseGet(() -> shared.scan().search(asked));
    }

    public Points getByVectors(VectorBlock vectors) {
        requireVectorKeys(vectors);
        return read(view -> PointReads.getByVectors(view, vectors));
    }

    public Points scanByKey(Optional<Put.Key> after, int limit) {
        requireKeys(KeyPolicy.BYTES);
        return read(view -> PointReads.scanByKey(view, after, limit));
    }

    public List<Put.Key> keys(Optional<Put.Key> after, int limit) {
        requireKeys(KeyPolicy.BYTES);
        return read(view -> PointReads.keys(view, after, limit));
    }

    public Points select(Filter filter, long afterId, int limit) {
        PayloadTest.requireShallow(filter);
        return read(
                view -> PointReads.select(view, opened().store().payloads().accepted(filter, view), afterId, limit));
    }

    /** Reads at one moment. */
    public <R> R read(Function<RowView, R> reading) {
        RowView view = acquire();
        try {
            return reading.apply(view);
        } finally {
            view.release();
        }
    }

    /** The newest view, to be released. */
    private RowView acquire() {
        while (true) {
            RowView view = opened().store().view();
            if (view.acquire()) {
                return view;
            }
            // A reset or a drop retired it between the two calls; the next turn finds the new one, or the end.
            Thread.onSpinWait();
        }
    }

    /** What checkpoints and compactions have to do, if the collection is open. */
    public Optional<Upkeep> upkeepIfOpen() {
        Opened now = opened;
        if (now == null || ended.get() != null) {
            return Optional.empty();
        }
        RowView view = now.store().view();
        Upkeep inMemory =
                new Upkeep(view.rowCount() - view.live(), 0, 0, now.writer().longestHoldSeconds(), 0, 0, 0);
        Checkpointer.Parts parts = new Checkpointer.Parts(now.journal(), now.writer(), now.slot());
        return Optional.of(
                now.checkpointer().map(files -> files.upkeep(parts, view)).orElse(inMemory));
    }

    /** Makes a checkpoint now; false when that was not possible, or there is nothing on disk. */
    public boolean checkpoint() {
        return opened().checkpointer().map(Checkpointer::run).orElse(false);
    }

    /** Drops ended rows now; false when that was not possible. */
    public boolean compact() {
        return opened().compactor().runNow();
    }

    /** The collection now; it is opened for that. One that cannot be opened says so. */
    public CollectionInfo info() {
        try {
            return info(opened());
        } catch (Rejection refused) {
            if (ended.get() != null) {
                throw refused;
            }
            return new CollectionInfo(
                    id(),
                    name(),
                    spec,
                    0,
                    0,
                    0,
                    0,
                    Durability.FORCE,
                    CollectionInfo.EXACT,
                    Optional.empty(),
                    Optional.of(refused));
        }
    }

    /** Whether the collection is in quarantine or could not be opened; nothing is opened for that. */
    public boolean isHurt() {
        Opened now = opened;
        return ended.get() == null
                && (now == null ? failed != null : now.damage().isPresent());
    }

    /** Whether the collection is open and some of its vectors are mapped from files. */
    public boolean isMapped() {
        Opened now = opened;
        return now != null && ended.get() == null && now.store().view().isMapped();
    }

    /** The collection now if it is open; nothing is opened for that. */
    public Optional<CollectionInfo> infoIfOpen() {
        Opened now = opened;
        return now == null || ended.get() != null ? Optional.empty() : Optional.of(info(now));
    }

    private CollectionInfo info(Opened now) {
        RowView view = now.store().view();
        return new CollectionInfo(
                id(),
                name(),
                spec,
                view.live(),
                now.index().map(index -> index.tail(view)).orElse(0),
                now.store().bytes()
                        + now.store().payloads().bytes()
                        + now.index().map(IndexKeeper::bytes).orElse(0L),
                now.journal().bytes(),
                now.journal().durability(),
                now.index().filter(index -> index.serves(view)).isPresent()
                        ? CollectionInfo.HNSW
                        : CollectionInfo.EXACT,
                now.damage(),
                Optional.empty());
    }

    /** Stops an opening that runs, soon, and refuses all calls, where the collection is not open; else does nothing. */
    public void stopOpening(Rejection reason) {
        if (opened == null) {
            var _ = ended.compareAndSet(null, reason);
        }
    }

    /**
     * Ends the collection for everybody: later calls are refused with {@code reason}, views that are held keep their
     * memory. Its log is forced and closed.
     */
    public void end(Rejection reason) {
        var _ = ended.compareAndSet(null, reason); // Before the lock: an opening that has it looks at this.
        opening.lock();
        try {
            Opened now = opened;
            opened = null;
            if (now != null) {
                now.writer().refuse(reason);
                now.checkpointer().ifPresent(Checkpointer::close);
                now.compactor().close();
                now.slot().close();
                now.store().retire();
                now.journal().close();
            }
        } finally {
            opening.unlock();
        }
    }
}
