package dev.kith.engine.rows;

import dev.kith.vectors.Rejection;
import java.util.function.BooleanSupplier;

/**
 * Counts the bytes that resident points may take, before they are taken: all of them together, and within those what
 * lies on the heap, which is smaller than the machine's memory. Others may take of it too, such as models, and give
 * back what they do not use when points do not fit. Safe on any thread.
 */
public final class MemoryBudget {
    /** What part of the heap ids, keys and payloads may take together: requests and searches need the rest. */
    private static final int HEAP_SHARE = 2;

    private final long bytesMax;
    private final long heapBytesMax;
    private long bytesUsed;
    private long heapBytesUsed;
    private volatile BooleanSupplier yielding = () -> false;

    /** The budget of this process. */
    public static MemoryBudget ofProcess(long bytesMax) {
        return new MemoryBudget(bytesMax, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    }

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
    public void reserve(long nativeBytes, long heapBytes) {
        long bytes = nativeBytes + heapBytes;
        while (!isTaken(nativeBytes, heapBytes)) {
            if (!canYield(bytes)) {
                throw refusal("Memory budget reached", bytes, left(), bytesMax);
            }
        }
    }

    /** Takes {@code bytes} of native memory if they are left; nobody gives anything back for them. */
    public synchronized boolean tryReserve(long bytes) {
        if (bytes > bytesMax - bytesUsed) {
            return false;
        }
        bytesUsed += bytes;
        return true;
    }

    /** False where all together is too much; refuses what is too much for the heap. */
    private synchronized boolean isTaken(long nativeBytes, long heapBytes) {
        long bytes = nativeBytes + heapBytes;
        if (bytes > bytesMax - bytesUsed) {
            return false;
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
        return true;
    }

    /** Whether something was given back for so many bytes, so that another try is worth it. */
    private boolean canYield(long bytes) {
        return bytes <= bytesMax && yielding.getAsBoolean();
    }

    /**
     * Asks {@code next} from now on whenever something does not fit: it gives back a little of what others have taken,
     * or answers false. It is called on the thread that needs the memory, and must not take any.
     */
    public void whenShort(BooleanSupplier next) {
        yielding = next;
    }

    private static Rejection refusal(String what, long needed, long left, long max) {
        return new Rejection(
                Rejection.Code.EXHAUSTED,
                "%s: %d bytes needed, %d of %d left".formatted(what, needed, Math.max(0, left), max));
    }

    /** Whether so much native memory is to be had now. */
    public boolean hasRoom(long nativeBytes) {
        while (nativeBytes > left()) {
            if (!canYield(nativeBytes)) {
                return false;
            }
        }
        return true;
    }

    public synchronized long left() {
        return bytesMax - bytesUsed;
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
