package dev.kith.engine.segment;

import dev.kith.storage.Damage;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.StorageFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The first 128 bytes of a segment, graph or fields file. Little-endian:
 *
 * <pre>
 *    0  magic          8 bytes
 *    8  version        u32
 *   12  checksum       u32   CRC32C of bytes 0-11 and 16-127
 *   16  collection id  u64
 *   24  number         u64   as in the name
 *   32  file bytes     u64
 *   40                       the kind's own
 * </pre>
 *
 * It is written last: a file without it was never finished.
 */
final class FileHead {
    static final int BYTES = 128;
    /** Where the fields of each kind begin. */
    static final int OWN_AT = 40;

    private static final int VERSION_AT = 8;
    private static final int CHECKSUM_AT = 12;
    private static final int COLLECTION_AT = 16;
    private static final int NUMBER_AT = 24;
    private static final int FILE_BYTES_AT = 32;

    private FileHead() {}

    /**
     * What a kind of file begins with.
     *
     * @param magic eight characters
     * @param version that is written; all from 1 on are read
     */
    record Kind(Names names, String magic, int version) {
        private long number() {
            return ByteBuffer.wrap(magic.getBytes(StandardCharsets.US_ASCII))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong();
        }
    }

    /** A header whose own fields are still zero. */
    static ByteBuffer begin(Kind kind, long collectionId, long number) {
        ByteBuffer head = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        head.putLong(0, kind.number()).putInt(VERSION_AT, kind.version());
        return head.putLong(COLLECTION_AT, collectionId).putLong(NUMBER_AT, number);
    }

    /** Completes a header; answers how a checkpoint names the file. */
    static FileRef seal(ByteBuffer head, long fileBytes) {
        head.putLong(FILE_BYTES_AT, fileBytes);
        head.putInt(CHECKSUM_AT, checksum(head));
        return new FileRef(head.getLong(NUMBER_AT), fileBytes, head.getInt(CHECKSUM_AT));
    }

    /**
     * Reads the header of the file that a checkpoint names.
     *
     * @throws DamageException when it is another one or none, or the file has another size
     */
    static ByteBuffer read(Place place, Kind kind, FileRef expected, StorageFile file) {
        ByteBuffer head = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        String path = place.path(kind.names().of(expected.number()));
        int read = file.read(head, 0);
        if (read < BYTES || head.getLong(0) != kind.number() || head.getInt(CHECKSUM_AT) != checksum(head)) {
            throw new DamageException(new Damage(path, 0, "expected a header, found none that is intact"));
        }
        int version = head.getInt(VERSION_AT);
        if (version < 1 || version > kind.version()) {
            String text = "format version %d, this program reads 1 to %d".formatted(version, kind.version());
            throw new DamageException(new Damage(path, VERSION_AT, text));
        }
        boolean same = head.getLong(COLLECTION_AT) == place.collectionId()
                && head.getLong(NUMBER_AT) == expected.number()
                && head.getLong(FILE_BYTES_AT) == expected.bytes()
                && head.getInt(CHECKSUM_AT) == expected.checksum();
        if (!same) {
            throw new DamageException(
                    new Damage(path, 0, "expected the file that the checkpoint names, found another"));
        }
        if (file.size() != expected.bytes()) {
            String text = "expected a file of %d bytes, found %d".formatted(expected.bytes(), file.size());
            throw new DamageException(new Damage(path, Math.min(file.size(), expected.bytes()), text));
        }
        return head;
    }

    /** The format version of a header that was read. */
    static int version(ByteBuffer head) {
        return head.getInt(VERSION_AT);
    }

    private static int checksum(ByteBuffer head) {
        CRC32C crc = new CRC32C();
        crc.update(head.slice(0, CHECKSUM_AT));
        crc.update(head.slice(COLLECTION_AT, BYTES - COLLECTION_AT));
        return (int) crc.getValue();
    }

    /**
     * Where files of a collection are.
     *
     * @param collectionId stands in every file
     */
    record Place(Directory folder, long collectionId) {
        String path(String name) {
            return folder.path() + "/" + name;
        }
    }
}
