package dev.kith.engine.codec;

import dev.kith.engine.rows.RowLayout;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Limits;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of a PUT record, little-endian:
 *
 * <pre>
 *    0  count      u32
 *    4  dimension  u32
 *    8  element    u8    0 float32, 1 bit
 *    9  flags      u8    1: ids are a run; 2: has keys; 4: has payloads
 *   10  zero       u16
 *   12  vectors    u32   where in the body they begin: a multiple of 8
 *   16  ids              the first, i64, of a run; else i64 × count
 *       keys             length u32 each, then the bytes of all
 *       payloads         length u32 each (0xFFFFFFFF: none), then the bytes of all
 *       vectors          without padding
 * </pre>
 *
 * A put that is larger than one body is cut between points into parts of one mutation, each of which is a whole body.
 */
public final class PutCodec {
    private static final int HEADER_BYTES = 16;
    private static final int IDS_ARE_A_RUN = 1;
    private static final int HAS_KEYS = 2;
    private static final int HAS_PAYLOADS = 4;
    private static final int NO_PAYLOAD = -1;
    /** Room for the fixed fields and the padding before the vectors. */
    private static final int OVERHEAD_BYTES = HEADER_BYTES + Long.BYTES + 8;

    private PutCodec() {}

    /**
     * Points of one part, as read.
     *
     * @param ids {@code long[count]}
     * @param keys one a point, or none at all
     * @param payloads one a point, null where it has none; or empty
     * @param vectors {@code count} vectors without padding; valid as long as the body
     */
    public record Part(long[] ids, byte[][] keys, byte[] @Nullable [] payloads, MemorySegment vectors) {
        public int count() {
            return ids.length;
        }

        public byte @Nullable [] key(int i) {
            return keys.length == 0 ? null : keys[i];
        }

        public byte @Nullable [] payload(int i) {
            return payloads.length == 0 ? null : payloads[i];
        }
    }

