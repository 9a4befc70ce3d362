package dev.kith.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Where the float rows of a collection are that lie in several pieces of memory: row r is in piece r / rowsPerChunk. It
 * is checked when it is made, so that one comparison a row is left for {@link Kernels#l2Gather}. Immutable.
 *
 * <p>The memory must stay mapped for as long as the table is used.
 */
public final class RowTable {
    private final long[] addresses;
    private final int shift;
    private final int mask;
    private final int length;
    private final int count;

    /**
     * @param chunks native memory, each with at least {@code rowsPerChunk} rows from its beginning
     * @param rowsPerChunk a power of two
     * @param length elements of a row with its padding
     * @throws IndexOutOfBoundsException when a chunk is too small
     */
    public RowTable(List<MemorySegment> chunks, int rowsPerChunk, int length) {
        if (Integer.bitCount(rowsPerChunk) != 1) {
            throw new IllegalArgumentException("rows of a chunk must be a power of two: " + rowsPerChunk);
        }
        Kernels.requirePadded(length);
        this.addresses = chunks.stream()
                .mapToLong(chunk -> RowMemory.address(chunk, 0, rowsPerChunk, (long) length * Float.BYTES))
                .toArray();
        this.shift = Integer.numberOfTrailingZeros(rowsPerChunk);
        this.mask = rowsPerChunk - 1;
        this.length = length;
        this.count = Math.toIntExact(Math.min(Integer.MAX_VALUE, (long) chunks.size() * rowsPerChunk));
    }

    /** Rows that there is memory for: the numbers below it may be asked for. */
    public int count() {
        return count;
    }

    /** Elements of a row with its padding. */
    public int length() {
        return length;
    }

    /** The absolute address of a row; the one place where a row number becomes one. */
    long address(int row) {
        if (row < 0 || row >= count) {
            throw new IndexOutOfBoundsException("row " + row + " of " + count);
        }
        return addresses[row >>> shift] + (long) (row & mask) * length * Float.BYTES;
    }

    /** Copies a row with its padding to the beginning of {@code into}. */
    public void copy(int row, float[] into) {
        MemorySegment.copy(RowMemory.ALL, java.lang.foreign.ValueLayout.JAVA_FLOAT, address(row), into, 0, length);
    }
}
