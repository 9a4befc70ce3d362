package dev.kith.engine.collection;

import dev.kith.engine.codec.PutSource;
import dev.kith.engine.codec.ValueCodec;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.VectorBits;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Put;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Points that a client stores. Checked and encoded on the client's own thread before it queues up. */
final class PutWrite implements Write<Put.Result>, PutSource {
    private final Put put;
    private final byte[][] payloads;
    /** The vectors as keys, or none where they are not. */
    private final VectorBits[] keys;

    private long[] ids = new long[0];

    private PutWrite(Put put, VectorBits[] keys) {
        this.put = put;
        this.keys = keys;
        this.payloads = put.payloads().stream().map(PutWrite::encode).toArray(byte[][]::new);
    }

    /** The bytes of a payload, or a refusal. */
    static byte[] encode(Value.Fields payload) {
        byte[] bytes = ValueCodec.encode(payload);
        if (bytes.length > Limits.PAYLOAD_BYTES_MAX) {
            throw Rejection.invalid("A payload has at most %d bytes".formatted(Limits.PAYLOAD_BYTES_MAX));
        }
        return bytes;
    }

    /** A put that fits the collection, or a refusal. */
    static PutWrite checked(Put put, CollectionSpec spec) {
        ShapeCheck.require(put.vectors(), spec, "Vector");
        int count = put.vectors().count();
        if (count > Limits.PUT_POINTS_MAX) {
            throw Rejection.invalid("Batch size %d exceeds maximum (%d)".formatted(count, Limits.PUT_POINTS_MAX));
        }
        put.ids().ifPresent(ids -> requireIds(ids, count));
        if (put.onlyExisting() && put.ids().isEmpty()) {
            throw Rejection.invalid("Points that must be there are named by their ids");
        }
        requireOneEach("payloads", put.payloads(), count, false);
        boolean named = spec.keyPolicy() == KeyPolicy.BYTES;
        requireOneEach("keys", put.keys(), count, named);
        if (!named && !put.keys().isEmpty()) {
            throw new Rejection(Rejection.Code.CONFLICT, "The collection's points have no keys of that kind");
        }
        if (spec.keyPolicy() != KeyPolicy.NONE && put.ids().isPresent()) {
            throw new Rejection(
                    Rejection.Code.CONFLICT, "The collection's points are known by keys, not by chosen ids");
        }
        boolean keyed = spec.keyPolicy() == KeyPolicy.VECTOR_BITS;
        return new PutWrite(put, keyed ? keys(put.vectors()) : new VectorBits[0]);
    }

    private static VectorBits[] keys(VectorBlock vectors) {
        VectorBits[] keys = new VectorBits[vectors.count()];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = VectorBits.of(vectors, i);
        }
        return keys;
    }

    private static void requireIds(long[] ids, int count) {
        if (ids.length != count) {
            throw Rejection.invalid("%d ids were given for %d vectors".formatted(ids.length, count));
        }
        for (long id : ids) {
            if (id < 0 || id > Limits.ID_MAX) {
                throw Rejection.invalid("Id %d out of range (0-%d)".formatted(id, Limits.ID_MAX));
            }
        }
    }

    private static void requireOneEach(String what, List<?> given, int count, boolean required) {
        if (given.size() != count && (required || !given.isEmpty())) {
            throw Rejection.invalid("%d %s were given for %d vectors".formatted(given.size(), what, count));
        }
    }

    @Override
    public boolean alone() {
        return put.onlyExisting();
    }

    @Override
    public boolean prepare(Commit commit) {
        if (count() == 0) {
            return false;
        }
        if (put.onlyExisting()) {
            requireAllThere(commit.store().view());
        }
        if (keys.length > 0) {
            ids = idsOfVectors(commit);
        } else if (!put.keys().isEmpty()) {
            ids = idsOfKeys(commit);
        } else {
            ids = put.ids().orElseGet(() -> counted(commit));
        }
        commit.put(this);
        return true;
    }

    private void requireAllThere(RowView view) {
        for (long id : put.ids().orElseThrow()) {
            if (view.rowOf(id) < 0) {
                throw new Rejection(Rejection.Code.NOT_FOUND, "Id %d not found".formatted(id));
            }
        }
    }

    private long[] counted(Commit commit) {
        long[] counted = new long[count()];
        long first = commit.takeIds(counted.length);
        for (int i = 0; i < counted.length; i++) {
            counted[i] = first + i;
        }
        return counted;
    }

    private long[] idsOfKeys(Commit commit) {
        long[] resolved = new long[count()];
        for (int i = 0; i < resolved.length; i++) {
            Put.Key key = put.keys().get(i);
            resolved[i] = commit.idOf(key).orElseGet(() -> commit.takeIds(1));
            commit.resolve(key, resolved[i]);
        }
        return resolved;
    }

    private long[] idsOfVectors(Commit commit) {
        long[] resolved = new long[count()];
        for (int i = 0; i < resolved.length; i++) {
            resolved[i] = commit.idOf(keys[i]).orElseGet(() -> commit.takeIds(1));
            commit.resolve(keys[i], resolved[i]);
        }
        return resolved;
    }

    @Override
    public Put.Result applied(PointStore.Applied effect) {
        return new Put.Result(ids, effect.ended(), effect.live());
    }

    @Override
    public Put.Result unchanged(PointStore store) {
        return new Put.Result(ids, 0, store.view().live());
    }

    @Override
    public int count() {
        return put.vectors().count();
    }

    @Override
    public long id(int i) {
        return ids[i];
    }

    @Override
    public Put.@Nullable Key key(int i) {
        return put.keys().isEmpty() ? null : put.keys().get(i);
    }

    @Override
    public byte @Nullable [] payload(int i) {
        return payloads.length == 0 ? null : payloads[i];
    }

    @Override
    public void vectors(int from, int count, ByteBuffer into) {
        int bytes = put.vectors().element().bytesPerVector(put.vectors().dimension());
        MemorySegment all = switch (put.vectors()) {
            case VectorBlock.Floats floats -> MemorySegment.ofArray(floats.values());
            case VectorBlock.Bits bits -> MemorySegment.ofArray(bits.values());
        };
        MemorySegment.copy(all, (long) from * bytes, MemorySegment.ofBuffer(into), 0, (long) count * bytes);
        into.position(into.position() + count * bytes);
    }
}
