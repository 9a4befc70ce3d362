package dev.kith.engine.rows;

import dev.kith.vectors.Rejection;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.IntPredicate;

/**
 * Vectors to the newest rows that have them: open addressing with linear probing, at most half full. A slot holds a row
 * and half of its hash; the vector itself is in the row, which whoever asks compares. Nothing is ever taken out: a
 * vector that was removed keeps its last row, which says so.
 *
 * <p>Threads: one writer; any number of readers without locks, who see every entry that was put before the view they
 * hold was published, and perhaps newer rows.
 *
 * <p>Cost: 16 to 32 bytes a vector, on the heap.
 */
final class VectorMap {
    private static final int CAPACITY_MIN = 16;
    /** Half of the largest table that an array holds. */
    private static final int VECTORS_MAX = 1 << 29;

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

    /** The row plus 1 in the lower half, the upper half of the hash in the upper one; 0: free. */
    private volatile long[] slots;

    private int count;

    /** @param expected vectors to make room for at once */
    VectorMap(int expected) {
        slots = new long[capacityFor(expected)];
    }

    /** Bytes of the table of a map of so many vectors; refuses where they are more than a table holds. */
    static long bytesFor(long expected) {
        if (expected > VECTORS_MAX) {
            throw new Rejection(
                    Rejection.Code.EXHAUSTED, "A collection keyed by vectors holds at most %d".formatted(VECTORS_MAX));
        }
        return (long) capacityFor((int) expected) * Long.BYTES;
    }

    /** The smallest power of two that is at most half full then. */
    private static int capacityFor(int expected) {
        return Math.max(CAPACITY_MIN, Integer.highestOneBit(Math.max(1, 2 * expected - 1)) * 2);
    }

    int count() {
        return count;
    }

    /** Grows now if it would have to for so many vectors in all; writer only. */
    void makeRoom(int expected) {
        int capacity = capacityFor(expected);
        if (capacity > slots.length) {
            grow(capacity);
        }
    }

    /**
     * The newest row of a vector, or −1.
     *
     * @param hash of the vector
     * @param has whether a row has the vector
     */
    int row(long hash, IntPredicate has) {
        long[] now = slots;
        int slot = find(now, hash, has);
        return slot < 0 ? -1 : rowIn((long) SLOT.getAcquire(now, slot));
    }

    /** Writer only; there is room for one more. */
    void put(long hash, int row, IntPredicate has) {
        int slot = find(slots, hash, has);
        if (slot < 0) {
            count++;
        }
        SLOT.setRelease(slots, slot < 0 ? ~slot : slot, (hash & ~0xffff_ffffL) | (row + 1L));
    }

    /** The slot of a vector, or the complement of the free slot where the search for it ended. */
    private static int find(long[] slots, long hash, IntPredicate has) {
        int mask = slots.length - 1;
        int slot = (int) (hash >>> Long.numberOfLeadingZeros(mask));
        while (true) {
            long found = (long) SLOT.getAcquire(slots, slot);
            if (found == 0) {
                return ~slot;
            }
            if (found >>> 32 == hash >>> 32 && has.test(rowIn(found))) {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    private static int rowIn(long slot) {
        return (int) (slot & 0xffff_ffffL) - 1;
    }

    private void grow(int capacity) {
        long[] next = new long[capacity];
        for (long entry : slots) {
            if (entry != 0) {
                next[~find(next, entry, row -> false)] = entry; // The half of the hash that it has says where.
            }
        }
        slots = next;
    }
}
