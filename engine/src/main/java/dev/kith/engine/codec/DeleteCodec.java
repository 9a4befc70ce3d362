package dev.kith.engine.codec;

import java.nio.ByteBuffer;

/**
 * The body of a DELETE record, little-endian: count u32, zero u32, {@code count} ids i64. A long list is several parts
 * of one mutation.
 */
public final class DeleteCodec {
    private static final int HEADER_BYTES = 8;

    private DeleteCodec() {}

    /** How many ids fit into a body of {@code bytes}. */
    public static int idsPerPart(int bytes) {
        return (bytes - HEADER_BYTES) / Long.BYTES;
    }

    /** Writes {@code count} ids from {@code from} on. */
    public static void encode(long[] ids, int from, int count, ByteBuffer into) {
        into.putInt(count).putInt(0);
        for (int i = 0; i < count; i++) {
            into.putLong(ids[from + i]);
        }
    }

    public static long[] decode(ByteBuffer body) {
        MalformedException.require(body.remaining() >= HEADER_BYTES, "a removal cut short");
        int count = body.getInt();
        body.getInt();
        MalformedException.require(
                count >= 0 && body.remaining() == (long) count * Long.BYTES, "a removal of another length");
        long[] ids = new long[count];
        body.asLongBuffer().get(ids);
        return ids;
    }
}
