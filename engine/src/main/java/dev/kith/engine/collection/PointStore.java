package dev.kith.engine.collection;

import dev.kith.engine.codec.DeleteCodec;
import dev.kith.engine.codec.MalformedException;
import dev.kith.engine.codec.PutCodec;
import dev.kith.engine.codec.PutSource;
import dev.kith.engine.codec.RecordType;
import dev.kith.engine.payload.PayloadIndexes;
import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowLayout;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.Rows;
import dev.kith.engine.rows.RowsCopy;
import dev.kith.engine.rows.RowsLoader;
import dev.kith.engine.rows.VectorBits;
import dev.kith.storage.RecordLog;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Put;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;

/**
 * The points of a collection, as its log says. Live writes and replay go through the same two steps: {@link #stage} a
 * record's content while it is on its way to the disk, {@link #apply} the mutation once it is whole and durable.
 * Readers see nothing of either before {@link #publish}.
 *
 * <p>Threads: one writer at a time; {@link #view} on any thread.
 */
final class PointStore {
    private final RowLayout layout;
    private final MemoryBudget budget;
    private final Deque<Staged> staged = new ArrayDeque<>();
    private final PayloadIndexes payloads;
    private Rows rows;
    private long epoch;
    private long sequence;
    private long nextId;
    private volatile RowView view;
    private volatile Runnable listener = () -> {};

    /** A mutation that is not applied yet. */
    private static final class Staged {
        final RecordLog.Entry first;
        final List<long[]> deletes = new ArrayList<>();
        int puts;
        long greatestId = -1;

        Staged(RecordLog.Entry first) {
            this.first = first;
        }
    }

    /**
     * What a mutation did.
     *
     * @param replaced which of the points that it stored were there before, by their place in the mutation
     * @param ended points that were there before and are replaced or removed
     * @param live points afterwards
     */
    record Applied(BitSet replaced, long ended, long live) {}

    /** @param fields of payloads that are indexed; nothing is before {@link #payloads} are woken */
    PointStore(RowLayout layout, MemoryBudget budget, SortedSet<FieldPath> fields, PayloadIndexes.Later later) {
        this.layout = layout;
        this.budget = budget;
        this.rows = new Rows(layout, budget);
        this.view = rows.view(0);
        this.payloads = new PayloadIndexes(new PayloadIndexes.Source(this::view, budget, later), fields);
    }

    /** What filters accept. */
    PayloadIndexes payloads() {
        return payloads;
    }

    RowView view() {
        return view;
    }

    RowLayout layout() {
        return layout;
    }

    long epoch() {
        return epoch;
    }

    long sequence() {
        return sequence;
    }

    /** The id that the counter gives next. */
    long nextId() {
        return nextId;
    }

    /** Takes rows that were kept elsewhere, before any mutation; {@link #restored} says that they are all there. */
    RowsLoader loader(RowsLoader.Place place) {
        return new RowsLoader(rows, place);
    }

    void restored(long atEpoch, long atSequence, long counter) {
        epoch = atEpoch;
        sequence = atSequence;
        nextId = counter;
        publish();
    }

    /** Begins a copy of the rows that live, or refuses for want of memory. */
    RowsCopy copy(RowView of, int count) {
        return new RowsCopy(of, budget, count);
    }

    /** Goes on with a copy of the rows that has all they have; while nobody writes. */
    void replace(RowsCopy copy, PayloadIndexes.Prepared indexes) {
        Rows old = rows;
        rows = copy.rows();
        publish();
        indexes.enter(view);
        old.release();
    }

    Optional<Long> idOf(Put.Key key) {
        return rows.idOf(key);
    }

    Optional<Long> idOf(VectorBits vector) {
        return rows.idOf(vector);
    }

    /** Makes room for points, or refuses. */
    void reserve(PutSource source) {
        long described = 0;
        for (int i = 0; i < source.count(); i++) {
            described += Rows.describedBytes(source.key(i), source.payload(i));
        }
        rows.reserve(source.count(), source::id, described);
    }

    /** Whether anything waits to be applied. */
    boolean hasStaged() {
        return !staged.isEmpty();
    }

    long bytes() {
        return rows.bytes();
    }

    /** Takes one part of a mutation; the parts of one come one after the other, mutations in the order of the log. */
    void stage(RecordLog.Entry entry, ByteBuffer body) {
        if (entry.part() == 0) {
            staged.add(new Staged(entry));
        }
        Staged mutation = staged.getLast();
        switch (entry.type()) {
            case RecordType.PUT -> stagePut(mutation, PutCodec.decode(body, layout));
            case RecordType.DELETE -> mutation.deletes.add(DeleteCodec.decode(body));
            case RecordType.RESET -> {
                // All that a reset says is in its header: the epoch that begins.
            }
            default -> throw new MalformedException("a record of unknown type " + entry.type());
        }
    }

    private void stagePut(Staged mutation, PutCodec.Part part) {
        long described = 0;
        for (int i = 0; i < part.count(); i++) {
            described += Rows.describedBytes(part.key(i), part.payload(i));
        }
        rows.reserve(part.count(), i -> part.ids()[i], described);
        int first = rows.stage(part.vectors(), part.count());
        for (int i = 0; i < part.count(); i++) {
            long id = part.ids()[i];
            if (id < 0 || id > Limits.ID_MAX) {
                throw new MalformedException("an id out of range");
            }
            rows.describe(first + i, id, part.key(i), part.payload(i));
            mutation.greatestId = Math.max(mutation.greatestId, id);
        }
        mutation.puts += part.count();
    }

    /** Applies the oldest staged mutation, all of whose parts were staged. */
    Applied apply() {
        Staged mutation = staged.remove();
        sequence = mutation.first.sequence();
        BitSet replaced = new BitSet();
        long ended = 0;
        switch (mutation.first.type()) {
            case RecordType.PUT -> {
                replaced = rows.link(mutation.puts, sequence);
                ended = replaced.cardinality() + deleted(mutation);
                nextId = Math.max(nextId, mutation.greatestId + 1);
            }
            case RecordType.DELETE -> ended = deleted(mutation);
            default -> {
                ended = rows.live();
                startEpoch(mutation.first.epoch());
            }
        }
        return new Applied(replaced, ended, rows.live());
    }

    /** Of a put, those that give way to it. */
    private long deleted(Staged mutation) {
        long ended = 0;
        for (long[] ids : mutation.deletes) {
            for (long id : ids) {
                ended += rows.delete(id, sequence) ? 1 : 0;
            }
        }
        return ended;
    }

    private void startEpoch(long next) {
        Rows old = rows;
        rows = new Rows(layout, budget);
        epoch = next;
        nextId = 0;
        publish();
        old.release();
    }

    /** Forgets what is staged: it did not become durable. */
    void abandon() {
        staged.clear();
        rows.abandon();
    }

    /** Shows all that was applied to those who acquire a view from now on. */
    void publish() {
        view = rows.view(sequence);
        listener.run();
    }

    /** Calls {@code next} after every {@link #publish} from now on. */
    void listen(Runnable next) {
        listener = next;
    }

    /** Lets go of the memory; views that are held keep it until they are released. */
    void retire() {
        payloads.close();
        rows.release();
    }
}
