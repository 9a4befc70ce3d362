package dev.kith.engine.collection;

import dev.kith.engine.codec.PutSource;
import dev.kith.engine.codec.ValueCodec;
import dev.kith.engine.payload.Matches;
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
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Points that a client stores. Checked and encoded on the client's own thread before it queues up. */
final class PutWrite implements Write<Put.Result>, PutSource {
    private static final long[] NONE = {};

    private final Put put;
    /** What {@link Put#instead} accepted before. */
    private final Optional<Matches> others;

    private final byte[][] payloads;
    /** The vectors as keys, or none where they are not. */
    private final VectorBits[] keys;

    private final boolean[] existed;
    private long[] ids = new long[0];
    /** The points that are stored, by their place among those given; all but such as are kept. */
    private int[] stored = new int[0];

    private PutWrite(Put put, VectorBits[] keys, Optional<Matches> others) {
        this.put = put;
        this.keys = keys;
        this.others = others;
        this.payloads = put.payloads().stream().map(PutWrite::encode).toArray(byte[][]::new);
        this.existed = new boolean[put.vectors().count()];
    }

    /** The bytes of a payload, or a refusal. */
    static byte[] encode(Value.Fields payload) {
        byte[] bytes = ValueCodec.encode(payload);
        if (bytes.length > Limits.PAYLOAD_BYTES_MAX) {
            throw Rejection.invalid("A payload has at most %d bytes".formatted(Limits.PAYLOAD_BYTES_MAX));
        }
        return bytes;
    }

