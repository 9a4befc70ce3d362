package dev.kith.engine;

import dev.kith.engine.codec.MalformedException;
import dev.kith.engine.codec.RecordType;
import dev.kith.engine.codec.SpecCodec;
import dev.kith.engine.codec.ValueCodec;
import dev.kith.storage.Damage;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.DiskFullException;
import dev.kith.storage.RecordFormat;
import dev.kith.storage.RecordHeader;
import dev.kith.storage.RecordLog;
import dev.kith.storage.StorageException;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.lang.System.Logger;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which collections there are: a log of CREATE, ALTER and DROP records under collection id 0, and what follows from it.
 * A record here is the commit of what it says. A damaged catalogue is never opened, since an empty one in its place
 * would lose everything in silence.
 *
 * <p>Threads: the engine calls it under its own lock.
 */
final class Catalogue implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Catalogue.class.getName());
    private static final long CATALOGUE_ID = 0;
    private static final String FOLDER = "catalogue";
    /** Where a new catalogue is made, before it gets its name. */
    private static final String UNFINISHED = "catalogue.new";

    private final Optional<RecordLog> log;
    private final Map<Long, Entry> entries;
    private final EngineOptions options;
    private long sequence;
    private long nextId = CATALOGUE_ID + 1;
    /** Set when the disk failed: nobody can say then what of the log is durable. */
    private Optional<Rejection> refusal = Optional.empty();

    /** A collection that exists. */
    record Entry(long id, CollectionName name, CollectionSpec spec) {}

    private Catalogue(EngineOptions options) {
        this.options = options;
        this.entries = new TreeMap<>();
        this.log = options.root().map(this::openLog);
    }

    /** Opens the catalogue of a data folder, or starts one; {@link DamageException} where it is damaged or missing. */
    static Catalogue open(EngineOptions options) {
        return new Catalogue(options);
    }

    /** Starts a catalogue under another name first: if the power goes, there is none rather than half of one. */
    private void start(Directory root) {
        if (root.folder(Engine.COLLECTIONS).names().stream().anyMatch(Engine::isCollectionFolder)) {
            throw new DamageException(
                    new Damage(root.path() + "/" + FOLDER, 0, "expected the collections' catalogue, found none"));
        }
        root.deleteFolder(UNFINISHED);
        Directory folder = root.folder(UNFINISHED);
        folder.create();
        RecordLog.create(new RecordLog.Place(folder, CATALOGUE_ID), options.logOptions(), options.clock())
                .close();
        root.rename(UNFINISHED, FOLDER);
        root.force();
    }

    private RecordLog openLog(Directory root) {
        Directory folder = root.folder(FOLDER);
        if (!folder.exists()) {
            start(root);
        }
        RecordLog opened = RecordLog.open(
                new RecordLog.Place(folder, CATALOGUE_ID),
                options.logOptions(),
                options.clock(),
                new RecordLog.Visitor() {
                    @Override
                    public void record(RecordHeader header, ByteBuffer body) {
                        replay(header, body);
                    }

                    @Override
                    public void abandon(long unfinished) {
                        LOG.log(Logger.Level.INFO, "catalogue: mutation {0} was never finished", unfinished);
                    }
                });
        opened.damage().ifPresent(damage -> {
            opened.close();
            throw new DamageException(damage);
        });
        opened.cut().ifPresent(what -> LOG.log(Logger.Level.INFO, "catalogue: {0}", what));
        return opened;
    }

    private void replay(RecordHeader header, ByteBuffer body) {
        byte[] bytes = new byte[body.remaining()];
        body.get(bytes);
        apply(header.type(), ValueCodec.decodeFields(bytes));
        sequence = header.sequence();
    }

    private void apply(int type, Value.Fields body) {
        long id = SpecCodec.number(body, "id");
        switch (type) {
            case RecordType.CREATE -> {
                CollectionName name = SpecCodec.decodeName(SpecCodec.object(body, "name"));
                entries.put(id, new Entry(id, name, SpecCodec.decodeSpec(SpecCodec.object(body, "spec"))));
                nextId = Math.max(nextId, id + 1);
            }
            case RecordType.ALTER ->
                entries.computeIfPresent(
                        id,
                        (same, entry) ->
                                new Entry(id, entry.name(), SpecCodec.decodeSpec(SpecCodec.object(body, "spec"))));
            case RecordType.DROP -> entries.remove(id);
            default -> throw new MalformedException("a record of unknown type " + type);
        }
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    /** The id of the next collection. An id whose creation failed may be given again: its folder is swept first. */
    long nextId() {
        return nextId;
    }

    void create(Entry entry) {
        change(
                RecordType.CREATE,
                new Value.Fields(Map.of(
                        "id", new Value.Int(entry.id()),
                        "name", SpecCodec.encodeName(entry.name()),
                        "spec", SpecCodec.encodeSpec(entry.spec()))));
    }

    void alter(long id, CollectionSpec spec) {
        change(RecordType.ALTER, new Value.Fields(Map.of("id", new Value.Int(id), "spec", SpecCodec.encodeSpec(spec))));
    }

    void drop(long id) {
        change(RecordType.DROP, new Value.Fields(Map.of("id", new Value.Int(id))));
    }

    private void change(int type, Value.Fields body) {
        byte[] bytes = ValueCodec.encode(body);
        if (bytes.length > RecordFormat.BODY_BYTES_MAX) {
            throw Rejection.invalid(
                    "A collection's description has at most %d bytes".formatted(RecordFormat.BODY_BYTES_MAX));
        }
        log.ifPresent(file -> write(file, type, bytes));
        sequence++;
        apply(type, body);
    }

    /** Refuses once a write has failed: what it said may be durable, so nothing may be done about it. */
    void requireWritable() {
        refusal.ifPresent(reason -> {
            throw reason;
        });
    }

    private void write(RecordLog file, int type, byte[] bytes) {
        requireWritable();
        try {
            append(file, type, bytes);
            file.force();
        } catch (StorageException e) {
            LOG.log(Logger.Level.ERROR, "catalogue: a write failed; no collection can be made or dropped now", e);
            Rejection reason = new Rejection(
                    Rejection.Code.UNAVAILABLE,
                    "The disk failed; collections cannot be made, changed or dropped until the server is restarted");
            refusal = Optional.of(reason);
            throw reason;
        }
    }

    private void append(RecordLog file, int type, byte[] bytes) {
        try {
            file.reserve(RecordFormat.bytes(bytes.length));
            file.append(RecordLog.Entry.whole(type, 0, sequence + 1), ByteBuffer.wrap(bytes));
        } catch (DiskFullException e) {
            LOG.log(Logger.Level.WARNING, "catalogue: {0}", e.getMessage());
            file.discardUnforced();
            throw new Rejection(Rejection.Code.EXHAUSTED, "No space left on the disk; nothing was written");
        }
    }

    @Override
    public void close() {
        log.ifPresent(RecordLog::close);
    }
}
