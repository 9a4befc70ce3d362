package dev.kith.engine;

import dev.kith.engine.collection.Buffers;
import dev.kith.engine.collection.Collection;
import dev.kith.engine.collection.Manifest;
import dev.kith.engine.collection.PointReads;
import dev.kith.engine.collection.Shared;
import dev.kith.engine.collection.Upkeep;
import dev.kith.engine.index.Indexer;
import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowLayout;
import dev.kith.engine.scan.ComputePool;
import dev.kith.engine.scan.ExactScan;
import dev.kith.engine.segment.Checkpoints;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.DiskFullException;
import dev.kith.storage.RecordFormat;
import dev.kith.storage.RecordHeader;
import dev.kith.storage.RecordLog;
import dev.kith.storage.StorageException;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Neighbours;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Revision;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Target;
import dev.kith.vectors.VectorBlock;
import dev.kith.vectors.Vectors;
import java.lang.System.Logger;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/**
 * The embedded vector database over one data folder:
 *
 * <pre>
 *   lock                      held while an engine has the folder
 *   catalogue/                the log of which collections there are
 *   collections/&lt;id, hex&gt;/   one folder a collection: manifest and log
 * </pre>
 *
 * <p>Threads: any. Making, changing and dropping collections is done one at a time, under one lock; everything else
 * concerns one collection only.
 */
public final class Engine implements Vectors {
    private static final Logger LOG = System.getLogger(Engine.class.getName());
    /** The folder of all collections' folders. */
    static final String COLLECTIONS = "collections";
    /** Logs that are forced at the same time: more would only queue up in the disk. */
    private static final int FORCES_AT_ONCE = 16;
    /** Buffers of 4 MiB kept for writers. */
    private static final int BUFFERS_IDLE_MAX = 4;

    private static final Comparator<CollectionName> BY_NAMESPACE_AND_NAME =
            Comparator.comparing(CollectionName::namespace).thenComparing(CollectionName::name);

    private final EngineOptions options;
    private final Optional<Directory.Lock> lock;
    private final ComputePool pool;
    private final Indexer indexer;
    private final Shared shared;
    private final Catalogue catalogue;
    private final Map<String, NavigableMap<CollectionName, Collection>> tenants = new ConcurrentHashMap<>();
    private final ReentrantLock changes = new ReentrantLock();
    private volatile boolean closed;

    private Engine(EngineOptions options, Optional<Directory.Lock> lock) {
        this.options = options;
        this.lock = lock;
        this.catalogue = Catalogue.open(options);
        this.pool = new ComputePool(options.computeThreads());
        this.indexer = new Indexer(options.computeThreads());
        this.shared = new Shared(
                MemoryBudget.ofProcess(options.memoryBytesMax()),
                new ExactScan(pool),
                indexer,
                new Buffers(RecordFormat.BODY_BYTES_MAX, BUFFERS_IDLE_MAX),
                new Semaphore(FORCES_AT_ONCE),
                options.logOptions(),
                options.checkpoints(),
                options.clock());
        catalogue.entries().forEach(this::register);
    }

    /**
     * Opens the data folder, or starts one. Collections are opened when they are first used, and one after the other in
     * the background.
     *
     * @throws StorageException when another process has the folder, or the catalogue is damaged
     */
    public static Engine open(EngineOptions options) {
        options.root().ifPresent(Directory::create);
        Optional<Directory.Lock> lock = options.root().map(root -> root.lock("lock"));
        try {
            Engine engine = new Engine(options, lock);
            engine.prepareFolders();
            Thread.ofVirtual().name("kith-opener").start(engine::openAll);
            return engine;
        } catch (RuntimeException | Error e) {
            lock.ifPresent(Directory.Lock::close);
            throw e;
        }
    }

    private Collection register(Catalogue.Entry entry) {
        Collection collection = new Collection(
                new Collection.Identity(entry.id(), entry.name()), entry.spec(), collectionFolder(entry.id()), shared);
        tenants.computeIfAbsent(entry.name().tenant(), t -> new ConcurrentSkipListMap<>(BY_NAMESPACE_AND_NAME))
                .put(entry.name(), collection);
        return collection;
    }

