package dev.kith.engine.segment;

import dev.kith.storage.StorageFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Where the table at the end of a file lies, as its head says.
 *
 * @param checksum CRC32C of its bytes
 */
record Table(long position, int bytes, int checksum) {

    /** Appends what remains in {@code table}. */
    static Table write(BlockWriter out, ByteBuffer table) {
        Table written = new Table(out.position(), table.remaining(), checksum(table));
        out.write(table);
        return written;
    }

    private static int checksum(ByteBuffer table) {
        CRC32C crc = new CRC32C();
        crc.update(table.duplicate());
        return (int) crc.getValue();
    }

    /** Its bytes, little-endian; empty where the file has others. The caller has looked at how many there are. */
    Optional<ByteBuffer> read(StorageFile file) {
        ByteBuffer table = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int read = file.read(table, position);
        return read == bytes && checksum(table.flip()) == checksum ? Optional.of(table) : Optional.empty();
    }
}
