package dev.kith.engine.rows;

import dev.kith.kernel.RowTable;
import dev.kith.vectors.Put;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a collection as they were after one mutation. To be used only between {@link #acquire} and
 * {@link #release}; then safe on any thread, whatever the writer does meanwhile.
 */
public final class RowView {
    private final Rows rows;
    private final Extent extent;
    private final @Nullable IdMap ids;
    private final KeyTree.Picture keys;
    private final int chunkShift;
    private final int slotMask;
    private volatile long @Nullable [] orderedIds;

    /**
     * What of the rows belongs to the picture.
     *
     * @param count rows, live or ended
     * @param live points
     * @param sequence of the last mutation that the picture shows
     */
    record Extent(Chunk[] chunks, int count, long live, long sequence) {}

    RowView(Rows rows, Extent extent, @Nullable IdMap ids, KeyTree.Picture keys) {
        this.rows = rows;
        this.extent = extent;
        this.ids = ids;
        this.keys = keys;
        this.slotMask = rows.layout().rowsPerChunk() - 1;
        this.chunkShift = Integer.numberOfTrailingZeros(rows.layout().rowsPerChunk());
    }

    /** Takes part in the picture; false when it was retired, and a newer one is to be had. */
    public boolean acquire() {
        return rows.acquire();
    }

    public void release() {
        rows.release();
    }

    /** Whether some vectors are mapped from files, since there was no memory for them. */
    public boolean isMapped() {
        return rows.isMapped();
    }

    /** Whether both are pictures of the same epoch: then a row number means the same row in both. */
    public boolean isOfSameRows(RowView other) {
        return rows.equals(other.rows);
    }

    Rows rows() {
        return rows;
    }

    public RowLayout layout() {
        return rows.layout();
    }

    /** Rows to scan, the ended ones included. */
    public int rowCount() {
        return extent.count();
    }

    /** Live points. */
    public long live() {
        return extent.live();
    }

    public long sequence() {
        return extent.sequence();
    }

    /** The memory of the chunk that holds {@code row}. */
    public MemorySegment memory(int row) {
        return extent.chunks()[row >>> chunkShift].memory();
    }

    /** Where all rows are that there is memory for, newer ones than those of the picture too; float rows only. */
    public RowTable table() {
        return rows.table(extent.chunks());
    }

    /** The byte offset of {@code row} in its chunk's memory. */
    public long offset(int row) {
        return (long) (row & slotMask) * layout().strideBytes();
    }

    /** The first row of the next chunk after {@code row}, or the row count. */
    public int chunkEnd(int row) {
        return (int) Math.min(extent.count(), (long) (row | slotMask) + 1);
    }

    /** Appends the vector of {@code row}, without padding. */
    public void copyVector(int row, ByteBuffer into) {
        copyRow(row, layout().vectorBytes(), into);
    }

    /** Appends the first {@code bytes} of {@code row} with its padding. */
    public void copyRow(int row, int bytes, ByteBuffer into) {
        MemorySegment.copy(memory(row), offset(row), MemorySegment.ofBuffer(into), 0, bytes);
        into.position(into.position() + bytes);
    }

    public long id(int row) {
        return extent.chunks()[row >>> chunkShift].id(row & slotMask);
    }

    /** The squared norm of a float row. */
    public float norm(int row) {
        return extent.chunks()[row >>> chunkShift].norm(row & slotMask);
    }

    /** The key of {@code row}, which is not to be changed, or null where it has none. */
    public byte @Nullable [] key(int row) {
        return extent.chunks()[row >>> chunkShift].key(row & slotMask);
    }

    /** The encoded payload of {@code row}, or null where it has none. */
    public byte @Nullable [] payload(int row) {
        return extent.chunks()[row >>> chunkShift].payload(row & slotMask);
    }

    /** True while no row of the picture has ended: then none has to be asked. */
    public boolean allLive() {
        return extent.live() == extent.count();
    }

    /** {@code row} is one of the picture. */
    public boolean isLive(int row) {
        Chunk chunk = extent.chunks()[row >>> chunkShift];
        if (!chunk.mayHaveEnded(row & slotMask)) {
            return true;
        }
        long ended = chunk.deletedAt(row & slotMask);
        return ended == 0 || ended > extent.sequence();
    }

    /** The live row of {@code id}, or −1. */
    public int rowOf(long id) {
        if (ids == null) {
            boolean known = id >= 0 && id < extent.count();
            return known && isLive((int) id) ? (int) id : -1;
        }
        int row = id < 0 ? -1 : ids.row(id);
        while (row >= extent.count()) {
            row = rows.previous(row);
        }
        return row >= 0 && isLive(row) ? row : -1;
    }

    /** The live row of {@code key}, or −1. */
    public int rowOf(Put.Key key) {
        return keys.row(key.bytes());
    }

    /** The first live rows that have keys, in the order of these, at most {@code limit} after one or from the first. */
    public int[] rowsByKey(Optional<Put.Key> after, int limit) {
        return keys.rows(after.map(Put.Key::bytes).orElse(null), limit);
    }

    /**
     * The live row that has a vector, or −1; of rows that are found by their vectors. The map of vectors is that of
     * now: where one has ended since the picture was made, what the map lacks is looked for row by row.
     */
    public int rowOf(VectorBits vector) {
        int newest = rows.newestRow(vector);
        if (newest < extent.count()) {
            return newest >= 0 && isLive(newest) ? newest : -1;
        }
        int older = newest;
        while (older >= extent.count()) {
            older = rows.previous(older);
        }
        if (older >= 0 && isLive(older) && has(older, vector)) {
            return older;
        }
        // The newer row may be of another point than the one that had the vector, if that was ended meanwhile.
        if (rows.vectorsEndedAfter(extent.sequence())) {
            for (int row = extent.count() - 1; row >= 0; row--) {
                if (has(row, vector) && isLive(row)) {
                    return row;
                }
            }
        }
        return -1;
    }

    private boolean has(int row, VectorBits vector) {
        long length = vector.bytes().byteSize();
        return MemorySegment.mismatch(memory(row), offset(row), offset(row) + length, vector.bytes(), 0, length) == -1;
    }

    /**
     * The live ids in ascending order. Made on first use, once a picture: in row order where ids only ever grew, else
     * sorted; n log n for n points.
     */
    public long[] orderedIds() {
        long[] known = orderedIds;
        if (known != null) {
            return known;
        }
        long[] found = new long[Math.toIntExact(extent.live())];
        int count = 0;
        boolean ascending = true;
        for (int row = 0; row < extent.count(); row++) {
            if (isLive(row)) {
                found[count] = id(row);
                ascending &= count == 0 || found[count - 1] < found[count];
                count++;
            }
        }
        if (!ascending) {
            Arrays.sort(found);
        }
        orderedIds = found;
        return found;
    }

    /** The id of the n-th live point in id order, without a list where every row is live and its own id. */
    public long idAt(long n) {
        return ids == null && allLive() ? n : orderedIds()[Math.toIntExact(n)];
    }
}
