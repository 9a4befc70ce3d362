package dev.kith.engine.collection;

import dev.kith.engine.rows.RowLayout;
import dev.kith.storage.Damage;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.StorageFile;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.KeyPolicy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * What a collection's folder says of itself, so that it can be told from another one without the catalogue. 64 bytes,
 * little-endian; written once, before the catalogue knows the collection:
 *
 * <pre>
 *    0  magic       8 bytes  "KITHCOLL"
 *    8  version     u32      1
 *   12  checksum    u32      CRC32C of bytes 16 to 63
 *   16  id          u64      of the collection
 *   24  dimension   u32
 *   28  element     u8       0 float32, 1 bit
 *   29  key policy  u8       0 none, 1 vector bits, 2 bytes
 *   30  zero        34 bytes for what later versions need
 * </pre>
 */
public final class Manifest {
    private static final String NAME = "manifest";
    private static final long MAGIC = ByteBuffer.wrap("KITHCOLL".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    private static final int VERSION = 1;
    private static final int BYTES = 64;
    private static final int CHECKED_FROM = 16;

    private Manifest() {}

    /** Writes and forces the manifest of a new collection; the folder's names are forced by the caller. */
    public static void write(Directory folder, long id, RowLayout layout, KeyPolicy keyPolicy) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(VERSION).putInt(0).putLong(id).putInt(layout.dimension());
        bytes.put((byte) (layout.element() == ElementType.FLOAT32 ? 0 : 1));
        bytes.put((byte)
                switch (keyPolicy) {
                    case NONE -> 0;
                    case VECTOR_BITS -> 1;
                    case BYTES -> 2;
                });
        bytes.putInt(12, checksum(bytes));
        try (StorageFile file = folder.open(NAME, Directory.Mode.CREATE_NEW)) {
            file.write(bytes.rewind(), 0);
            file.force();
        }
    }

    /** Checks that the folder is that of this collection; {@link DamageException} where it is not. */
    static void verify(Directory folder, long id, RowLayout layout) {
        require(folder, folder.names().contains(NAME), "a manifest", "none");
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (StorageFile file = folder.open(NAME, Directory.Mode.READ)) {
            int read = file.read(bytes, 0);
            require(folder, read == BYTES && bytes.getLong(0) == MAGIC, "a manifest", "none");
        }
        require(folder, bytes.getInt(8) == VERSION, "version " + VERSION, "version " + bytes.getInt(8));
        require(folder, bytes.getInt(12) == checksum(bytes), "the right checksum", "another");
        require(folder, bytes.getLong(16) == id, "collection " + id, "collection " + bytes.getLong(16));
        int element = layout.element() == ElementType.FLOAT32 ? 0 : 1;
        boolean alike = bytes.getInt(24) == layout.dimension() && bytes.get(28) == element;
        require(folder, alike, "the catalogue's dimension and element type", "others");
    }

    private static void require(Directory folder, boolean holds, String expected, String found) {
        if (!holds) {
            throw new DamageException(
                    new Damage(folder.path() + "/" + NAME, 0, "expected %s, found %s".formatted(expected, found)));
        }
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(CHECKED_FROM, BYTES - CHECKED_FROM));
        return (int) crc.getValue();
    }
}
