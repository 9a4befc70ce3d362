package dev.kith.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * The bridge from a segment and an offset to an absolute address. A range is checked here once per call against the
 * segment that the caller passed; the loops then read through one constant segment that covers the whole address
 * space, so that they carry neither a bounds check nor a liveness check per load.
 */
final class RowMemory {
    /** All of memory; addresses are offsets into it. Only addresses that {@link #address} returned may be used. */
    static final MemorySegment ALL = everything();

    private RowMemory() {}

    /**
     * Where the {@code count} rows of {@code rowBytes} bytes at byte {@code offset} of {@code rows} begin.
     *
     * @throws IndexOutOfBoundsException when they do not lie within {@code rows}
     * @throws IllegalArgumentException when {@code rows} is not native memory
     */
    static long address(MemorySegment rows, long offset, long count, long rowBytes) {
        if (!rows.isNative()) {
            throw new IllegalArgumentException("rows must be native memory: " + rows);
        }
        Objects.checkFromIndexSize(offset, Math.multiplyExact(count, rowBytes), rows.byteSize());
        return rows.address() + offset;
    }

    @SuppressWarnings("restricted") // Every address is range-checked by address() before it is read through this.
    private static MemorySegment everything() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }
}
