package dev.kith.engine.segment;

import dev.kith.storage.Damage;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.RecordLog;
import dev.kith.storage.StorageFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The bytes of a checkpoint file, format version 3; the page is {@code docs/formats/checkpoint.md}. Little-endian:
 *
 * <pre>
 *     0  magic          8 bytes  "KITH-CKP"
 *     8  version        u32      3
 *    12  checksum       u32      CRC32C of bytes 0-11 and of all from 16 on
 *    16  collection id  u64
 *    24  number         u64      as in the name
 *    32  epoch          u64
 *    40  log offset     u64      where the log goes on
 *    48  sequence       u64      of the last mutation before that
 *    56  next id        u64
 *    64  segments       u32
 *    68  graphs         u32      files of the graph; in version 1 one at most
 *    72  ended words    u64
 *    80  fields         u32      files of payload indexes; before version 3 none
 *    84  44 zeros
 *   128  segments, 32 bytes each: number u64, file bytes u64, checksum u32, first row u32, rows u32, zero u32
 *        graph files, 24 bytes each: number u64, file bytes u64, checksum u32, zero u32
 *        files of payload indexes, likewise
 *        ended rows: a bit a row, from the lowest of the first u64 on
 * </pre>
 */
final class CheckpointFile {
    static final int VERSION = 3;
    private static final long MAGIC = ByteBuffer.wrap("KITH-CKP".getBytes(StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    private static final int HEAD_BYTES = 128;
    private static final int VERSION_AT = 8;
    private static final int CHECKSUM_AT = 12;
    private static final int CHECKED_FROM = 16;
    private static final int SEGMENT_BYTES = 32;
    /** Of a file of a graph or of payload indexes. */
    private static final int FILE_BYTES = 24;
    /** A bitmap of all rows that a collection may have takes 256 MiB. */
    private static final long FILE_BYTES_MAX = 1L << 30;

    private CheckpointFile() {}

    /** Writes and forces the file; its name is forced by the caller. Returns its bytes. */
    static long write(FileHead.Place place, Checkpoint checkpoint) {
        ByteBuffer bytes = encode(place.collectionId(), checkpoint);
        int count = bytes.remaining();
        String name = Names.CHECKPOINT.of(checkpoint.number());
        try (StorageFile file = place.folder().open(name, Directory.Mode.CREATE_NEW)) {
            file.write(bytes, 0);
            file.force();
        }
        return count;
    }

    private static ByteBuffer encode(long collectionId, Checkpoint checkpoint) {
        List<SegmentRef> segments = checkpoint.segments();
        long total = HEAD_BYTES
                + (long) segments.size() * SEGMENT_BYTES
                + ((long) checkpoint.graph().size() + checkpoint.fields().size()) * FILE_BYTES
                + (long) checkpoint.ended().length * Long.BYTES;
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(total)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(VERSION).putInt(0);
        bytes.putLong(collectionId).putLong(checkpoint.number()).putLong(checkpoint.epoch());
        bytes.putLong(checkpoint.start().offset()).putLong(checkpoint.start().sequence());
        bytes.putLong(checkpoint.nextId()).putInt(segments.size());
        bytes.putInt(checkpoint.graph().size()).putLong(checkpoint.ended().length);
        bytes.putInt(checkpoint.fields().size());
        bytes.position(HEAD_BYTES);
        for (SegmentRef segment : segments) {
            put(bytes, segment.file()).putInt(segment.first()).putInt(segment.count());
            bytes.putInt(0);
        }
        checkpoint.graph().forEach(graph -> put(bytes, graph).putInt(0));
        checkpoint.fields().forEach(fields -> put(bytes, fields).putInt(0));
        for (long word : checkpoint.ended()) {
            bytes.putLong(word);
        }
        bytes.flip();
        return bytes.putInt(CHECKSUM_AT, checksum(bytes));
    }

    private static ByteBuffer put(ByteBuffer bytes, FileRef file) {
        return bytes.putLong(file.number()).putLong(file.bytes()).putInt(file.checksum());
    }

    /**
     * Reads a checkpoint; empty when the file is not one as a whole: it was never finished, or is damaged.
     *
     * @throws DamageException when it is whole and cannot be used: of another collection or of another version
     */
    static Optional<Checkpoint> read(FileHead.Place place, long number) {
        String name = Names.CHECKPOINT.of(number);
        ByteBuffer bytes;
        try (StorageFile file = place.folder().open(name, Directory.Mode.READ)) {
            long size = file.size();
            if (size < HEAD_BYTES || size > FILE_BYTES_MAX) {
                return Optional.empty();
            }
            bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
            if (file.read(bytes, 0) < size) {
                return Optional.empty();
            }
        }
        bytes.flip();
        if (bytes.getLong(0) != MAGIC || bytes.getInt(CHECKSUM_AT) != checksum(bytes)) {
            return Optional.empty();
        }
        int version = bytes.getInt(VERSION_AT);
        if (version < 1 || version > VERSION) {
            String text = "format version %d, this program reads 1 to %d".formatted(version, VERSION);
            throw new DamageException(new Damage(place.path(name), VERSION_AT, text));
        }
        Checkpoint found = decode(bytes, place, name);
        if (found.number() != number) {
            throw new DamageException(new Damage(place.path(name), 0, "expected the checkpoint of that name"));
        }
        return Optional.of(found);
    }

    private static Checkpoint decode(ByteBuffer bytes, FileHead.Place place, String name) {
        bytes.position(CHECKED_FROM);
        long collection = bytes.getLong();
        if (collection != place.collectionId()) {
            String text = "expected collection %d, found %d".formatted(place.collectionId(), collection);
            throw new DamageException(new Damage(place.path(name), CHECKED_FROM, text));
        }
        long number = bytes.getLong();
        long epoch = bytes.getLong();
        RecordLog.Tip start = new RecordLog.Tip(bytes.getLong(), bytes.getLong());
        long nextId = bytes.getLong();
        int segments = bytes.getInt();
        int graphs = bytes.getInt();
        long words = bytes.getLong();
        int fields = bytes.getInt();
        long files = (long) graphs + fields;
        long total = HEAD_BYTES + (long) segments * SEGMENT_BYTES + files * FILE_BYTES + words * Long.BYTES;
        boolean sound = segments >= 0 && graphs >= 0 && fields >= 0 && words >= 0 && words <= bytes.limit();
        if (!sound || total != bytes.limit()) {
            throw new DamageException(new Damage(place.path(name), 64, "counts do not fit the file's size"));
        }
        bytes.position(HEAD_BYTES);
        List<SegmentRef> refs = new ArrayList<>();
        int end = 0;
        for (int i = 0; i < segments; i++) {
            SegmentRef ref = new SegmentRef(file(bytes), bytes.getInt(), bytes.getInt());
            if (bytes.getInt() != 0 || ref.first() != end || ref.count() < 1 || ref.end() < end) {
                throw new DamageException(
                        new Damage(place.path(name), bytes.position() - SEGMENT_BYTES, "rows do not follow: " + ref));
            }
            refs.add(ref);
            end = ref.end();
        }
        List<FileRef> graph = files(bytes, graphs);
        List<FileRef> indexes = files(bytes, fields);
        long[] ended = new long[(int) words];
        bytes.asLongBuffer().get(ended);
        return new Checkpoint(number, epoch, start, nextId, List.copyOf(refs), ended, graph, indexes);
    }

    private static List<FileRef> files(ByteBuffer bytes, int count) {
        List<FileRef> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            found.add(file(bytes));
            bytes.position(bytes.position() + Integer.BYTES);
        }
        return List.copyOf(found);
    }

    private static FileRef file(ByteBuffer bytes) {
        return new FileRef(bytes.getLong(), bytes.getLong(), bytes.getInt());
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, CHECKSUM_AT));
        crc.update(bytes.slice(CHECKED_FROM, bytes.limit() - CHECKED_FROM));
        return (int) crc.getValue();
    }
}
