package dev.kith.engine.segment;

import dev.kith.engine.rows.RowLayout;
import dev.kith.engine.rows.RowsLoader;
import dev.kith.storage.Damage;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.StorageFile;
import dev.kith.vectors.Limits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * A segment file that is read: its head and table are checked when it is opened, each block when it is read. Any thread
 * may read blocks, with buffers of its own. Whatever is not as it was written is a {@link DamageException}.
 */
final class SegmentReader implements AutoCloseable {
    private final StorageFile file;
    private final String path;
    private final RowLayout layout;
    private final SegmentRef ref;
    private final int stride;
    /** Whether each block begins with its vectors, as in version 1; else all vectors are before the blocks. */
    private final boolean interleaved;

    private final List<SegmentLayout.Block> blocks;

    /** What a file should be. */
    private record Wanted(SegmentRef ref, long epoch, RowLayout layout) {}

    private SegmentReader(FileHead.Place place, Wanted wanted, StorageFile file) {
        this.file = file;
        this.ref = wanted.ref();
        this.layout = wanted.layout();
        this.path = place.path(Names.SEGMENT.of(ref.file().number()));
        ByteBuffer head = FileHead.read(place, SegmentLayout.KIND, ref.file(), file);
        this.interleaved = FileHead.version(head) == 1;
        this.stride = interleaved ? layout.vectorBytes() : head.getInt(SegmentLayout.STRIDE_AT);
        this.blocks = table(head, wanted.epoch());
    }

