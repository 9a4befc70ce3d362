package dev.kith.engine.rows;

import dev.kith.kernel.RowTable;
import dev.kith.vectors.Put;
import dev.kith.vectors.Rejection;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * All rows of one epoch of a collection. A row is never overwritten: an update writes a new row and marks the older one
 * with the sequence of the mutation that ended it.
 *
 * <p>Writing goes in two steps, for live writes and for replay alike: rows are <em>staged</em> behind the visible ones
 * while their mutation is on its way to the disk, and <em>linked</em> to their ids once it is durable. Rows that were
 * staged in vain are forgotten and their slots used again.
 *
 * <p>Threads: one writer at a time. Readers hold a {@link RowView} between {@link #acquire} and {@link #release}; the
 * memory goes when the owner and all readers have let go.
 */
public final class Rows {
    /** Rows of one collection: a row number is an {@code int}, and the last values stay free. */
    private static final int ROWS_MAX = Integer.MAX_VALUE - (1 << 20);
    /** Heap of a key beside its bytes: the array's header and padding, a share of the tree and of its last picture. */
    private static final int KEY_BYTES = 40;
    /** Heap of a payload beside its bytes: the array's header and padding. */
    private static final int PAYLOAD_BYTES = 24;
    /** Heap that a chunk with keys and payloads has for the references to them, a row: two of them, compressed. */
    private static final int REFERENCES_BYTES = 8;

    private final RowLayout layout;
    private final MemoryBudget budget;
    private final int chunkShift;
    private final AtomicInteger references = new AtomicInteger(1);
    private final KeyTree keys = new KeyTree(this::keyOf);
    /** Only ever grows; volatile for readers that follow a newer row back to the one they may see. */
    private volatile Chunk[] chunks = new Chunk[0];

    /** What of the first chunks is not in memory; set before there are any. */
    private MappedVectors mapped = MappedVectors.NONE;

    /** Made of the chunks when it is first asked for after they grew. */
    private volatile @Nullable RowTable table;

    /** The last mutation that ended what vectors find: views of before it may miss some by the map. */
    private volatile long vectorsEndedAt;

    private int linked;
    private int staged;
    /** Rows that were ever staged: beyond them all is zero still. */
    private int touched;

    private long live;
    private int rowsReserved;
    private Heap heapReserved = new Heap(0, 0, 0);
    /** Heap of the keys and payloads of all rows, and of the staged ones among them. */
    private long describedBytes;

    private long describedStagedBytes;
    /** Null while every row's id is its own number, as in a collection that only ever appended. */
    private @Nullable IdMap ids;

    /** Null where rows are not found by their vectors. */
    private final @Nullable VectorMap byVector;

    /**
     * Bytes of heap beside the chunks.
     *
     * @param maps of ids and of vectors
     * @param described keys and payloads
     * @param references of the chunks to those
     */
    private record Heap(long maps, long described, long references) {
        long bytes() {
            return maps + described + references;
        }
    }

    public Rows(RowLayout layout, MemoryBudget budget) {
        this.layout = layout;
        this.budget = budget;
        this.chunkShift = Integer.numberOfTrailingZeros(layout.rowsPerChunk());
        this.byVector = layout.keyed() ? new VectorMap(0) : null;
    }

    public RowLayout layout() {
        return layout;
    }

    /** Bytes of heap that a key and a payload take, about. */
    public static long describedBytes(byte @Nullable [] key, byte @Nullable [] payload) {
        return (key == null ? 0L : KEY_BYTES + key.length) + (payload == null ? 0L : PAYLOAD_BYTES + payload.length);
    }

    /**
     * Makes room for {@code count} rows beyond the staged ones, or refuses. All that linking them needs is allocated
     * here, so that nothing can fail for want of memory once their mutation is durable.
     *
     * @param idOf the id of each, by its number from 0 on
     * @param described the sum of their {@link #describedBytes(byte[], byte[])}
     */
    public void reserve(int count, IntToLongFunction idOf, long described) {
        long needed = (long) linked + staged + count;
        if (needed > ROWS_MAX) {
            throw new Rejection(Rejection.Code.EXHAUSTED, "A collection holds at most " + ROWS_MAX + " rows");
        }
        int rowsMore = (int) Math.max(0, needed - rowsReserved);
        int chunksNeeded = (int) ((needed + layout.rowsPerChunk() - 1) >>> chunkShift);
        long idsNeeded = needsMap(count, idOf) ? (ids == null ? linked : ids.count()) + (long) staged + count : 0;
        Heap heap = heapFor(idsNeeded, describedBytes + described, needed);
        long nativeMore = nativeBytes(rowsReserved + rowsMore) - nativeBytes(rowsReserved);
        long heapMore = heap.bytes() - heapReserved.bytes();
        if (nativeMore == 0 && heapMore == 0) {
            return;
        }
        budget.reserve(nativeMore, heapMore);
        try {
            allocate(chunksNeeded, (int) idsNeeded);
            makeRoomForVectors(needed);
        } catch (OutOfMemoryError e) {
            budget.release(nativeMore, heapMore);
            throw new Rejection(
                    Rejection.Code.EXHAUSTED,
                    "Out of memory: %d bytes and %d bytes of heap were not to be had".formatted(nativeMore, heapMore));
        }
        rowsReserved += rowsMore;
        heapReserved = heap;
    }

    /** Bytes that the first so many rows take, 0 or all that are mapped among them. */
    private long nativeBytes(int count) {
        return count * layout.residentBytes() - (count == 0 ? 0 : mapped.bytes());
    }

    /** Gets vectors of the first chunks that are not to be in memory, before there are any rows. */
    MappedVectors mapped() {
        if (mapped == MappedVectors.NONE) {
            mapped = MappedVectors.begin();
        }
        return mapped;
    }

    /** Whether some vectors are mapped from files. */
    boolean isMapped() {
        return mapped.bytes() > 0;
    }

    /** Whether the next {@code count} rows have other ids than their own numbers, or any rows before them had. */
    private boolean needsMap(int count, IntToLongFunction idOf) {
        int first = linked + staged;
        int i = 0;
        while (ids == null && i < count) {
            if (idOf.applyAsLong(i) != first + i) {
                return true;
            }
            i++;
        }
        return ids != null;
    }

    /** @param rowsNeeded as many vectors are new, at most */
    private Heap heapFor(long idsNeeded, long described, long rowsNeeded) {
        long maps = (idsNeeded == 0 ? 0 : IdMap.bytesFor(idsNeeded))
                + (byVector == null ? 0 : VectorMap.bytesFor(rowsNeeded));
        long describedRows = Math.ceilDiv(rowsNeeded, layout.rowsPerChunk()) * layout.rowsPerChunk();
        long references = described == 0 ? 0 : describedRows * REFERENCES_BYTES;
        return new Heap(
                Math.max(maps, heapReserved.maps()),
                Math.max(described, heapReserved.described()),
                Math.max(references, heapReserved.references()));
    }

    /** @param idsNeeded ids that the map must have room for; 0 where no map is needed */
    private void allocate(int chunksNeeded, int idsNeeded) {
        Chunk[] grown = Arrays.copyOf(chunks, Math.max(chunks.length, chunksNeeded));
        int made = chunks.length;
        try {
            for (; made < grown.length; made++) {
                grown[made] = new Chunk(layout, made > 0, mapped.chunk(made));
            }
            if (idsNeeded > 0) {
                ids = mapFor(idsNeeded);
            }
        } catch (OutOfMemoryError e) {
            while (made > chunks.length) {
                made--;
                grown[made].free();
            }
            throw e;
        }
        chunks = grown;
    }

    private void makeRoomForVectors(long rowsNeeded) {
        if (byVector != null) {
            byVector.makeRoom((int) rowsNeeded);
        }
    }

    private IdMap mapFor(int idsNeeded) {
        if (ids != null) {
            ids.makeRoom(idsNeeded);
            return ids;
        }
        IdMap map = new IdMap(idsNeeded);
        for (int row = 0; row < linked; row++) {
            map.put(row, row);
        }
        return map;
    }

    /**
     * Copies vectors behind the staged rows, for which room was reserved.
     *
     * @param source {@code count} vectors without padding, one after the other
     * @return the first of their row numbers, which follow one another
     */
    public int stage(MemorySegment source, int count) {
        int first = linked + staged;
        int end = first + count;
        for (int row = first; row < Math.min(end, touched); row++) {
            chunks[row >>> chunkShift].clear(slot(row));
        }
        for (int row = first; row < end; ) {
            int run = Math.min(end - row, layout.rowsPerChunk() - slot(row));
            chunks[row >>> chunkShift].fill(
                    slot(row), run, source.asSlice((row - first) * (long) layout.vectorBytes()));
            row += run;
        }
        staged += count;
        touched = Math.max(touched, end);
        return first;
    }

    /** Says whose a staged row is. */
    public void describe(int row, long id, byte @Nullable [] key, byte @Nullable [] payload) {
        Chunk chunk = chunks[row >>> chunkShift];
        chunk.id(slot(row), id);
        chunk.describe(slot(row), key, payload);
        long bytes = describedBytes(key, payload);
        describedBytes += bytes;
        describedStagedBytes += bytes;
    }

    /** Forgets all staged rows. */
    public void abandon() {
        staged = 0;
        describedBytes -= describedStagedBytes;
        describedStagedBytes = 0;
    }

    /**
     * Makes the next {@code count} staged rows the newest of their ids.
     *
     * @return those whose ids had a live row before, counted from the first of them on
     */
    public BitSet link(int count, long sequence) {
        BitSet replaced = new BitSet();
        for (int i = 0; i < count; i++) {
            if (linkOne(linked, sequence)) {
                replaced.set(i);
            }
            linked++;
            staged--;
        }
        return replaced;
    }

    private boolean linkOne(int row, long sequence) {
        Chunk chunk = chunks[row >>> chunkShift];
        long id = chunk.id(slot(row));
        if (ids == null && id != row) {
            throw new IllegalStateException("row %d got id %d, for which no room was made".formatted(row, id));
        }
        int older = ids == null ? -1 : newestRow(id);
        boolean replaces = older >= 0 && end(older, sequence);
        chunk.previous(slot(row), older);
        if (ids != null) {
            ids.put(id, row);
        }
        if (byVector != null) {
            linkVector(byVector, row, sequence);
        }
        byte[] key = chunk.key(slot(row));
        describedStagedBytes -= describedBytes(key, chunk.payload(slot(row)));
        if (key != null) {
            var _ = keys.put(key, row);
        }
        live++;
        return replaces;
    }

    private void linkVector(VectorMap map, int row, long sequence) {
        VectorBits own = vectorOf(row);
        int older = chunk(row).previous(slot(row));
        if (older >= 0 && !hasVector(older, own.bytes())) {
            vectorsEndedAt = sequence; // A point got another vector; to find it by the old one is over.
        }
        map.put(own.hash(), row, other -> hasVector(other, own.bytes()));
    }

    private VectorBits vectorOf(int row) {
        MemorySegment own = chunk(row).memory().asSlice((long) slot(row) * layout.strideBytes(), layout.vectorBytes());
        return new VectorBits(own, VectorBits.hash(own, 0, own.byteSize()));
    }

    private boolean hasVector(int row, MemorySegment bytes) {
        long from = (long) slot(row) * layout.strideBytes();
        MemorySegment memory = chunk(row).memory();
        return MemorySegment.mismatch(memory, from, from + bytes.byteSize(), bytes, 0, bytes.byteSize()) == -1;
    }

    /** Ends the live row of {@code id}; false where there is none. */
    public boolean delete(long id, long sequence) {
        int row = newestRow(id);
        if (row < 0 || !end(row, sequence)) {
            return false;
        }
        byte[] key = chunks[row >>> chunkShift].key(slot(row));
        if (byVector != null) {
            vectorsEndedAt = sequence;
        }
        if (key != null) {
            keys.remove(key, row); // While rows are copied, a newer point may have the key already.
        }
        return true;
    }

    /** Whether vectors ended after a view was made that has looked one up in vain. */
    boolean vectorsEndedAfter(long sequence) {
        return vectorsEndedAt > sequence;
    }

    private boolean end(int row, long sequence) {
        Chunk chunk = chunks[row >>> chunkShift];
        if (chunk.deletedAt(slot(row)) != 0) {
            return false;
        }
        chunk.deletedAt(slot(row), sequence);
        live--;
        return true;
    }

    private int newestRow(long id) {
        if (ids != null) {
            return ids.row(id);
        }
        return id >= 0 && id < linked ? (int) id : -1;
    }

    /** The id that a key has now; writer only, since it looks at what is not published yet. */
    public Optional<Long> idOf(Put.Key key) {
        int row = keys.row(key.bytes());
        return row < 0 ? Optional.empty() : Optional.of(chunk(row).id(slot(row)));
    }

    private byte[] keyOf(int row) {
        return java.util.Objects.requireNonNull(chunk(row).key(slot(row)));
    }

    /** The id of the point that has a vector now; writer only. */
    public Optional<Long> idOf(VectorBits vector) {
        int row = newestRow(vector);
        return row >= 0 && chunk(row).deletedAt(slot(row)) == 0
                ? Optional.of(chunk(row).id(slot(row)))
                : Optional.empty();
    }

    /** The newest row, published or not, live or not, that has a vector; −1 where none has. */
    int newestRow(VectorBits vector) {
        return byVector == null ? -1 : byVector.row(vector.hash(), row -> hasVector(row, vector.bytes()));
    }

    /** The picture after {@code sequence}, for readers that acquire it. */
    public RowView view(long sequence) {
        return new RowView(this, new RowView.Extent(chunks, linked, live, sequence), ids, keys.picture());
    }

    /** Live points, published or not; writer only. */
    public long live() {
        return live;
    }

    /** Resident bytes of rows, with their keys and payloads, and maps; as many of the budget are taken. */
    public long bytes() {
        return nativeBytes(rowsReserved) + heapReserved.bytes();
    }

    /** Takes part in the rows; false once they are gone. */
    boolean acquire() {
        int held = references.get();
        while (held > 0) {
            int seen = references.compareAndExchange(held, held + 1);
            if (seen == held) {
                return true;
            }
            held = seen;
        }
        return false;
    }

    /** Lets go; the last one to do so frees the memory. The owner calls it once, in place of a view. */
    public void release() {
        if (references.decrementAndGet() == 0) {
            for (Chunk chunk : chunks) {
                chunk.free();
            }
            mapped.close();
            budget.release(nativeBytes(rowsReserved), heapReserved.bytes());
        }
    }

    /** Where the float rows of {@code extent} are. */
    RowTable table(Chunk[] extent) {
        RowTable known = table;
        if (known == null || known.count() != (long) extent.length * layout.rowsPerChunk()) {
            List<MemorySegment> memory =
                    Arrays.stream(extent).map(Chunk::memory).toList();
            known = new RowTable(memory, layout.rowsPerChunk(), layout.paddedDimension());
            table = known;
        }
        return known;
    }

    /** A bit a row of 64 that may have ended, published or not. */
    long endedWord(int word) {
        int row = word << 6;
        return chunk(row).endedWord(slot(row));
    }

    Chunk chunk(int row) {
        return chunks[row >>> chunkShift];
    }

    /** Takes rows whose vectors, ids, keys and payloads were put where they belong. */
    void adopt(int count, boolean idsAreRows) {
        linked = count;
        touched = Math.max(touched, count);
        live = count;
        if (!idsAreRows) {
            takeHeap(heapFor(count, describedBytes, count));
            ids = new IdMap(count);
            for (int row = 0; row < count; row++) {
                ids.put(chunk(row).id(slot(row)), row);
            }
        }
    }

    /** Counts a key or a payload that an adopted row gets, or refuses. */
    void adoptDescribed(long bytes) {
        describedBytes += bytes;
        takeHeap(heapFor(0, describedBytes, rowsReserved));
    }

    private void takeHeap(Heap heap) {
        budget.reserve(0, heap.bytes() - heapReserved.bytes());
        heapReserved = heap;
    }

    /** Ends an adopted row. */
    void adoptEnded(int row, long sequence) {
        var _ = end(row, sequence);
    }

    /** Makes the map of keys, or of vectors, of all live adopted rows. */
    void adoptKeys() {
        for (int row = 0; byVector != null && row < linked; row++) {
            if (chunk(row).deletedAt(slot(row)) == 0) {
                linkVector(byVector, row, 0);
            }
        }
        for (int row = 0; row < linked; row++) {
            Chunk chunk = chunk(row);
            if (!chunk.hasKeys()) {
                row |= layout.rowsPerChunk() - 1;
                continue;
            }
            byte[] key = chunk.key(slot(row));
            if (key != null && chunk.deletedAt(slot(row)) == 0) {
                var _ = keys.put(key, row);
            }
        }
    }

    /** The row that held the id of {@code row} before it, or −1; {@code row} may be newer than the reader's view. */
    int previous(int row) {
        return chunks[row >>> chunkShift].previous(slot(row));
    }

    private int slot(int row) {
        return row & (layout.rowsPerChunk() - 1);
    }
}