    /**
     * A put that fits the collection, or a refusal.
     *
     * @param others what the put's filter accepted before
     */
    static PutWrite checked(Put put, CollectionSpec spec, Optional<Matches> others) {
        ShapeCheck.require(put.vectors(), spec, "Vector");
        int count = put.vectors().count();
        if (count > Limits.PUT_POINTS_MAX) {
            throw Rejection.invalid("Batch size %d exceeds maximum (%d)".formatted(count, Limits.PUT_POINTS_MAX));
        }
        put.ids().ifPresent(ids -> requireIds(ids, count));
        boolean named = spec.keyPolicy() != KeyPolicy.NONE || put.ids().isPresent();
        if (put.known() == Put.Known.REQUIRE && !named) {
            throw Rejection.invalid("Points that must be there are named by their ids or keys");
        }
        requireOneEach("payloads", put.payloads(), count, false);
        boolean byKeys = spec.keyPolicy() == KeyPolicy.BYTES;
        requireOneEach("keys", put.keys(), count, byKeys);
        if (!byKeys && !put.keys().isEmpty()) {
            throw new Rejection(Rejection.Code.CONFLICT, "The collection's points have no keys of that kind");
        }
        if (spec.keyPolicy() != KeyPolicy.NONE && put.ids().isPresent()) {
            throw new Rejection(
                    Rejection.Code.CONFLICT, "The collection's points are known by keys, not by chosen ids");
        }
        boolean keyed = spec.keyPolicy() == KeyPolicy.VECTOR_BITS;
        return new PutWrite(put, keyed ? keys(put.vectors()) : new VectorBits[0], others);
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

    /** Where it matters what is there, nothing that is not durable yet may count: it could be taken back. */
    @Override
    public boolean alone() {
        return put.known() != Put.Known.REPLACE || others.isPresent();
    }

    @Override
    public boolean prepare(Commit commit) {
        int count = put.vectors().count();
        ids = put.ids().orElseGet(() -> new long[count]);
        stored = new int[count];
        int storing = 0;
        Set<Long> own = new HashSet<>();
        for (int i = 0; i < count; i++) {
            Optional<Long> known = knownId(commit, i, own);
            existed[i] = known.isPresent();
            if (known.isEmpty() && put.known() == Put.Known.REQUIRE) {
                throw new Rejection(Rejection.Code.NOT_FOUND, notFound(i));
            }
            if (put.ids().isEmpty()) {
                ids[i] = known.isPresent() ? known.get() : commit.takeIds(1);
                resolve(commit, i);
            }
            if (known.isEmpty() || put.known() != Put.Known.KEEP) {
                stored[storing++] = i;
            }
        }
        stored = Arrays.copyOf(stored, storing);
        long[] ending = ending(commit.store().view());
        if (storing > 0) {
            commit.put(this, ending);
        } else if (ending.length > 0) {
            commit.delete(ending);
        }
        return storing > 0 || ending.length > 0;
    }

    /** The points that end with this put: those that were matched, but for those that it names itself. */
    private long[] ending(RowView view) {
        if (others.isEmpty()) {
            return NONE;
        }
        Set<Long> named = Arrays.stream(ids).boxed().collect(Collectors.toSet());
        return IntStream.of(others.get().in(view))
                .mapToLong(view::id)
                .filter(id -> !named.contains(id))
                .sorted()
                .toArray();
    }

    /**
     * The id of a point that is there, as far as that has to be known now.
     *
     * @param own ids of this put's points so far; of those that are told apart by ids
     */
    private Optional<Long> knownId(Commit commit, int i, Set<Long> own) {
        if (keys.length > 0) {
            return commit.idOf(keys[i]);
        }
        if (!put.keys().isEmpty()) {
            return commit.idOf(put.keys().get(i));
        }
        if (put.ids().isEmpty() || put.known() == Put.Known.REPLACE) {
            return Optional.empty(); // The counter's ids are new, and what is replaced shows when it is.
        }
        boolean there = commit.store().view().rowOf(ids[i]) >= 0;
        boolean again = put.known() == Put.Known.KEEP && !own.add(ids[i]);
        return there || again ? Optional.of(ids[i]) : Optional.empty();
    }

    private void resolve(Commit commit, int i) {
        if (keys.length > 0) {
            commit.resolve(keys[i], ids[i]);
        } else if (!put.keys().isEmpty()) {
            commit.resolve(put.keys().get(i), ids[i]);
        }
    }

    private String notFound(int i) {
        if (put.ids().isPresent()) {
            return "Id %d not found".formatted(ids[i]);
        }
        return keys.length > 0
                ? "Vector %d not found".formatted(i)
                : "Key %s not found".formatted(put.keys().get(i).text());
    }

    @Override
    public Put.Result applied(PointStore.Applied effect) {
        for (int i = 0; i < stored.length; i++) {
            existed[stored[i]] = effect.replaced().get(i);
        }
        return new Put.Result(ids, existed, effect.live());
    }

    @Override
    public Put.Result unchanged(PointStore store) {
        return new Put.Result(ids, existed, store.view().live());
    }

    @Override
    public int count() {
        return stored.length;
    }

    @Override
    public long id(int i) {
        return ids[stored[i]];
    }

    @Override
    public byte @Nullable [] key(int i) {
        return put.keys().isEmpty() ? null : put.keys().get(stored[i]).bytes();
    }

    @Override
    public byte @Nullable [] payload(int i) {
        return payloads.length == 0 ? null : payloads[stored[i]];
    }

    @Override
    public void vectors(int from, int count, ByteBuffer into) {
        int bytes = put.vectors().element().bytesPerVector(put.vectors().dimension());
        MemorySegment all = switch (put.vectors()) {
            case VectorBlock.Floats floats -> MemorySegment.ofArray(floats.values());
            case VectorBlock.Bits bits -> MemorySegment.ofArray(bits.values());
        };
        MemorySegment target = MemorySegment.ofBuffer(into);
        for (int i = 0; i < count; ) {
            int first = stored[from + i];
            int run = 1;
            while (i + run < count && stored[from + i + run] == first + run) {
                run++;
            }
            MemorySegment.copy(all, (long) first * bytes, target, (long) i * bytes, (long) run * bytes);
            i += run;
        }
        into.position(into.position() + count * bytes);
    }
}
