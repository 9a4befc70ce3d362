package dev.kith.engine.segment;

import dev.kith.engine.rows.RowLayout;
import dev.kith.engine.rows.RowView;
import dev.kith.storage.Directory;
import dev.kith.storage.StorageException;
import dev.kith.storage.StorageFile;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Writes one segment file: rows of a view that is held meanwhile. One thread. */
final class SegmentWriter {
    /** Bytes that a key and a payload take at most, which come on top of a full block. */
    private static final int ROW_BYTES_MAX = 8 << 20;

    private final FileHead.Place place;
    private final RowView view;
    private final RowLayout layout;
    private final int stride;
    private final Runnable pulse;
    private final List<Begun> begun = new ArrayList<>();
    private final List<SegmentLayout.Block> blocks = new ArrayList<>();

    /** A block whose vectors are written; {@code crc} is the checksum so far. */
    private record Begun(int first, int end, CRC32C crc) {}

    /** @param pulse runs between blocks; what it throws ends the writing */
    SegmentWriter(FileHead.Place place, RowView view, Runnable pulse) {
        this.place = place;
        this.view = view;
        this.layout = view.layout();
        this.stride = SegmentLayout.stride(layout);
        this.pulse = pulse;
    }

    /** Writes rows into a new file, forces it, and reads it again; the file's name is not forced. */
    SegmentRef write(long number, SegmentRows rows) {
        String name = Names.SEGMENT.of(number);
        ByteBuffer head = FileHead.begin(SegmentLayout.KIND, place.collectionId(), number);
        SegmentRef written;
        try (StorageFile file = place.folder().open(name, Directory.Mode.CREATE_NEW);
                Arena arena = Arena.ofConfined()) {
            BlockWriter out = new BlockWriter(file, pulse);
            ByteBuffer block = buffer(arena);
            for (int row = rows.first(); row < rows.end(); ) {
                row = writeVectors(out, block, row, rows.end());
            }
            begun.forEach(each -> writeSide(out, block, each));
            Table table = Table.write(out, table());
            int count = rows.end() - rows.first();
            head.putLong(SegmentLayout.EPOCH_AT, rows.epoch()).putInt(SegmentLayout.FIRST_AT, rows.first());
            head.putInt(SegmentLayout.ROWS_AT, count).putInt(SegmentLayout.DIMENSION_AT, layout.dimension());
            head.put(SegmentLayout.ELEMENT_AT, SegmentLayout.element(layout));
            head.putInt(SegmentLayout.BLOCKS_AT, blocks.size()).putInt(SegmentLayout.STRIDE_AT, stride);
            head.putInt(SegmentLayout.TABLE_CHECKSUM_AT, table.checksum());
            head.putLong(SegmentLayout.TABLE_AT, table.position());
            written = new SegmentRef(FileHead.seal(head, out.position()), rows.first(), count);
            out.finish(head);
        }
        try (SegmentReader reader = SegmentReader.open(place, written, rows.epoch(), layout)) {
            reader.verify(pulse);
        }
        return written;
    }

    private ByteBuffer buffer(Arena arena) {
        long bytes = (long) SegmentLayout.BLOCK_BYTES + stride + ROW_BYTES_MAX;
        return arena.allocate(bytes, Long.BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Writes the vectors of the block that begins with {@code first}; returns the first row after it. */
    private int writeVectors(BlockWriter out, ByteBuffer block, int first, int end) {
        int to = blockEnd(first, end);
        block.clear();
        for (int row = first; row < to; row++) {
            view.copyRow(row, stride, block);
        }
        CRC32C crc = SegmentLayout.checksumAt(out.position());
        crc.update(block.flip().duplicate());
        out.write(block);
        begun.add(new Begun(first, to, crc));
        return to;
    }

    /** Writes ids and descriptions of a block. */
    private void writeSide(BlockWriter out, ByteBuffer block, Begun of) {
        block.clear();
        for (int row = of.first(); row < of.end(); row++) {
            block.putLong(view.id(row));
        }
        int before = block.position();
        for (int row = of.first(); row < of.end(); row++) {
            describe(row, row - of.first(), block);
        }
        int descriptions = block.position() - before;
        of.crc().update(block.flip().duplicate());
        int checksum = (int) of.crc().getValue();
        blocks.add(new SegmentLayout.Block(out.position(), of.first(), of.end() - of.first(), descriptions, checksum));
        out.write(block);
    }

    private int blockEnd(int first, int end) {
        long bytes = 0;
        int row = first;
        while (row < end && (row == first || bytes < SegmentLayout.BLOCK_BYTES)) {
            long more = (long) stride + Long.BYTES + descriptionBytes(row);
            if (row > first && bytes + more > SegmentLayout.BLOCK_BYTES) {
                return row;
            }
            bytes += more;
            row++;
        }
        return row;
    }

    private int descriptionBytes(int row) {
        byte[] key = view.key(row);
        byte[] payload = view.payload(row);
        if ((key == null && payload == null) || !view.isLive(row)) {
            return 0;
        }
        int bytes = (key == null ? 0 : key.length) + (payload == null ? 0 : payload.length);
        if (bytes > ROW_BYTES_MAX - SegmentLayout.DESCRIPTION_BYTES) {
            throw new StorageException("row %d has a key and a payload of %d bytes".formatted(row, bytes));
        }
        return SegmentLayout.DESCRIPTION_BYTES + bytes;
    }

    private void describe(int row, int inBlock, ByteBuffer block) {
        if (descriptionBytes(row) == 0) {
            return;
        }
        byte[] key = view.key(row);
        byte[] payload = view.payload(row);
        block.putInt(inBlock).putInt(key == null ? 0 : key.length);
        block.putInt(payload == null ? SegmentLayout.NO_PAYLOAD : payload.length);
        if (key != null) {
            block.put(key);
        }
        if (payload != null) {
            block.put(payload);
        }
    }

    private ByteBuffer table() {
        ByteBuffer table = ByteBuffer.allocate(Math.multiplyExact(blocks.size(), SegmentLayout.ENTRY_BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        blocks.forEach(block -> block.encode(table));
        return table.flip();
    }
}
