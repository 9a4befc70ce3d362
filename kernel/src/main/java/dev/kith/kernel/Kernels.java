package dev.kith.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Scores of queries against rows, in vector instructions where the machine has them.
 *
 * <p><b>Rows</b> lie back to back in native memory. A float row has {@code length} elements in native byte order, where
 * {@code length} is the dimension rounded up to a multiple of {@link #FLOATS_PADDED_TO} and the padding is zero; it
 * should begin at a multiple of 64 bytes (a cache line), which is faster but not required. Queries are padded with
 * zeros in the same way. A bit row has {@code words} little-endian 64-bit words without padding between rows.
 *
 * <p><b>Scores</b> are floats and greater is closer. The score of one query and one row is the same bits whichever
 * method computed it (alone, in a scan or in a tile), whatever stood beside it, and on either implementation: element
 * i goes to partial sum i mod 16 in ascending order by fused multiply-add, and the 16 partial sums are then folded in
 * halves (16 onto 8, 4, 2, 1). Sixteen because a row is a multiple of that, so no kernel needs a tail, and because it
 * is two registers of 8 lanes, enough independent chains to keep up with memory. L2 sums squared differences, so a row
 * is at distance exactly 0 from itself.
 *
 * <p>Ranges are checked once per call. The memory behind {@code rows} must stay mapped for the length of the call: it
 * is read by absolute address. Instances hold no state; use them from any thread.
 */
public final class Kernels {
    /** Float rows and queries are padded with zeros to a multiple of this many elements: 64 bytes, one cache line. */
    public static final int FLOATS_PADDED_TO = ScalarKernels.PARTIALS;

    private static final Kernels SCALAR = new Kernels(false);
    private static final Kernels ACTIVE = vectorModulePresent() ? new Kernels(true) : SCALAR;

    private final boolean simd;

    private Kernels(boolean simd) {
        this.simd = simd;
    }

    /** The fastest kernels that this virtual machine can run: SIMD if it was started with the vector module. */
    public static Kernels active() {
        return ACTIVE;
    }

    /** The plain loops, which need nothing but the base module. */
    public static Kernels scalar() {
        return SCALAR;
    }

    /** What runs, for a log line or a metric: {@code scalar}, or {@code simd-} and bits of the widest register used. */
    public String name() {
        return simd ? "simd-" + SimdKernels.registerBits() : "scalar";
    }

    /** {@code dimension} rounded up to a whole number of {@link #FLOATS_PADDED_TO}; {@code dimension} is positive. */
    public static int paddedLength(int dimension) {
        return Math.multiplyExact(Math.ceilDiv(dimension, FLOATS_PADDED_TO), FLOATS_PADDED_TO);
    }

    /**
     * Sets {@code out[outOffset + i]} to −‖q − xᵢ‖² for the {@code count} rows that begin at byte {@code offset}.
     *
     * @param query elements {@code queryOffset} to {@code queryOffset + length} are q
     */
    public void l2(
            float[] query,
            int queryOffset,
            MemorySegment rows,
            long offset,
            int count,
            int length,
            float[] out,
            int outOffset) {
        long address = floatRows(rows, offset, count, length);
        Objects.checkFromIndexSize(queryOffset, length, query.length);
        Objects.checkFromIndexSize(outOffset, count, out.length);
        if (simd) {
            SimdScans.l2(query, queryOffset, address, count, length, out, outOffset);
        } else {
            ScalarKernels.l2(query, queryOffset, address, count, length, out, outOffset);
        }
    }

    /** Sets {@code out[outOffset + i]} to q · xᵢ; for the rest see {@link #l2}. */
    public void dot(
            float[] query,
            int queryOffset,
            MemorySegment rows,
            long offset,
            int count,
            int length,
            float[] out,
            int outOffset) {
        long address = floatRows(rows, offset, count, length);
        Objects.checkFromIndexSize(queryOffset, length, query.length);
        Objects.checkFromIndexSize(outOffset, count, out.length);
        if (simd) {
            SimdScans.dot(query, queryOffset, address, count, length, out, outOffset);
        } else {
            ScalarKernels.dot(query, queryOffset, address, count, length, out, outOffset);
        }
    }

    /**
     * Sets {@code out[q × rowCount + r]} to −‖q − x‖² for each of {@code queryCount} queries and {@code rowCount} rows.
     *
     * @param queries {@code float[queryCount × length]}, row-major, each query padded with zeros
     * @param out at least {@code float[queryCount × rowCount]}, row-major
     */
    public void l2Tile(
            float[] queries, int queryCount, MemorySegment rows, long offset, int rowCount, int length, float[] out) {
        long address = floatRows(rows, offset, rowCount, length);
        Objects.checkFromIndexSize(0, Math.multiplyExact(queryCount, length), queries.length);
        Objects.checkFromIndexSize(0, Math.multiplyExact(queryCount, rowCount), out.length);
        if (simd) {
            SimdTiles.l2(queries, queryCount, address, rowCount, length, out);
            return;
        }
        for (int q = 0; q < queryCount; q++) {
            ScalarKernels.l2(queries, q * length, address, rowCount, length, out, q * rowCount);
        }
    }

    /** Sets {@code out[q × rowCount + r]} to q · x; for the rest see {@link #l2Tile}. */
    public void dotTile(
            float[] queries, int queryCount, MemorySegment rows, long offset, int rowCount, int length, float[] out) {
        long address = floatRows(rows, offset, rowCount, length);
        Objects.checkFromIndexSize(0, Math.multiplyExact(queryCount, length), queries.length);
        Objects.checkFromIndexSize(0, Math.multiplyExact(queryCount, rowCount), out.length);
        if (simd) {
            SimdTiles.dot(queries, queryCount, address, rowCount, length, out);
            return;
        }
        for (int q = 0; q < queryCount; q++) {
            ScalarKernels.dot(queries, q * length, address, rowCount, length, out, q * rowCount);
        }
    }

    /**
     * Sets {@code out[i]} to −‖q − x‖² for the row x of the table that {@code rows[i]} names, for i from 0 up to but
     * without {@code count}.
     *
     * @param query the first {@code table.length()} elements are q
     * @throws IndexOutOfBoundsException when the table has no such row
     */
    public void l2Gather(float[] query, RowTable table, int[] rows, int count, float[] out) {
        requireGather(query, table, rows, count, out);
        if (simd) {
            SimdGathers.l2(query, table, rows, count, out);
            return;
        }
        for (int i = 0; i < count; i++) {
            ScalarKernels.l2(query, 0, table.address(rows[i]), 1, table.length(), out, i);
        }
    }

    /** Sets {@code out[i]} to q · x; for the rest see {@link #l2Gather}. */
    public void dotGather(float[] query, RowTable table, int[] rows, int count, float[] out) {
        requireGather(query, table, rows, count, out);
        if (simd) {
            SimdGathers.dot(query, table, rows, count, out);
            return;
        }
        for (int i = 0; i < count; i++) {
            ScalarKernels.dot(query, 0, table.address(rows[i]), 1, table.length(), out, i);
        }
    }

    private static void requireGather(float[] query, RowTable table, int[] rows, int count, float[] out) {
        Objects.checkFromIndexSize(0, table.length(), query.length);
        Objects.checkFromIndexSize(0, count, rows.length);
        Objects.checkFromIndexSize(0, count, out.length);
    }

    /**
     * Sets {@code out[outOffset + i]} to −(number of bits in which q and xᵢ differ), for the {@code count} rows of
     * {@code words} 64-bit words that begin at byte {@code offset}, which need not be aligned.
     *
     * @param query elements {@code queryOffset} to {@code queryOffset + words} are q
     */
    public void hamming(
            long[] query,
            int queryOffset,
            MemorySegment rows,
            long offset,
            int count,
            int words,
            float[] out,
            int outOffset) {
        long address = RowMemory.address(rows, offset, count, (long) words * Long.BYTES);
        Objects.checkFromIndexSize(queryOffset, words, query.length);
        Objects.checkFromIndexSize(outOffset, count, out.length);
        if (simd) {
            BitScans.hamming(query, queryOffset, address, count, words, out, outOffset);
        } else {
            ScalarKernels.hamming(query, queryOffset, address, count, words, out, outOffset);
        }
    }

    /** ‖x‖² of the row at byte {@code offset}; the same bits as {@link #dot} of the row with itself. */
    public float squaredNorm(MemorySegment row, long offset, int length) {
        long address = floatRows(row, offset, 1, length);
        return simd ? SimdKernels.squaredNorm(address, length) : ScalarKernels.squaredNorm(address, length);
    }

    /** ‖x‖² of elements {@code from} to {@code from + length}; {@code length} is a multiple of 16. */
    public float squaredNorm(float[] vector, int from, int length) {
        requirePadded(length);
        Objects.checkFromIndexSize(from, length, vector.length);
        return simd ? SimdKernels.squaredNorm(vector, from, length) : ScalarKernels.squaredNorm(vector, from, length);
    }

    /** Whether no element from {@code from} up to but without {@code to} is infinite or NaN; any length, 0 too. */
    public boolean allFinite(float[] values, int from, int to) {
        Objects.checkFromToIndex(from, to, values.length);
        return simd ? SimdKernels.allFinite(values, from, to) : ScalarKernels.allFinite(values, from, to);
    }

    /**
     * Writes each i in [0, {@code count}) with {@code scores[from + i] > threshold} to {@code positions}, ascending
     * from element 0, so that a heap is touched only for them. NaN is never above. Pass {@code
     * Math.nextDown(threshold)} to see ties too.
     *
     * @param positions at least {@code count} long; elements past the result may be overwritten
     * @return how many were written
     */
    public int above(float[] scores, int from, int count, float threshold, int[] positions) {
        Objects.checkFromIndexSize(from, count, scores.length);
        Objects.checkFromIndexSize(0, count, positions.length);
        return simd
                ? SimdKernels.above(scores, from, count, threshold, positions)
                : ScalarKernels.above(scores, from, count, threshold, positions);
    }

    private static long floatRows(MemorySegment rows, long offset, int count, int length) {
        requirePadded(length);
        return RowMemory.address(rows, offset, count, (long) length * Float.BYTES);
    }

    static void requirePadded(int length) {
        if (length <= 0 || length % FLOATS_PADDED_TO != 0) {
            throw new IllegalArgumentException("length must be a positive multiple of 16: " + length);
        }
    }

    private static boolean vectorModulePresent() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }
}
