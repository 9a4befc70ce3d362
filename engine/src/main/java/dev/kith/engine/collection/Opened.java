package dev.kith.engine.collection;

import dev.kith.engine.index.IndexKeeper;
import dev.kith.engine.index.IndexSlot;
import dev.kith.engine.index.Indexer;
import dev.kith.engine.payload.PayloadIndexes;
import dev.kith.engine.rows.RowLayout;
import dev.kith.engine.rows.RowsLoader;
import dev.kith.storage.Damage;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.RecordHeader;
import dev.kith.storage.RecordLog;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Rejection;
import java.lang.System.Logger;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What an open collection consists of.
 *
 * @param damage what is wrong with its files; it takes no writes then
 */
record Opened(
        PointStore store,
        Journal journal,
        Writer writer,
        IndexSlot slot,
        Optional<Checkpointer> checkpointer,
        Compactor compactor,
        Optional<String> damage) {
    private static final Logger LOG = System.getLogger(Opened.class.getName());

    Optional<IndexKeeper> index() {
        return slot.now();
    }

    /**
     * What is to be opened.
     *
     * @param pulse runs between records and blocks; what it throws ends the opening
     */
    record Wanted(long id, CollectionSpec spec, Optional<Directory> folder, Runnable pulse) {}

    /**
     * Loads the last checkpoint and replays the log after it, or starts empty in memory. What there is no memory for is
     * mapped from segments, where that can be.
     */
    static Opened open(Wanted wanted, Shared shared) {
        try {
            return open(wanted, shared, RowsLoader.Place.MEMORY);
        } catch (Rejection full) {
            if (full.code() != Rejection.Code.EXHAUSTED || wanted.folder().isEmpty()) {
                throw full;
            }
        }
        Opened made = open(wanted, shared, RowsLoader.Place.FILES);
        if (made.store().view().isMapped()) {
            String text =
                    "collection {0} does not fit the memory budget: vectors are mapped from its segments, searches"
                            + " read the disk, and ended rows stay until there is memory for the others";
            LOG.log(Logger.Level.WARNING, text, wanted.id());
        }
        return made;
    }

    private static Opened open(Wanted wanted, Shared shared, RowsLoader.Place place) {
        long id = wanted.id();
        CollectionSpec spec = wanted.spec();
        PointStore store =
                new PointStore(RowLayout.of(spec), shared.budget(), spec.payloadIndexes(), later(shared.indexer()));
        try {
            Optional<Checkpointer.Source> source = wanted.folder()
                    .map(folder -> new Checkpointer.Source(id, folder, store, shared, place, wanted.pulse()));
            Optional<Checkpointer> kept = source.map(Opened::restore);
            Optional<RecordLog> log = kept.map(from -> replay(from.start(), source.orElseThrow()));
            Optional<String> damage = log.flatMap(RecordLog::damage).map(Opened::brief);
            Journal journal = new Journal(log, shared.forces());
            Writer writer = new Writer(Long.toString(id), store, journal, shared.buffers());
            damage.ifPresent(text -> writer.refuse(new Rejection(
                    Rejection.Code.UNAVAILABLE,
                    "The collection is in quarantine, read-only, since its files are damaged: " + text)));
            IndexSlot slot =
                    new IndexSlot(spec.index(), new IndexKeeper.Source(store::view, shared.budget(), shared.indexer()));
            slot.now().ifPresent(keeper -> {
                kept.ifPresent(from -> from.loadGraph(keeper));
                keeper.wake();
            });
            kept.ifPresent(from -> from.loadFields(store.payloads()));
            if (damage.isEmpty()) {
                kept.ifPresent(keeper -> keeper.begin(new Checkpointer.Parts(journal, writer, slot)));
            }
            Compactor compactor = new Compactor(new Compactor.Parts(id, store, writer, slot, kept, shared));
            store.listen(() -> {
                slot.now().ifPresent(IndexKeeper::wake);
                store.payloads().wake();
                kept.ifPresent(Checkpointer::wake);
                compactor.wake();
            });
            store.payloads().wake();
            if (damage.isEmpty()) {
                compactor.wake();
            }
            return new Opened(store, journal, writer, slot, kept, compactor, damage);
        } catch (RuntimeException | Error e) {
            store.retire();
            throw e;
        }
    }

    /** On threads of their own: those of the graphs may be at one batch for seconds, and blocks take milliseconds. */
    private static PayloadIndexes.Later later(Indexer indexer) {
        return (work, delayMillis) -> {
            Thread.Builder thread = Thread.ofVirtual().name("kith-payload");
            if (delayMillis == 0) {
                thread.start(work);
            } else {
                indexer.schedule(() -> thread.start(work), delayMillis);
            }
        };
    }

    /** File and offset for clients: where the data folder lies is none of their business. */
    static String brief(Damage damage) {
        String file = damage.file();
        int folder = file.lastIndexOf('/', Math.max(0, file.lastIndexOf('/') - 1));
        return "%s at %d".formatted(file.substring(folder + 1), damage.offset());
    }

    private static Checkpointer restore(Checkpointer.Source source) {
        Manifest.verify(source.folder(), source.id(), source.store().layout());
        return Checkpointer.restore(source);
    }

    private static RecordLog replay(RecordLog.Tip start, Checkpointer.Source source) {
        long id = source.id();
        PointStore store = source.store();
        Shared shared = source.shared();
        RecordLog.Place place = new RecordLog.Place(source.folder(), id, start);
        RecordLog log = RecordLog.open(place, shared.logOptions(), shared.clock(), new RecordLog.Visitor() {
            @Override
            public void record(RecordHeader header, ByteBuffer body) {
                source.pulse().run();
                store.stage(entryOf(header), body);
                if (header.last()) {
                    var _ = store.apply();
                }
            }

            @Override
            public void abandon(long sequence) {
                store.abandon();
            }
        });
        store.abandon();
        store.publish();
        log.cut().ifPresent(what -> LOG.log(Logger.Level.INFO, "collection {0}: {1}", id, what));
        log.damage().ifPresent(what -> {
            if (store.sequence() == 0) {
                log.close();
                throw new DamageException(what); // Nothing can be read: to serve nothing would look like an empty one.
            }
            LOG.log(Logger.Level.ERROR, "collection {0} is damaged and in quarantine: {1}", id, what);
        });
        return log;
    }

    private static RecordLog.Entry entryOf(RecordHeader header) {
        return new RecordLog.Entry(
                header.type(), header.flags(), header.epoch(), header.sequence(), header.part(), header.parts());
    }
}
