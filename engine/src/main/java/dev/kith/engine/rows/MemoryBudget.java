package dev.kith.engine.rows;

import dev.kith.vectors.Rejection;

/**
 * Counts the bytes that resident points may take, before they are taken: all of them together, and within those what
 * lies on the heap, which is smaller than the machine's memory. Safe on any thread.
 */
public final class MemoryBudget {
    private final long bytesMax;
    private final long heapBytesMax;
    private long bytesUsed;
    private long heapBytesUsed;

    /** A budget that may lie on the heap as a whole. */
    public MemoryBudget(long bytesMax) {
        this(bytesMax, bytesMax);
    }

    /**
     * @param bytesMax all collections together; at least 1
     * @param heapBytesMax of these, what may lie on the heap (id maps, keys, payloads); at least 1
     */
    public MemoryBudget(long bytesMax, long heapBytesMax) {
        if (bytesMax < 1 || heapBytesMax < 1) {
            throw new IllegalArgumentException("memory budget of %d and %d bytes".formatted(bytesMax, heapBytesMax));
        }
        this.bytesMax = bytesMax;
        this.heapBytesMax = heapBytesMax;
    }

    /** Takes {@code bytes} of native memory, or refuses with what is needed and what is left. */
    public void reserve(long bytes) {
        reserve(bytes, 0);
    }

    /** Takes both, or refuses with what is needed and what is left, and takes neither. */
    public synchronized void reserve(long nativeBytes, long heapBytes) {
        long bytes = nativeBytes + heapBytes;
        if (bytes > bytesMax - bytesUsed) {
            throw refusal("Memory budget reached", bytes, bytesMax - bytesUsed, bytesMax);
        }
        if (heapBytes > heapBytesMax - heapBytesUsed) {
            throw refusal(
                    "Heap budget for ids, keys and payloads reached",
                    heapBytes,
                    heapBytesMax - heapBytesUsed,
                    heapBytesMax);
        }
        bytesUsed += bytes;
        heapBytesUsed += heapBytes;
    }

    private static Rejection refusal(String what, long needed, long left, long max) {
        return new Rejection(
                Rejection.Code.EXHAUSTED,
                "%s: %d bytes needed, %d of %d left".formatted(what, needed, Math.max(0, left), max));
    }

    /** Whether so much native memory is to be had now. */
    public synchronized boolean hasRoom(long nativeBytes) {
        return nativeBytes <= bytesMax - bytesUsed;
    }

    public void release(long bytes) {
        release(bytes, 0);
    }

    public synchronized void release(long nativeBytes, long heapBytes) {
        bytesUsed -= nativeBytes + heapBytes;
        heapBytesUsed -= heapBytes;
    }

    public synchronized long bytesUsed() {
        return bytesUsed;
    }

    public long bytesMax() {
        return bytesMax;
    }
}