    private Optional<Directory> collectionFolder(long id) {
        return collectionsFolder().map(folder -> folder.folder(folderName(id)));
    }

    private Optional<Directory> collectionsFolder() {
        return options.root().map(root -> root.folder(COLLECTIONS));
    }

    private static String folderName(long id) {
        return String.format(java.util.Locale.ROOT, "%016x", id);
    }

    private void prepareFolders() {
        try {
            collectionsFolder().ifPresent(Directory::create);
            collectionsFolder().ifPresent(this::sweepOrphans);
        } catch (RuntimeException | Error e) {
            indexer.close();
            pool.close();
            throw e;
        }
    }

    /** Deletes folders that no catalogue record names: creations and drops that a crash cut short. */
    private void sweepOrphans(Directory folder) {
        Set<String> known = new HashSet<>();
        catalogue.entries().forEach(entry -> known.add(folderName(entry.id())));
        for (String name : folder.names()) {
            if (isCollectionFolder(name) && !known.contains(name)) {
                requireNoRecords(folder.folder(name), Long.parseUnsignedLong(name, 16));
                folder.deleteFolder(name);
            }
        }
    }

    /** A folder that the catalogue never knew and that has records: the catalogue has lost its end, not the folder. */
    private void requireNoRecords(Directory folder, long id) {
        if (id < catalogue.nextId()) {
            return;
        }
        boolean[] found = {Checkpoints.isIn(folder)};
        RecordLog.Visitor visitor = new RecordLog.Visitor() {
            @Override
            public void record(RecordHeader header, ByteBuffer body) {
                found[0] = true;
            }

            @Override
            public void abandon(long sequence) {}
        };
        try {
            RecordLog.open(new RecordLog.Place(folder, id), options.logOptions(), options.clock(), visitor)
                    .close();
        } catch (StorageException unfinished) {
            LOG.log(Logger.Level.DEBUG, "a collection was never finished: {0}", unfinished.getMessage());
        }
        if (found[0]) {
            throw new DamageException("the catalogue does not name " + folder.path() + ", which holds records");
        }
    }

    static boolean isCollectionFolder(String name) {
        return name.matches("[0-9a-f]{16}");
    }

    private void openAll() {
        for (Catalogue.Entry entry : List.copyOf(catalogueEntries())) {
            if (closed) {
                return;
            }
            try {
                lookUp(entry.name()).ifPresent(Collection::open);
            } catch (Rejection refused) {
                // The collection has logged why, remembers it and tells its clients; the others are not to wait.
                LOG.log(Logger.Level.DEBUG, "collection {0}: {1}", entry.id(), refused.text());
            } catch (RuntimeException | VirtualMachineError e) {
                LOG.log(Logger.Level.ERROR, "collection " + entry.id() + " was not opened", e);
            }
        }
    }

    private java.util.Collection<Catalogue.Entry> catalogueEntries() {
        changes.lock();
        try {
            return List.copyOf(catalogue.entries());
        } finally {
            changes.unlock();
        }
    }

    private Optional<Collection> lookUp(CollectionName name) {
        NavigableMap<CollectionName, Collection> own = tenants.get(name.tenant());
        return own == null ? Optional.empty() : Optional.ofNullable(own.get(name));
    }

    private Collection require(Target target) {
        return lookUp(target.fullName())
                .filter(collection -> target.means(collection.id()))
                .orElseThrow(() -> Rejection.noCollection(target.fullName().name()));
    }

    @Override
    public CollectionInfo create(CollectionName name, CollectionSpec spec) {
        changes.lock();
        try {
            requireOpen();
            if (lookUp(name).isPresent()) {
                throw new Rejection(
                        Rejection.Code.ALREADY_EXISTS, "Collection %s already exists".formatted(name.name()));
            }
            catalogue.requireWritable();
            Catalogue.Entry entry = new Catalogue.Entry(catalogue.nextId(), name, spec);
            collectionsFolder().ifPresent(folder -> prepareFolder(folder, entry));
            catalogue.create(entry);
            return register(entry).info();
        } finally {
            changes.unlock();
        }
    }

