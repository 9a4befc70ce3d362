package dev.kith.engine.segment;

import dev.kith.storage.Damage;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.StorageFile;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Limits;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The bytes of a file of payload indexes, format version 1; the page is {@code docs/formats/fields.md}. Little-endian:
 *
 * <pre>
 *   head   128 bytes; after what all heads have:
 *           40  epoch           u64
 *           48  parts           u32
 *           52  table bytes     u32
 *           56  table checksum  u32   CRC32C of the table
 *           60  zero            u32
 *           64  table position  u64
 *   parts  one behind the other
 *   table  a part: position u64, bytes u32, CRC32C of the position (u64) and the part u32, first row u32, rows u32,
 *          names of the field's path u32, then each name: bytes u32, UTF-8
 * </pre>
 */
final class FieldsFile {
    private static final FileHead.Kind KIND = new FileHead.Kind(Names.FIELDS, "KITH-FLD", 1);
    private static final int EPOCH_AT = FileHead.OWN_AT;
    private static final int PARTS_AT = 48;
    private static final int TABLE_BYTES_AT = 52;
    private static final int TABLE_CHECKSUM_AT = 56;
    private static final int TABLE_AT = 64;
    private static final int ENTRY_BYTES = Piece.ENTRY_BYTES + 3 * Integer.BYTES;
    /** Blocks of 256 fields of a billion rows, with paths of a usual length. */
    private static final int TABLE_BYTES_MAX = 1 << 28;

    private final FileHead.Place place;

    FieldsFile(FileHead.Place place) {
        this.place = place;
    }

    /** Writes blocks into a new file and forces it; the file's name is not forced. */
    FileRef write(long number, long epoch, List<? extends KeptBlock> blocks, Runnable pulse) {
        ByteBuffer head = FileHead.begin(KIND, place.collectionId(), number);
        head.putLong(EPOCH_AT, epoch).putInt(PARTS_AT, blocks.size());
        ByteArrayOutputStream table = new ByteArrayOutputStream();
        try (StorageFile file = place.folder().open(Names.FIELDS.of(number), Directory.Mode.CREATE_NEW)) {
            BlockWriter out = new BlockWriter(file, pulse);
            for (KeptBlock block : blocks) {
                table.writeBytes(entry(block, Piece.write(out, block.bytes(), block::write)));
            }
            Table end = Table.write(out, ByteBuffer.wrap(table.toByteArray()));
            head.putInt(TABLE_BYTES_AT, end.bytes()).putInt(TABLE_CHECKSUM_AT, end.checksum());
            head.putLong(TABLE_AT, end.position());
            FileRef written = FileHead.seal(head, out.position());
            out.finish(head);
            return written;
        }
    }

    private static byte[] entry(KeptBlock block, Piece piece) {
        List<byte[]> names = block.field().steps().stream()
                .map(name -> name.getBytes(StandardCharsets.UTF_8))
                .toList();
        int bytes = ENTRY_BYTES
                + names.stream().mapToInt(name -> Integer.BYTES + name.length).sum();
        ByteBuffer entry = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        piece.encode(entry);
        entry.putInt(block.first()).putInt(block.count()).putInt(names.size());
        names.forEach(name -> entry.putInt(name.length).put(name));
        return entry.array();
    }

    /**
     * Reads what the target chooses of some files.
     *
     * @param epoch of the rows
     * @throws DamageException when a file is not what was written
     */
    void read(List<FileRef> refs, long epoch, FieldsTarget target, int threads) {
        Map<FileRef, StorageFile> files = new HashMap<>();
        List<FieldPart> all = new ArrayList<>();
        try {
            for (FileRef ref : refs) {
                String name = Names.FIELDS.of(ref.number());
                if (!place.folder().names().contains(name)) {
                    throw damaged(ref, 0, "expected the checkpoint's payload indexes, found none");
                }
                StorageFile file = place.folder().open(name, Directory.Mode.READ);
                files.put(ref, file);
                all.addAll(parts(ref, epoch, file));
            }
            List<FieldPart> chosen = target.choose(all);
            Loading.run(chosen.size(), threads, (at, scratch) -> {
                FieldPart part = chosen.get(at);
                FieldPart.Place lies = part.place();
                StorageFile file = java.util.Objects.requireNonNull(files.get(lies.file()));
                if (!lies.piece().isTaken(file, bytes -> target.take(part, bytes))) {
                    String text = "expected a part as it was written, found other bytes";
                    throw damaged(lies.file(), lies.piece().position(), text);
                }
            });
        } finally {
            files.values().forEach(StorageFile::close);
        }
    }

    private DamageException damaged(FileRef ref, long at, String found) {
        return new DamageException(new Damage(place.path(Names.FIELDS.of(ref.number())), at, found));
    }

    private List<FieldPart> parts(FileRef ref, long epoch, StorageFile file) {
        ByteBuffer head = FileHead.read(place, KIND, ref, file);
        long at = head.getLong(TABLE_AT);
        int bytes = head.getInt(TABLE_BYTES_AT);
        boolean sound = bytes >= 0 && bytes <= TABLE_BYTES_MAX && at >= FileHead.BYTES && at + bytes == ref.bytes();
        if (!sound || head.getLong(EPOCH_AT) != epoch) {
            throw damaged(ref, EPOCH_AT, "expected a table of parts of epoch %d, found none".formatted(epoch));
        }
        ByteBuffer table = new Table(at, bytes, head.getInt(TABLE_CHECKSUM_AT))
                .read(file)
                .orElseThrow(() -> damaged(ref, at, "expected the table of parts, found other bytes"));
        List<FieldPart> parts = new ArrayList<>();
        while (table.remaining() >= ENTRY_BYTES) {
            Piece piece = Piece.decode(table);
            int first = table.getInt();
            int count = table.getInt();
            FieldPath field = field(table, ref, at);
            boolean within = piece.position() >= FileHead.BYTES
                    && piece.bytes() >= 0
                    && piece.position() + piece.bytes() <= at
                    && first >= 0
                    && count > 0
                    && first + count > 0;
            if (!within) {
                throw damaged(ref, at, "a part that cannot be there: " + piece);
            }
            parts.add(new FieldPart(field, first, count, new FieldPart.Place(ref, piece)));
        }
        if (table.hasRemaining() || parts.size() != head.getInt(PARTS_AT)) {
            throw damaged(ref, at, "another number of parts");
        }
        return parts;
    }

    private FieldPath field(ByteBuffer table, FileRef ref, long at) {
        int names = table.getInt();
        List<String> steps = new ArrayList<>();
        for (int i = 0; i < names && names <= Limits.DEPTH_MAX; i++) {
            int length = table.remaining() < Integer.BYTES ? -1 : table.getInt();
            if (length < 0 || length > table.remaining()) {
                throw damaged(ref, at, "a field's name cut short");
            }
            byte[] name = new byte[length];
            table.get(name);
            steps.add(new String(name, StandardCharsets.UTF_8));
        }
        if (steps.isEmpty()) {
            throw damaged(ref, at, "a field of %d names".formatted(names));
        }
        return new FieldPath(steps);
    }
}
