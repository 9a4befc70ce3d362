package dev.kith.engine.segment;

import dev.kith.engine.rows.RowLayout;
import dev.kith.vectors.ElementType;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The bytes of a segment file, format version 2; the page is {@code docs/formats/segment.md}. Little-endian:
 *
 * <pre>
 *   head    128 bytes; after what all heads have:
 *            40  epoch           u64
 *            48  first row       u32
 *            52  rows            u32
 *            56  dimension       u32
 *            60  element         u8    0 float32, 1 bit; three zeros
 *            64  blocks          u32
 *            68  table checksum  u32   CRC32C of the table
 *            72  table position  u64
 *            80  stride          u32   bytes from one vector to the next
 *   vectors of all rows, with padding where that is little
 *   blocks  each: ids (i64), descriptions
 *   table   24 bytes a block:
 *             0  position        u64
 *             8  first row       u32
 *            12  rows            u32
 *            16  descriptions    u32   bytes
 *            20  checksum        u32   CRC32C of the position of its vectors (u64), these, and the block
 * </pre>
 *
 * A description is: row, counted from the block's first (u32), key bytes (u32, 0: none), payload bytes (u32,
 * 0xFFFFFFFF: none), key, payload. Rows without either, and those that had ended, have none.
 *
 * <p>In version 1 each block begins with its vectors, without padding.
 */
final class SegmentLayout {
    static final FileHead.Kind KIND = new FileHead.Kind(Names.SEGMENT, "KITH-SEG", 2);
    static final int ENTRY_BYTES = 24;
    static final int DESCRIPTION_BYTES = 12;
    static final int NO_PAYLOAD = -1;

    /** Of vectors and descriptions of one block; only a single larger row makes a block larger. */
    static final int BLOCK_BYTES = 1 << 20;

    static final int EPOCH_AT = FileHead.OWN_AT;
    static final int FIRST_AT = 48;
    static final int ROWS_AT = 52;
    static final int DIMENSION_AT = 56;
    static final int ELEMENT_AT = 60;
    static final int BLOCKS_AT = 64;
    static final int TABLE_CHECKSUM_AT = 68;
    static final int TABLE_AT = 72;
    static final int STRIDE_AT = 80;
    /** Vectors are padded as in memory, so that they can be mapped, where that makes them longer by so much at most. */
    private static final int PADDING_SHARE_MAX = 8;

    private SegmentLayout() {}

    /** Bytes from one vector to the next in a file that is written. */
    static int stride(RowLayout layout) {
        int padding = layout.strideBytes() - layout.vectorBytes();
        return padding <= layout.vectorBytes() / PADDING_SHARE_MAX ? layout.strideBytes() : layout.vectorBytes();
    }

    /** One block, as the table names it. */
    record Block(long position, int first, int rows, int descriptions, int checksum) {
        /** Of its ids and descriptions. */
        long sideBytes() {
            return rows * (long) Long.BYTES + descriptions;
        }

        void encode(ByteBuffer table) {
            table.putLong(position)
                    .putInt(first)
                    .putInt(rows)
                    .putInt(descriptions)
                    .putInt(checksum);
        }

        static Block decode(ByteBuffer table) {
            return new Block(table.getLong(), table.getInt(), table.getInt(), table.getInt(), table.getInt());
        }
    }

    static byte element(RowLayout layout) {
        return (byte) (layout.element() == ElementType.FLOAT32 ? 0 : 1);
    }

    /** Begins the checksum of what lies at a position of a file: bytes that went astray have another one. */
    static CRC32C checksumAt(long position) {
        CRC32C crc = new CRC32C();
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            crc.update((int) (position >>> shift));
        }
        return crc;
    }
}