    /** A folder with manifest and empty log. Power lost here leaves an orphan, which the next opening sweeps. */
    private void prepareFolder(Directory parent, Catalogue.Entry entry) {
        String name = folderName(entry.id());
        try {
            parent.deleteFolder(name);
            Directory folder = parent.folder(name);
            folder.create();
            Manifest.write(
                    folder, entry.id(), RowLayout.of(entry.spec()), entry.spec().keyPolicy());
            RecordLog.create(new RecordLog.Place(folder, entry.id()), options.logOptions(), options.clock())
                    .close();
            folder.force();
        } catch (DiskFullException e) {
            LOG.log(Logger.Level.WARNING, "a collection could not be made: {0}", e.getMessage());
            throw new Rejection(Rejection.Code.EXHAUSTED, "No space left on the disk; nothing was written");
        } catch (StorageException e) {
            LOG.log(Logger.Level.ERROR, "a collection could not be made", e);
            throw new Rejection(Rejection.Code.UNAVAILABLE, "The disk failed; the collection was not made");
        }
    }

    @Override
    public Optional<CollectionInfo> find(CollectionName name) {
        try {
            return lookUp(name).map(Collection::info);
        } catch (Rejection refused) {
            if (refused.code() == Rejection.Code.NOT_FOUND) {
                return Optional.empty(); // It was dropped meanwhile.
            }
            throw refused;
        }
    }

    @Override
    public List<CollectionInfo> list(String tenant) {
        NavigableMap<CollectionName, Collection> own = tenants.get(tenant);
        return own == null
                ? List.of()
                : own.values().stream().flatMap(Engine::infoUnlessDropped).toList();
    }

    private static java.util.stream.Stream<CollectionInfo> infoUnlessDropped(Collection collection) {
        try {
            return java.util.stream.Stream.of(collection.info());
        } catch (Rejection dropped) {
            return java.util.stream.Stream.empty();
        }
    }

    @Override
    public CollectionInfo alter(Target target, UnaryOperator<CollectionSpec> change) {
        require(target).requireWritable(); // Before the lock: the collection is opened for that.
        Collection collection;
        changes.lock();
        try {
            requireOpen();
            collection = require(target);
            CollectionSpec old = collection.spec();
            CollectionSpec next = change.apply(old);
            boolean alike = next.element() == old.element()
                    && next.dimension() == old.dimension()
                    && next.keyPolicy() == old.keyPolicy();
            if (!alike) {
                throw new IllegalStateException("element type, dimension and key policy of a collection never change");
            }
            catalogue.alter(collection.id(), next);
            collection.alter(next);
        } finally {
            changes.unlock();
        }
        collection.reindex();
        return collection.info();
    }

    @Override
    public void drop(Target target) {
        CollectionName name = target.fullName();
        Collection collection;
        changes.lock();
        try {
            requireOpen();
            collection = require(target);
            catalogue.drop(collection.id());
            tenants.getOrDefault(name.tenant(), new ConcurrentSkipListMap<>(BY_NAMESPACE_AND_NAME))
                    .remove(name);
        } finally {
            changes.unlock();
        }
        end(collection, Rejection.noCollection(name.name()));
        try {
            collectionsFolder().ifPresent(folder -> folder.deleteFolder(folderName(collection.id())));
        } catch (StorageException e) {
            LOG.log(Logger.Level.WARNING, "files of a dropped collection are swept at the next start", e);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw stopping();
        }
    }

    private static Rejection stopping() {
        return new Rejection(Rejection.Code.UNAVAILABLE, "The server is stopping");
    }

    @Override
    public Put.Result put(Target target, Put put) {
        return require(target).put(put);
    }

