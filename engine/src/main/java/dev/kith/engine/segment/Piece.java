package dev.kith.engine.segment;

import dev.kith.storage.StorageFile;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/**
 * A piece of a file that is read alone, as a table of pieces names it: position u64, bytes u32, checksum u32.
 *
 * @param checksum CRC32C of the position (u64) and the bytes: bytes that went astray have another one
 */
public record Piece(long position, int bytes, int checksum) {
    /** Of what a table has of it. */
    static final int ENTRY_BYTES = 16;

    /** Appends a piece whose bytes {@code content} puts into a little-endian buffer of that size. */
    static Piece write(BlockWriter out, int bytes, Consumer<ByteBuffer> content) {
        try (Arena arena = Arena.ofConfined()) {
            ByteBuffer buffer = buffer(arena, bytes);
            content.accept(buffer);
            Piece piece = new Piece(out.position(), bytes, checksum(out.position(), buffer.flip()));
            out.write(buffer);
            return piece;
        }
    }

    private static ByteBuffer buffer(Arena arena, int bytes) {
        return arena.allocate(Math.max(1, bytes), Long.BYTES)
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .limit(bytes);
    }

    private static int checksum(long position, ByteBuffer bytes) {
        CRC32C crc = SegmentLayout.checksumAt(position);
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    static Piece decode(ByteBuffer table) {
        return new Piece(table.getLong(), table.getInt(), table.getInt());
    }

    void encode(ByteBuffer table) {
        table.putLong(position).putInt(bytes).putInt(checksum);
    }

    /** Whether the file has the piece as it was written, and the target takes its bytes. */
    boolean isTaken(StorageFile file, Predicate<ByteBuffer> target) {
        try (Arena arena = Arena.ofConfined()) {
            ByteBuffer buffer = buffer(arena, bytes);
            int read = file.read(buffer, position);
            return read == bytes && checksum(position, buffer.flip()) == checksum && target.test(buffer);
        }
    }
}
