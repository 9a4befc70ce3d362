package dev.kith.engine.collection;

import dev.kith.engine.codec.PutSource;
import dev.kith.engine.codec.ValueCodec;
import dev.kith.engine.payload.Matches;
import dev.kith.engine.payload.PayloadTest;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.VectorBits;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Revision;
import dev.kith.vectors.Value;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A change of the one point that a filter accepts. Answers how many it accepts; only where that is one it changes. */
final class RevisionWrite implements Write<Long>, PutSource {
    private final Revision revision;
    private final Matches matches;
    private final Optional<VectorBits> wanted;
    private long matched;
    private @Nullable RowView view;
    private int row;
    private byte @Nullable [] payload;

    /** @param matches what the revision's filter accepted before */
    RevisionWrite(Revision revision, Matches matches) {
        this.revision = revision;
        this.matches = matches;
        this.wanted = revision.vector().map(block -> VectorBits.of(block, 0));
    }

    /** Refuses a revision that does not fit the collection. */
    static void check(Revision revision, CollectionSpec spec) {
        PayloadTest.requireShallow(revision.filter());
        revision.vector().ifPresent(block -> ShapeCheck.require(block, spec, "Vector"));
        revision.payload().ifPresent(PutWrite::encode); // Too large alone, it is refused before it waits.
    }

    @Override
    public boolean alone() {
        return true;
    }

    @Override
    public boolean prepare(Commit commit) {
        RowView now = commit.store().view();
        int[] rows = matches.in(now);
        matched = rows.length;
        if (matched != 1) {
            return false;
        }
        row = rows[0];
        view = now;
        payload = revised(now.payload(row));
        if (now.layout().keyed() && wanted.isPresent()) {
            requireFree(commit.idOf(wanted.get()));
        }
        commit.put(this);
        return true;
    }

    private byte @Nullable [] revised(byte @Nullable [] old) {
        if (revision.payload().isEmpty()) {
            return old;
        }
        Value.Fields given = revision.payload().get();
        if (!revision.merge() || old == null) {
            return PutWrite.encode(given);
        }
        Map<String, Value> merged =
                new LinkedHashMap<>(ValueCodec.decodeFields(old).values());
        merged.putAll(given.values());
        return PutWrite.encode(new Value.Fields(merged));
    }

    private void requireFree(Optional<Long> holder) {
        if (holder.isPresent() && holder.get() != id(0)) {
            throw new Rejection(Rejection.Code.CONFLICT, "Another point has that vector already");
        }
    }

    private RowView view() {
        return java.util.Objects.requireNonNull(view);
    }

    @Override
    public Long applied(PointStore.Applied effect) {
        return matched;
    }

    @Override
    public Long unchanged(PointStore store) {
        return matched;
    }

    @Override
    public int count() {
        return 1;
    }

    @Override
    public long id(int i) {
        return view().id(row);
    }

    @Override
    public byte @Nullable [] key(int i) {
        return view().key(row);
    }

    @Override
    public byte @Nullable [] payload(int i) {
        return payload;
    }

    @Override
    public void vectors(int from, int count, ByteBuffer into) {
        if (wanted.isEmpty()) {
            view().copyVector(row, into);
            return;
        }
        MemorySegment bytes = wanted.get().bytes();
        MemorySegment.copy(bytes, 0, MemorySegment.ofBuffer(into), 0, bytes.byteSize());
        into.position(into.position() + (int) bytes.byteSize());
    }
}
