package dev.kith.storage;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The bytes of one record, format version 1; the page is {@code docs/formats/record-log.md}. Little-endian; a record
 * starts at a multiple of 8 and takes {@link #bytes}.
 *
 * <pre>
 *   0  u32  length of the body, bytes, at most BODY_BYTES_MAX
 *   4  u32  CRC32C of: the record's logical offset (u64), bytes 0-3, bytes 8-63, body, padding
 *   8  u16  magic, 'K' 'R'
 *  10  u8   format version, 1
 *  11  u8   type, 1-254; 255 is a mark
 *  12  u32  flags, the type's own
 *  16  u32  part, from 0
 *  20  u32  parts, from 1
 *  24  u64  collection id
 *  32  u64  epoch
 *  40  u64  sequence
 *  48  u64  wall clock, ms since 1970
 *  56  u64  last forced: all before this logical offset was durable when the record was made
 *  64       body, then zeros up to a multiple of 8
 * </pre>
 *
 * The logical offset is in the checksum and not in the record: a record that lies in any other place than its own (a
 * misdirected write, a copy of it within a body) is none.
 *
 * <p>Pure functions of bytes, except that an instance keeps the scratch of its checksum: one thread at a time.
 */
public final class RecordFormat {

    /** Of the header, bytes. */
    public static final int HEADER_BYTES = 64;

    /** The largest body: 4 MiB of vectors and 64 KiB for what describes them. */
    public static final int BODY_BYTES_MAX = (4 << 20) + (64 << 10);

    /** The highest type that a caller may give to a record. */
    public static final int TYPE_MAX = 254;

    /**
     * The type of the log's own records: no body, no meaning but that all before it is durable. A mark is the last
     * record of a closed log, and the first that is appended later takes its place.
     */
    static final int MARK = 255;

    static final int VERSION = 1;
    static final int MAGIC = 'K' | 'R' << 8;
    static final int ALIGNMENT = 8;
    static final int RECORD_BYTES_MAX = HEADER_BYTES + BODY_BYTES_MAX;

    static final int LENGTH_AT = 0;
    static final int CHECKSUM_AT = 4;
    static final int MAGIC_AT = 8;
    static final int VERSION_AT = 10;
    static final int TYPE_AT = 11;
    static final int FLAGS_AT = 12;
    static final int PART_AT = 16;
    static final int PARTS_AT = 20;
    static final int COLLECTION_AT = 24;
    static final int EPOCH_AT = 32;
    static final int SEQUENCE_AT = 40;
    static final int WALL_CLOCK_AT = 48;
    static final int LAST_FORCED_AT = 56;

    private final CRC32C crc = new CRC32C();
    private final ByteBuffer start =
            ByteBuffer.allocate(Long.BYTES + Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final byte[] padding = new byte[ALIGNMENT];

    /** What a record with a body of that many bytes takes in the log: header, body, padding. */
    public static long bytes(long bodyBytes) {
        return (HEADER_BYTES + bodyBytes + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /** Writes the 64 bytes of the header at the buffer's start, its checksum included. */
    void encode(ByteBuffer header, RecordHeader fields, long offset, ByteBuffer... body) {
        int length = 0;
        for (ByteBuffer piece : body) {
            length += piece.remaining();
        }
        header.putInt(LENGTH_AT, length);
        header.putShort(MAGIC_AT, (short) MAGIC);
        header.put(VERSION_AT, (byte) VERSION);
        header.put(TYPE_AT, (byte) fields.type());
        header.putInt(FLAGS_AT, fields.flags());
        header.putInt(PART_AT, fields.part());
        header.putInt(PARTS_AT, fields.parts());
        header.putLong(COLLECTION_AT, fields.collectionId());
        header.putLong(EPOCH_AT, fields.epoch());
        header.putLong(SEQUENCE_AT, fields.sequence());
        header.putLong(WALL_CLOCK_AT, fields.wallClockMs());
        header.putLong(LAST_FORCED_AT, fields.lastForced());
        begin(offset, length);
        crc.update(header.slice(MAGIC_AT, HEADER_BYTES - MAGIC_AT));
        for (ByteBuffer piece : body) {
            crc.update(piece.duplicate());
        }
        crc.update(padding, 0, (int) (bytes(length) - HEADER_BYTES - length));
        header.putInt(CHECKSUM_AT, (int) crc.getValue());
    }

    /** Whether the 64 bytes at {@code at} look like a header whose lengths can be trusted to stay within bounds. */
    static boolean plausible(ByteBuffer buffer, int at) {
        int length = buffer.getInt(at + LENGTH_AT);
        return buffer.getShort(at + MAGIC_AT) == (short) MAGIC && length >= 0 && length <= BODY_BYTES_MAX;
    }

    /** Length of the body of a header that is {@link #plausible}. */
    static int length(ByteBuffer buffer, int at) {
        return buffer.getInt(at + LENGTH_AT);
    }

    /** Whether the plausible record at {@code at}, all of whose bytes are in the buffer, is what was written there. */
    boolean intact(ByteBuffer buffer, int at, long offset) {
        int length = length(buffer, at);
        begin(offset, length);
        crc.update(buffer.slice(at + MAGIC_AT, (int) bytes(length) - MAGIC_AT));
        return (int) crc.getValue() == buffer.getInt(at + CHECKSUM_AT);
    }

    /**
     * The header of an intact record.
     *
     * @throws DamageException when it holds what this version never writes
     */
    static RecordHeader decode(ByteBuffer buffer, int at) {
        int version = buffer.get(at + VERSION_AT) & 0xff;
        if (version != VERSION) {
            throw new DamageException("record format version %d, this program reads %d".formatted(version, VERSION));
        }
        try {
            return new RecordHeader(
                    buffer.get(at + TYPE_AT) & 0xff,
                    buffer.getInt(at + FLAGS_AT),
                    buffer.getLong(at + COLLECTION_AT),
                    buffer.getLong(at + EPOCH_AT),
                    buffer.getLong(at + SEQUENCE_AT),
                    buffer.getInt(at + PART_AT),
                    buffer.getInt(at + PARTS_AT),
                    buffer.getLong(at + WALL_CLOCK_AT),
                    buffer.getLong(at + LAST_FORCED_AT));
        } catch (IllegalArgumentException e) {
            throw new DamageException("record with " + e.getMessage());
        }
    }

    private void begin(long offset, int length) {
        start.putLong(0, offset).putInt(Long.BYTES, length);
        crc.reset();
        crc.update(start.array());
    }
}
