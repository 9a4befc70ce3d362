package dev.kith.engine.collection;

import dev.kith.engine.codec.DeleteCodec;
import dev.kith.engine.codec.PutCodec;
import dev.kith.engine.codec.PutSource;
import dev.kith.engine.codec.RecordType;
import dev.kith.engine.rows.VectorBits;
import dev.kith.storage.RecordFormat;
import dev.kith.storage.RecordLog;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Put;
import dev.kith.vectors.Rejection;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The mutations that become durable with one force. It knows what those before have resolved (the counter, keys) though
 * none of it is applied yet. Used by the writer that leads the commit, once.
 */
final class Commit {
    private final PointStore store;
    private final Journal journal;
    private final Buffers buffers;
    /**
     * Keys, and vectors that are keys, that the mutations so far give their ids, and those that the one being prepared
     * has resolved.
     */
    private final Map<Object, Long> keys = new HashMap<>();

    private final Map<Object, Long> keysTaken = new HashMap<>();
    private final long start;
    private long sequence;
    /** The counter after the mutations so far, and with the ids that the one being prepared has taken. */
    private long nextId;

    private long nextIdTaken;
    private boolean halfAppended;

    Commit(PointStore store, Journal journal, Buffers buffers) {
        this.store = store;
        this.journal = journal;
        this.buffers = buffers;
        this.sequence = store.sequence();
        this.nextId = store.nextId();
        this.nextIdTaken = nextId;
        this.start = journal.appended();
    }

    PointStore store() {
        return store;
    }

    /** Takes {@code count} ids from the counter; returns the first. */
    long takeIds(int count) {
        if (nextIdTaken > Limits.ID_MAX - count + 1) {
            throw new Rejection(Rejection.Code.EXHAUSTED, "The collection's counter has reached the greatest id");
        }
        long first = nextIdTaken;
        nextIdTaken += count;
        return first;
    }

    /** The id that a key has, or will have when this commit is applied. */
    Optional<Long> idOf(Put.Key key) {
        return pendingIdOf(key).or(() -> store.idOf(key));
    }

    /** The id of the point that has a vector, or will have it; of a collection keyed by vectors. */
    Optional<Long> idOf(VectorBits vector) {
        return pendingIdOf(vector).or(() -> store.idOf(vector));
    }

    private Optional<Long> pendingIdOf(Object key) {
        return Optional.ofNullable(keysTaken.containsKey(key) ? keysTaken.get(key) : keys.get(key));
    }

    void resolve(Put.Key key, long id) {
        keysTaken.put(key, id);
    }

    void resolve(VectorBits vector, long id) {
        keysTaken.put(vector, id);
    }

    /** Takes back what a write that was refused has resolved: it must not even leave a gap in the ids. */
    void forgetTaken() {
        nextIdTaken = nextId;
        keysTaken.clear();
    }

    /** Whether an append of this commit failed half-way, so that the log has to be cut before it goes on. */
    boolean isHalfAppended() {
        return halfAppended;
    }

    /**
     * Takes all appended records back from the log.
     *
     * @return false when some of them were made durable meanwhile, since the log went on in a new file, and stay
     */
    boolean takeBack() {
        journal.discardUnforced();
        return journal.appended() == start;
    }

    /** Appends and stages points, all or none; at least one. */
    void put(PutSource source) {
        put(source, new long[0]);
    }

    /** The same, and in the same mutation the removal of some that it does not store. */
    void put(PutSource source, long[] ending) {
        int[] cuts = PutCodec.cuts(source, store.layout(), buffers.bytes());
        int parts = cuts.length - 1;
        int all = parts + deleteParts(ending);
        store.reserve(source);
        journal.reserve(
                PutCodec.bytesAtMost(source, store.layout(), parts) + (long) ending.length * Long.BYTES + headers(all));
        sequence++;
        ByteBuffer body = buffers.take();
        try {
            for (int part = 0; part < parts; part++) {
                PutCodec.Span span = new PutCodec.Span(cuts[part], cuts[part + 1]);
                PutCodec.encode(source, span, store.layout(), body.clear());
                log(entry(RecordType.PUT, part, all), body.flip());
            }
            logDelete(ending, parts, all, body);
        } finally {
            buffers.giveBack(body);
        }
        for (int i = 0; i < source.count(); i++) {
            nextIdTaken = Math.max(nextIdTaken, source.id(i) + 1);
        }
        nextId = nextIdTaken;
        keys.putAll(keysTaken);
        keysTaken.clear();
    }

    /** Appends and stages a removal; at least one id. */
    void delete(long[] ids) {
        int parts = deleteParts(ids);
        journal.reserve((long) ids.length * Long.BYTES + headers(parts));
        sequence++;
        ByteBuffer body = buffers.take();
        try {
            logDelete(ids, 0, parts, body);
        } finally {
            buffers.giveBack(body);
        }
    }

    private int deleteParts(long[] ids) {
        return Math.ceilDiv(ids.length, DeleteCodec.idsPerPart(buffers.bytes()));
    }

    /** The last parts of a mutation, from {@code first} on of {@code parts}. */
    private void logDelete(long[] ids, int first, int parts, ByteBuffer body) {
        int perPart = DeleteCodec.idsPerPart(buffers.bytes());
        for (int part = first; part < parts; part++) {
            int from = (part - first) * perPart;
            DeleteCodec.encode(ids, from, Math.min(perPart, ids.length - from), body.clear());
            log(entry(RecordType.DELETE, part, parts), body.flip());
        }
    }

    /** Appends and stages the end of all points. Nothing may follow in the same commit. */
    void reset() {
        journal.reserve(headers(1));
        sequence++;
        log(RecordLog.Entry.whole(RecordType.RESET, store.epoch() + 1, sequence), ByteBuffer.allocate(0));
    }

    private RecordLog.Entry entry(int type, int part, int parts) {
        return new RecordLog.Entry(type, 0, store.epoch(), sequence, part, parts);
    }

    private void log(RecordLog.Entry entry, ByteBuffer body) {
        halfAppended = true;
        journal.append(entry, body.duplicate());
        store.stage(entry, body);
        halfAppended = entry.part() < entry.parts() - 1;
    }

    /** Bytes that headers, fixed fields and padding of so many parts take, at most. */
    private static long headers(int parts) {
        return parts * (RecordFormat.HEADER_BYTES + 16L);
    }
}
