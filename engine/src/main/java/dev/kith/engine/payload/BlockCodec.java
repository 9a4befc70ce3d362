package dev.kith.engine.payload;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The bytes of a block, little-endian; the page is {@code docs/formats/fields.md}:
 *
 * <pre>
 *    0  key bytes     u32
 *    4  values        u32   v
 *    8  rows          u32
 *   12  dense values  u32   d
 *   16  key starts    u32 × (v + 1)
 *       row starts    u32 × (v + 1)
 *       dense         u32 × d
 *       bits          u64 × d × rows of the block / 64
 *       rows          u16 each
 *       keys
 * </pre>
 *
 * Stateless.
 */
final class BlockCodec {
    private static final int HEAD_BYTES = 16;

    private BlockCodec() {}

    static int bytes(FieldBlock block) {
        return Math.toIntExact(bytes(
                block.keys().bytes().length,
                block.keys().count(),
                block.postings().rows().length,
                (long) block.postings().dense().length * denseBytes(block.count())));
    }

    private static long bytes(long keyBytes, long values, long rows, long dense) {
        return HEAD_BYTES + 2 * Integer.BYTES * (values + 1) + dense + Character.BYTES * rows + keyBytes;
    }

    /** Of one dense value. */
    private static long denseBytes(int count) {
        return Integer.BYTES + (long) count / Byte.SIZE;
    }

    static void encode(FieldBlock block, ByteBuffer into) {
        FieldBlock.Keys keys = block.keys();
        FieldBlock.Postings postings = block.postings();
        into.putInt(keys.bytes().length).putInt(keys.count());
        into.putInt(postings.rows().length).putInt(postings.dense().length);
        put(into, keys.starts());
        put(into, postings.starts());
        put(into, postings.dense());
        for (long[] bits : postings.bits()) {
            into.asLongBuffer().put(bits);
            into.position(into.position() + bits.length * Long.BYTES);
        }
        into.asCharBuffer().put(postings.rows());
        into.position(into.position() + postings.rows().length * Character.BYTES);
        into.put(keys.bytes());
    }

    private static void put(ByteBuffer into, int[] values) {
        into.asIntBuffer().put(values);
        into.position(into.position() + values.length * Integer.BYTES);
    }

    /** The block of some rows, or empty where the bytes are none. */
    static Optional<FieldBlock> decode(ByteBuffer in, int first, int count) {
        if (!FieldBlock.isSpan(first, count) || in.remaining() < HEAD_BYTES) {
            return Optional.empty();
        }
        int all = in.remaining();
        int keyBytes = in.getInt();
        int values = in.getInt();
        int rows = in.getInt();
        int denseCount = in.getInt();
        boolean counted = keyBytes >= 0 && values >= 0 && rows >= 0 && denseCount >= 0 && denseCount <= values;
        if (!counted || bytes(keyBytes, values, rows, denseCount * denseBytes(count)) != all) {
            return Optional.empty();
        }
        int[] keyStarts = ints(in, values + 1);
        int[] rowStarts = ints(in, values + 1);
        int[] dense = ints(in, denseCount);
        long[][] bits = new long[denseCount][count / Long.SIZE];
        for (long[] one : bits) {
            in.asLongBuffer().get(one);
            in.position(in.position() + one.length * Long.BYTES);
        }
        char[] posted = new char[rows];
        in.asCharBuffer().get(posted);
        in.position(in.position() + rows * Character.BYTES);
        byte[] keys = new byte[keyBytes];
        in.get(keys);
        boolean sound = rises(keyStarts, keyBytes)
                && rises(rowStarts, rows)
                && areBelow(dense, values)
                && areBelow(posted, count);
        FieldBlock.Postings postings = new FieldBlock.Postings(posted, rowStarts, dense, bits);
        return sound
                ? Optional.of(new FieldBlock(first, count, new FieldBlock.Keys(keys, keyStarts), postings))
                : Optional.empty();
    }

    private static int[] ints(ByteBuffer in, int count) {
        int[] values = new int[count];
        in.asIntBuffer().get(values);
        in.position(in.position() + count * Integer.BYTES);
        return values;
    }

    private static boolean rises(int[] starts, int end) {
        boolean rises = starts[0] == 0 && starts[starts.length - 1] == end;
        for (int i = 1; i < starts.length; i++) {
            rises &= starts[i] >= starts[i - 1];
        }
        return rises;
    }

    private static boolean areBelow(int[] ascending, int end) {
        int before = -1;
        for (int value : ascending) {
            if (value <= before || value >= end) {
                return false;
            }
            before = value;
        }
        return true;
    }

    private static boolean areBelow(char[] rows, int end) {
        for (char row : rows) {
            if (row >= end) {
                return false;
            }
        }
        return true;
    }
}
