package dev.kith.engine.collection;

import dev.kith.engine.codec.ValueCodec;
import dev.kith.engine.payload.Accepted;
import dev.kith.engine.rows.RowLayout;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.VectorBits;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Neighbours;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.lang.foreign.MemorySegment;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Points of a view as values. The caller holds the view. Stateless. */
public final class PointReads {
    /** Where an index says that less than one point in so many is accepted, these alone are put in order. */
    private static final int SELECTED_SHARE = 16;

    private PointReads() {}

    /** The points with these ids; NOT_FOUND names the first that is not there. */
    public static Points get(RowView view, long[] ids) {
        requireReadable(view.layout(), ids.length);
        int[] rows = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            rows[i] = view.rowOf(ids[i]);
            if (rows[i] < 0) {
                throw new Rejection(Rejection.Code.NOT_FOUND, "Id %d not found".formatted(ids[i]));
            }
        }
        return points(view, rows);
    }

    /** The points with these keys that are there. */
    public static Points getByKeys(RowView view, List<Put.Key> keys) {
        requireReadable(view.layout(), keys.size());
        return points(
                view,
                keys.stream().mapToInt(view::rowOf).filter(row -> row >= 0).toArray());
    }

    /** The points with these vectors that are there; of rows that are found by them. */
    public static Points getByVectors(RowView view, VectorBlock vectors) {
        requireReadable(view.layout(), vectors.count());
        return points(
                view,
                IntStream.range(0, vectors.count())
                        .map(i -> view.rowOf(VectorBits.of(vectors, i)))
                        .filter(row -> row >= 0)
                        .toArray());
    }

    /** Results of searches with their points. */
    public static List<Neighbours> neighbours(RowView view, List<Hits> found) {
        requireReadable(
                view.layout(),
                Math.toIntExact(found.stream().mapToLong(Hits::count).sum()));
        return found.stream()
                .map(hits -> new Neighbours(
                        points(
                                view,
                                LongStream.of(hits.ids()).mapToInt(view::rowOf).toArray()),
                        hits.scores()))
                .toList();
    }

    /** Up to {@code limit} live points that are accepted, in id order, with ids greater than {@code afterId}. */
    public static Points select(RowView view, Accepted accepted, long afterId, int limit) {
        if (limit < 0) {
            throw Rejection.invalid("A selection has no negative limit");
        }
        requireReadable(view.layout(), (int) Math.min(limit, view.live()));
        boolean few = accepted.candidates() < view.live() / SELECTED_SHARE;
        long[] ids = few
                ? Arrays.stream(accepted.rows()).mapToLong(view::id).sorted().toArray()
                : view.orderedIds();
        int from = Arrays.binarySearch(ids, afterId);
        return points(
                view,
                Arrays.stream(ids, from < 0 ? ~from : from + 1, ids.length)
                        .mapToInt(view::rowOf)
                        .filter(row -> few || accepted.test(row))
                        .limit(limit)
                        .toArray());
    }

    /** Up to {@code limit} live points in id order from the {@code start}-th on. */
    public static Points scan(RowView view, long start, int limit) {
        if (start < 0 || limit < 0) {
            throw Rejection.invalid("A scan starts at 0 or later and has no negative limit");
        }
        int count = (int) Math.clamp(view.live() - start, 0L, limit);
        requireReadable(view.layout(), count);
        int[] rows = new int[count];
        for (int i = 0; i < count; i++) {
            rows[i] = view.rowOf(view.idAt(start + i));
        }
        return points(view, rows);
    }

    /** Up to {@code limit} live points in the order of their keys, with keys after {@code after}. */
    public static Points scanByKey(RowView view, Optional<Put.Key> after, int limit) {
        requireReadable(view.layout(), listed(view, limit));
        return points(view, view.rowsByKey(after, limit));
    }

    /** The keys of the same points. */
    public static List<Put.Key> keys(RowView view, Optional<Put.Key> after, int limit) {
        var _ = listed(view, limit);
        return keys(view, view.rowsByKey(after, limit));
    }

    /** How many points a list has at most. */
    private static int listed(RowView view, int limit) {
        if (limit < 0) {
            throw Rejection.invalid("A scan has no negative limit");
        }
        return (int) Math.min(limit, view.live());
    }

    private static void requireReadable(RowLayout layout, int count) {
        if ((long) count * layout.vectorBytes() > Limits.READ_BYTES_MAX) {
            throw Rejection.invalid("%d vectors are more than one request reads; ask for at most %d"
                    .formatted(count, Limits.READ_BYTES_MAX / layout.vectorBytes()));
        }
    }

    private static Points points(RowView view, int[] rows) {
        return new Points(
                Arrays.stream(rows).mapToLong(view::id).toArray(),
                vectors(view, rows),
                keys(view, rows),
                new Payloads(Arrays.stream(rows).mapToObj(view::payload).toArray(byte[][]::new)),
                view.live());
    }

    private static List<Put.Key> keys(RowView view, int[] rows) {
        List<Put.Key> keys = new ArrayList<>();
        for (int row : rows) {
            byte[] key = view.key(row);
            if (key != null) {
                keys.add(new Put.Key(key));
            }
        }
        return keys;
    }

    /** Encoded they are shared with the rows and cost nothing; decoded, those of one request can fill the heap. */
    private static final class Payloads extends AbstractList<Value.Fields> {
        private final byte[] @Nullable [] encoded;

        Payloads(byte[] @Nullable [] encoded) {
            this.encoded = encoded;
        }

        @Override
        public Value.Fields get(int number) {
            byte[] bytes = encoded[number];
            return bytes == null ? Value.Fields.EMPTY : ValueCodec.decodeFields(bytes);
        }

        @Override
        public int size() {
            return encoded.length;
        }
    }

    private static VectorBlock vectors(RowView view, int[] rows) {
        int dimension = view.layout().dimension();
        return switch (view.layout().element()) {
            case FLOAT32 -> {
                float[] values = new float[rows.length * dimension];
                copy(view, rows, MemorySegment.ofArray(values));
                yield new VectorBlock.Floats(values, rows.length, dimension);
            }
            case BIT -> {
                byte[] values = new byte[rows.length * view.layout().vectorBytes()];
                copy(view, rows, MemorySegment.ofArray(values));
                yield new VectorBlock.Bits(values, rows.length, dimension);
            }
        };
    }

    private static void copy(RowView view, int[] rows, MemorySegment into) {
        long bytes = view.layout().vectorBytes();
        for (int i = 0; i < rows.length; i++) {
            MemorySegment.copy(view.memory(rows[i]), view.offset(rows[i]), into, i * bytes, bytes);
        }
    }
}