    /** Where to cut: the first point of each part, and the count at the end. */
    public static int[] cuts(PutSource source, RowLayout layout, int bodyBytesMax) {
        List<Integer> cuts = new ArrayList<>();
        long room = 0;
        for (int i = 0; i < source.count(); i++) {
            long bytes = pointBytes(source, i, layout);
            if (bytes > room) {
                cuts.add(i);
                room = (long) bodyBytesMax - OVERHEAD_BYTES;
            }
            room -= bytes;
        }
        cuts.add(source.count());
        return cuts.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Bytes that the bodies of {@code parts} parts take together, at most. */
    public static long bytesAtMost(PutSource source, RowLayout layout, int parts) {
        long bytes = (long) parts * OVERHEAD_BYTES;
        for (int i = 0; i < source.count(); i++) {
            bytes += pointBytes(source, i, layout);
        }
        return bytes;
    }

    private static long pointBytes(PutSource source, int i, RowLayout layout) {
        byte[] key = source.key(i);
        byte[] payload = source.payload(i);
        return (long) Long.BYTES
                + (Integer.BYTES + (key == null ? 0 : key.length))
                + (Integer.BYTES + (payload == null ? 0 : payload.length))
                + layout.vectorBytes();
    }

    /** Writes the points from {@code from} to before {@code to}, which must fit. */
    public static void encode(PutSource source, Span span, RowLayout layout, ByteBuffer into) {
        int start = into.position();
        int flags = (isRun(source, span) ? IDS_ARE_A_RUN : 0)
                | (source.key(span.from()) != null ? HAS_KEYS : 0)
                | (hasPayloads(source, span) ? HAS_PAYLOADS : 0);
        into.putInt(span.count()).putInt(layout.dimension());
        into.put((byte) (layout.element() == ElementType.FLOAT32 ? 0 : 1)).put((byte) flags);
        into.putShort((short) 0).putInt(0);
        int idCount = (flags & IDS_ARE_A_RUN) != 0 ? 1 : span.count();
        for (int i = 0; i < idCount; i++) {
            into.putLong(source.id(span.from() + i));
        }
        if ((flags & HAS_KEYS) != 0) {
            encodeKeys(source, span, into);
        }
        if ((flags & HAS_PAYLOADS) != 0) {
            encodePayloads(source, span, into);
        }
        while ((into.position() - start) % Long.BYTES != 0) {
            into.put((byte) 0);
        }
        into.putInt(start + 12, into.position() - start);
        source.vectors(span.from(), span.count(), into);
    }

    /** Points from {@code from} to before {@code to}; at least one. */
    public record Span(int from, int to) {
        int count() {
            return to - from;
        }
    }

    private static boolean isRun(PutSource source, Span span) {
        for (int i = span.from() + 1; i < span.to(); i++) {
            if (source.id(i) != source.id(i - 1) + 1) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasPayloads(PutSource source, Span span) {
        for (int i = span.from(); i < span.to(); i++) {
            if (source.payload(i) != null) {
                return true;
            }
        }
        return false;
    }

    private static void encodeKeys(PutSource source, Span span, ByteBuffer into) {
        for (int i = span.from(); i < span.to(); i++) {
            byte[] key = source.key(i);
            if (key == null) {
                throw new IllegalStateException("a point without a key among points with keys");
            }
            into.putInt(key.length);
        }
        for (int i = span.from(); i < span.to(); i++) {
            into.put(java.util.Objects.requireNonNull(source.key(i)));
        }
    }

    private static void encodePayloads(PutSource source, Span span, ByteBuffer into) {
        for (int i = span.from(); i < span.to(); i++) {
            byte[] payload = source.payload(i);
            into.putInt(payload == null ? NO_PAYLOAD : payload.length);
        }
        for (int i = span.from(); i < span.to(); i++) {
            byte[] payload = source.payload(i);
            if (payload != null) {
                into.put(payload);
            }
        }
    }

    /** Reads a whole body of a collection with this layout. */
    public static Part decode(ByteBuffer body, RowLayout layout) {
        MalformedException.require(body.remaining() >= HEADER_BYTES, "a put cut short");
        int start = body.position();
        int count = body.getInt();
        int dimension = body.getInt();
        int element = body.get();
        int flags = body.get();
        body.getShort();
        int vectorsAt = body.getInt();
        MalformedException.require(
                dimension == layout.dimension() && element == (layout.element() == ElementType.FLOAT32 ? 0 : 1),
                "vectors of another shape");
        long vectorBytes = (long) count * layout.vectorBytes();
        MalformedException.require(
                count > 0 && vectorsAt >= HEADER_BYTES && (long) start + vectorsAt + vectorBytes == body.limit(),
                "a put of another length");
        int limit = body.limit();
        body.limit(start + vectorsAt);
        long[] ids = decodeIds(body, count, (flags & IDS_ARE_A_RUN) != 0);
        byte[][] keys = (flags & HAS_KEYS) != 0 ? decodeKeys(body, count) : new byte[0][];
        byte[][] payloads = (flags & HAS_PAYLOADS) != 0 ? decodePayloads(body, count) : new byte[0][];
        body.limit(limit).position(start + vectorsAt);
        return new Part(ids, keys, payloads, MemorySegment.ofBuffer(body));
    }

    private static long[] decodeIds(ByteBuffer in, int count, boolean run) {
        MalformedException.require(in.remaining() >= (run ? 1L : count) * Long.BYTES, "ids cut short");
        long[] ids = new long[count];
        for (int i = 0; i < count; i++) {
            ids[i] = run && i > 0 ? ids[i - 1] + 1 : in.getLong();
        }
        return ids;
    }

    private static byte[][] decodeKeys(ByteBuffer in, int count) {
        int[] lengths = decodeLengths(in, count, 1, Limits.KEY_BYTES_MAX);
        byte[][] keys = new byte[count][];
        for (int i = 0; i < count; i++) {
            keys[i] = take(in, lengths[i]);
        }
        return keys;
    }

    private static byte[] @Nullable [] decodePayloads(ByteBuffer in, int count) {
        int[] lengths = decodeLengths(in, count, NO_PAYLOAD, Limits.PAYLOAD_BYTES_MAX);
        byte[] @Nullable [] payloads = new byte[count][];
        for (int i = 0; i < count; i++) {
            payloads[i] = lengths[i] == NO_PAYLOAD ? null : take(in, lengths[i]);
        }
        return payloads;
    }

    private static int[] decodeLengths(ByteBuffer in, int count, int min, int max) {
        MalformedException.require(in.remaining() >= (long) count * Integer.BYTES, "lengths cut short");
        int[] lengths = new int[count];
        for (int i = 0; i < count; i++) {
            lengths[i] = in.getInt();
            MalformedException.require(lengths[i] >= min && lengths[i] <= max, "a length out of range");
        }
        return lengths;
    }

    private static byte[] take(ByteBuffer in, int length) {
        MalformedException.require(in.remaining() >= length, "bytes cut short");
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
