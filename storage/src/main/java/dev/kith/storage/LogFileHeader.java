package dev.kith.storage;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The first 64 bytes of a file of a log, format version 1. Little-endian.
 *
 * <pre>
 *   0  8 bytes  magic, "KITH-LOG"
 *   8  u32      format version, 1
 *  12  u32      CRC32C of bytes 0-11 and 16-63
 *  16  u64      collection id
 *  24  u64      base: logical offset of the file's first record; the file's name says it too
 *  32  u64      sequence of the last mutation before the base, 0 when there is none
 *  40  24 zeros
 * </pre>
 *
 * @param collectionId whose log this is
 * @param base logical offset of the file's first record
 * @param baseSequence sequence of the last mutation before it
 */
record LogFileHeader(long collectionId, long base, long baseSequence) {

    /** Of the header, bytes. */
    static final int BYTES = 64;

    static final int VERSION = 1;

    /** "KITH-LOG" as a little-endian number. */
    static final long MAGIC = 0x474f_4c2d_4854_494bL;

    private static final int VERSION_AT = 8;
    private static final int CHECKSUM_AT = 12;
    private static final int COLLECTION_AT = 16;
    private static final int BASE_AT = 24;
    private static final int BASE_SEQUENCE_AT = 32;

    /** The name of the file that begins at that logical offset. Names sort as offsets do. */
    static String name(long base) {
        return "log-%016x".formatted(base);
    }

    /** The logical offset in a file's name; empty when it is not one of a log. */
    static Optional<Long> baseOf(String name) {
        if (!name.matches("log-[0-7][0-9a-f]{15}")) {
            return Optional.empty();
        }
        return Optional.of(Long.parseLong(name, "log-".length(), name.length(), 16));
    }

    /** The 64 bytes, ready to be written. */
    ByteBuffer encode() {
        return encode(VERSION);
    }

    /** As a program with another format version would write it. */
    ByteBuffer encode(int version) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, MAGIC);
        bytes.putInt(VERSION_AT, version);
        bytes.putLong(COLLECTION_AT, collectionId);
        bytes.putLong(BASE_AT, base);
        bytes.putLong(BASE_SEQUENCE_AT, baseSequence);
        return bytes.putInt(CHECKSUM_AT, checksum(bytes));
    }

    /**
     * Reads the header at the buffer's start; empty when the bytes are not one.
     *
     * @throws DamageException when it is intact and of a version that this program does not read
     */
    static Optional<LogFileHeader> decode(ByteBuffer bytes) {
        if (bytes.remaining() < BYTES || bytes.getLong(0) != MAGIC || bytes.getInt(CHECKSUM_AT) != checksum(bytes)) {
            return Optional.empty();
        }
        int version = bytes.getInt(VERSION_AT);
        if (version != VERSION) {
            throw new DamageException("log format version %d, this program reads %d".formatted(version, VERSION));
        }
        return Optional.of(new LogFileHeader(
                bytes.getLong(COLLECTION_AT), bytes.getLong(BASE_AT), bytes.getLong(BASE_SEQUENCE_AT)));
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, CHECKSUM_AT));
        crc.update(bytes.slice(COLLECTION_AT, BYTES - COLLECTION_AT));
        return (int) crc.getValue();
    }
}