    @Override
    public long revise(Target target, Revision revision) {
        return require(target).revise(revision);
    }

    @Override
    public long delete(Target target, Selection selection) {
        return require(target).delete(selection);
    }

    @Override
    public void reset(Target target) {
        require(target).reset();
    }

    @Override
    public long[] merge(Target target, List<? extends Target> sources, boolean keepIds) {
        return require(target).merge(sources.stream().map(this::require).toList(), keepIds);
    }

    @Override
    public List<Hits> search(Target target, Query query) {
        return require(target).search(query);
    }

    @Override
    public List<Neighbours> neighbours(Target target, Query query) {
        return require(target).neighbours(query);
    }

    @Override
    public Points get(Target target, long[] ids) {
        return require(target).read(view -> PointReads.get(view, ids));
    }

    @Override
    public Points getByKeys(Target target, List<Put.Key> keys) {
        return require(target).read(view -> PointReads.getByKeys(view, keys));
    }

    @Override
    public Points getByVectors(Target target, VectorBlock vectors) {
        return require(target).getByVectors(vectors);
    }

    @Override
    public Points select(Target target, Filter filter, long afterId, int limit) {
        return require(target).select(filter, afterId, limit);
    }

    @Override
    public Points scan(Target target, long start, int limit) {
        return require(target).read(view -> PointReads.scan(view, start, limit));
    }

    @Override
    public Points scanByKey(Target target, Optional<Put.Key> after, int limit) {
        return require(target).scanByKey(after, limit);
    }

    @Override
    public List<Put.Key> keys(Target target, Optional<Put.Key> after, int limit) {
        return require(target).keys(after, limit);
    }

    /** Makes a checkpoint of a collection now; false when that was not possible. */
    boolean checkpoint(CollectionName name) {
        return require(name).checkpoint();
    }

    /** Drops the ended rows of a collection now; false when that was not possible. */
    boolean compact(CollectionName name) {
        return require(name).compact();
    }

    /** What the memory of all collections is counted in, and what others may take of it. */
    public MemoryBudget memory() {
        return shared.budget();
    }

    /** Sums over the collections that are open. */
    public EngineStats stats() {
        List<Collection> all =
                tenants.values().stream().flatMap(own -> own.values().stream()).toList();
        List<CollectionInfo> open = all.stream()
                .flatMap(collection -> collection.infoIfOpen().stream())
                .toList();
        return new EngineStats(
                all.size(),
                open.size(),
                (int) all.stream().filter(Collection::isHurt).count(),
                (int) all.stream().filter(Collection::isMapped).count(),
                (int) open.stream().filter(CollectionInfo::isServedByGraph).count(),
                open.stream().mapToLong(CollectionInfo::points).sum(),
                open.stream().mapToLong(CollectionInfo::tailRows).sum(),
                indexer.pacedSeconds(),
                shared.budget().bytesUsed(),
                shared.budget().bytesMax(),
                open.stream().mapToLong(CollectionInfo::logBytes).sum(),
                all.stream()
                        .flatMap(collection -> collection.upkeepIfOpen().stream())
                        .reduce(Upkeep.NONE, Upkeep::plus));
    }

    /**
     * The first step of a stop: collections that are not open yet are not opened any more. Who waits for one is
     * refused, so that requests in progress come to their end.
     */
    public void stopOpening() {
        tenants.values().forEach(own -> own.values().forEach(collection -> collection.stopOpening(stopping())));
    }

    @Override
    public void close() {
        changes.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            tenants.values().forEach(own -> own.values().forEach(collection -> end(collection, stopping())));
            catalogue.close();
        } finally {
            changes.unlock();
            indexer.close();
            pool.close();
            lock.ifPresent(Directory.Lock::close);
        }
    }

    private static void end(Collection collection, Rejection reason) {
        try {
            collection.end(reason);
        } catch (StorageException e) {
            LOG.log(Logger.Level.ERROR, "collection " + collection.id() + " could not be closed", e);
        }
    }
}