    static SegmentReader open(FileHead.Place place, SegmentRef ref, long epoch, RowLayout layout) {
        String name = Names.SEGMENT.of(ref.file().number());
        if (!place.folder().names().contains(name)) {
            throw new DamageException(new Damage(place.path(name), 0, "expected the checkpoint's segment, found none"));
        }
        StorageFile file = place.folder().open(name, Directory.Mode.READ);
        try {
            return new SegmentReader(place, new Wanted(ref, epoch, layout), file);
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private List<SegmentLayout.Block> table(ByteBuffer head, long epoch) {
        boolean same = head.getLong(SegmentLayout.EPOCH_AT) == epoch
                && head.getInt(SegmentLayout.FIRST_AT) == ref.first()
                && head.getInt(SegmentLayout.ROWS_AT) == ref.count()
                && head.getInt(SegmentLayout.DIMENSION_AT) == layout.dimension()
                && head.get(SegmentLayout.ELEMENT_AT) == SegmentLayout.element(layout)
                && (stride == layout.vectorBytes() || stride == layout.strideBytes());
        if (!same) {
            throw new DamageException(new Damage(path, 0, "expected other rows, " + ref));
        }
        long at = head.getLong(SegmentLayout.TABLE_AT);
        int count = head.getInt(SegmentLayout.BLOCKS_AT);
        long bytes = (long) count * SegmentLayout.ENTRY_BYTES;
        long first = FileHead.BYTES + (long) stride * ref.count();
        if (count < 1 || at < first || at + bytes != file.size() || bytes > Integer.MAX_VALUE) {
            throw new DamageException(new Damage(path, SegmentLayout.TABLE_AT, "no place for a table of blocks"));
        }
        ByteBuffer table = new Table(at, (int) bytes, head.getInt(SegmentLayout.TABLE_CHECKSUM_AT))
                .read(file)
                .orElseThrow(() ->
                        new DamageException(new Damage(path, at, "expected the table of blocks, found other bytes")));
        return IntStream.range(0, count)
                .mapToObj(i -> SegmentLayout.Block.decode(table))
                .toList();
    }

    /** Offers the vectors to a loader that need not copy them, where they lie as in memory. */
    void offer(RowsLoader loader) {
        if (!interleaved && stride == layout.strideBytes()) {
            loader.offer(
                    ref.first(), ref.end(), (offset, bytes, arena) -> file.map(FileHead.BYTES + offset, bytes, arena));
        }
    }

    private long vectorsAt(SegmentLayout.Block block) {
        return interleaved ? block.position() : FileHead.BYTES + (long) (block.first() - ref.first()) * stride;
    }

    private long sideAt(SegmentLayout.Block block) {
        return interleaved ? block.position() + (long) block.rows() * stride : block.position();
    }

    int blocks() {
        return blocks.size();
    }

    /** Reads all blocks and gives their content to nobody. */
    void verify(Runnable pulse) {
        try (Arena arena = Arena.ofConfined()) {
            ByteBuffer scratch = arena.allocate(SegmentLayout.BLOCK_BYTES).asByteBuffer();
            for (SegmentLayout.Block block : blocks) {
                pulse.run();
                CRC32C crc = SegmentLayout.checksumAt(vectorsAt(block));
                skim(block, new Extent(vectorsAt(block), (long) block.rows() * stride), scratch, crc);
                skim(block, new Extent(sideAt(block), block.sideBytes()), scratch, crc);
                require(block, crc);
            }
        }
    }

    /** A part of the file. */
    private record Extent(long from, long bytes) {}

    /** Reads for the checksum alone. */
    private void skim(SegmentLayout.Block block, Extent extent, ByteBuffer scratch, CRC32C crc) {
        long end = extent.from() + extent.bytes();
        for (long at = extent.from(); at < end; at += scratch.limit()) {
            scratch.clear().limit((int) Math.min(scratch.capacity(), end - at));
            read(block, scratch, at, crc);
        }
    }

    /**
     * Loads a block to where its rows stay; vectors that stay in the file are looked at only.
     *
     * @param scratch direct, of {@link SegmentLayout#BLOCK_BYTES}
     */
    void load(int at, RowsLoader loader, ByteBuffer scratch) {
        SegmentLayout.Block block = blocks.get(at);
        CRC32C crc = SegmentLayout.checksumAt(vectorsAt(block));
        int end = block.first() + block.rows();
        long from = vectorsAt(block);
        for (int row = block.first(); row < end; ) {
            int run = loader.run(row, end - row);
            if (loader.isMapped(row)) {
                skim(block, new Extent(from, (long) run * stride), scratch, crc);
            } else if (stride == layout.strideBytes()) {
                read(block, loader.vectors(row, run).asByteBuffer(), from, crc);
            } else {
                run = Math.clamp(scratch.capacity() / stride, 1, run);
                ByteBuffer vectors = scratch.clear().limit(run * stride);
                read(block, vectors, from, crc);
                loader.fill(row, run, MemorySegment.ofBuffer(vectors.flip()));
            }
            from += (long) run * stride;
            row += run;
        }
        from = sideAt(block);
        for (int row = block.first(); row < end; ) {
            int run = loader.run(row, end - row);
            read(block, loader.ids(row, run).asByteBuffer(), from, crc);
            if (!loader.checkIds(row, run)) {
                throw new DamageException(new Damage(path, from, "expected ids, found numbers out of range"));
            }
            from += (long) run * Long.BYTES;
            row += run;
        }
        ByteBuffer descriptions = ByteBuffer.allocate(block.descriptions()).order(ByteOrder.LITTLE_ENDIAN);
        read(block, descriptions, from, crc);
        require(block, crc);
        describe(block, descriptions.flip(), loader);
    }

    private void read(SegmentLayout.Block block, ByteBuffer into, long at, CRC32C crc) {
        int wanted = into.remaining();
        if (file.read(into, at) < wanted) {
            throw damaged(block, "the file ends within it");
        }
        crc.update(into.duplicate().flip());
    }

    private void require(SegmentLayout.Block block, CRC32C crc) {
        if ((int) crc.getValue() != block.checksum()) {
            throw damaged(block, "its checksum is another");
        }
    }

    private DamageException damaged(SegmentLayout.Block block, String found) {
        String text = "expected the block of rows %d to %d as it was written: %s"
                .formatted(block.first(), block.first() + block.rows() - 1, found);
        return new DamageException(new Damage(path, block.position(), text));
    }

    private void describe(SegmentLayout.Block block, ByteBuffer from, RowsLoader loader) {
        while (from.remaining() >= SegmentLayout.DESCRIPTION_BYTES) {
            int row = from.getInt();
            int keyBytes = from.getInt();
            int payloadBytes = from.getInt();
            long needed = (long) keyBytes + Math.max(0, payloadBytes);
            boolean sound = row >= 0 && row < block.rows() && keyBytes >= 0 && keyBytes <= Limits.KEY_BYTES_MAX;
            if (!sound || payloadBytes < SegmentLayout.NO_PAYLOAD || needed > from.remaining()) {
                throw damaged(block, "a description makes no sense");
            }
            if (keyBytes > 0) {
                loader.key(block.first() + row, bytes(from, keyBytes));
            }
            if (payloadBytes >= 0) {
                loader.payload(block.first() + row, bytes(from, payloadBytes));
            }
        }
    }

    private static byte[] bytes(ByteBuffer from, int count) {
        byte[] bytes = new byte[count];
        from.get(bytes);
        return bytes;
    }

    @Override
    public void close() {
        file.close();
    }
}
