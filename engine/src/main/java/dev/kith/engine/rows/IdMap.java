package dev.kith.engine.rows;

import dev.kith.vectors.Rejection;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Ids to their newest rows: open addressing with linear probing, at most half full. Nothing is ever taken out: a
 * removed id keeps its last row, which says that it was removed.
 *
 * <p>Threads: one writer; any number of readers without locks. A reader sees every entry that was put before the view
 * it holds was published, and perhaps newer rows, which it can tell by their number.
 *
 * <p>Cost: 24 to 48 bytes an id, on the heap; a look-up probes fewer than three slots on average. Whoever wants to put
 * many ids says so before, with {@link #makeRoom}, so that nothing has to be allocated when they are put.
 */
final class IdMap {
    private static final int CAPACITY_MIN = 16;
    /** Half of the largest table that an array holds. */
    private static final int IDS_MAX = 1 << 29;

    private static final int SLOT_BYTES = Long.BYTES + Integer.BYTES;
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle ROW = MethodHandles.arrayElementVarHandle(int[].class);

    /** Slots hold id + 1, so that 0 is a free one. */
    private record Table(long[] slots, int[] rows) {
        /** The slot of {@code id}, or the complement of the free slot where the search for it ended. */
        int find(long id) {
            int mask = slots.length - 1;
            long mixed = id * 0x9E3779B97F4A7C15L;
            // The highest bits, since those of ids that are multiples of a large power of two are the only ones left.
            int slot = (int) (mixed >>> Long.numberOfLeadingZeros(mask));
            while (true) {
                long found = (long) SLOT.getAcquire(slots, slot);
                if (found == 0) {
                    return ~slot;
                }
                if (found == id + 1) {
                    return slot;
                }
                slot = (slot + 1) & mask;
            }
        }
    }

    private volatile Table table;
    private int count;

    /** @param expected ids to make room for at once */
    IdMap(int expected) {
        int capacity = capacityFor(expected);
        table = new Table(new long[capacity], new int[capacity]);
    }

    /** Bytes of the table of a map for so many ids; refuses where they are more than a table holds. */
    static long bytesFor(long expected) {
        if (expected > IDS_MAX) {
            throw new Rejection(
                    Rejection.Code.EXHAUSTED, "A collection with ids of its own holds at most %d".formatted(IDS_MAX));
        }
        return (long) capacityFor((int) expected) * SLOT_BYTES;
    }

    /** The smallest power of two that is at most half full then. */
    private static int capacityFor(int expected) {
        return Math.max(CAPACITY_MIN, Integer.highestOneBit(Math.max(1, 2 * expected - 1)) * 2);
    }

    /** Ids that were put. */
    int count() {
        return count;
    }

    /** Grows now if it would have to for so many ids in all; writer only. */
    void makeRoom(int expected) {
        int capacity = capacityFor(expected);
        if (capacity > table.slots.length) {
            grow(capacity);
        }
    }

    /** The newest row of {@code id}, or −1. */
    int row(long id) {
        Table now = table;
        int slot = now.find(id);
        // Not read again: a slot found free may hold another id by now.
        return slot < 0 ? -1 : (int) ROW.getAcquire(now.rows, slot);
    }

    /** Writer only. */
    void put(long id, int row) {
        Table now = table;
        int slot = now.find(id);
        if (slot >= 0) {
            ROW.setRelease(now.rows, slot, row);
            return;
        }
        if ((count + 1) * 2L > now.slots.length) {
            grow(now.slots.length * 2);
            now = table;
            slot = now.find(id);
        }
        ROW.setRelease(now.rows, ~slot, row);
        SLOT.setRelease(now.slots, ~slot, id + 1);
        count++;
    }

    private void grow(int capacity) {
        Table old = table;
        Table next = new Table(new long[capacity], new int[capacity]);
        for (int i = 0; i < old.slots.length; i++) {
            if (old.slots[i] != 0) {
                int slot = ~next.find(old.slots[i] - 1);
                next.rows[slot] = old.rows[i];
                next.slots[slot] = old.slots[i];
            }
        }
        table = next;
    }

    /** Bytes of the table. */
    long bytes() {
        return (long) table.slots.length * SLOT_BYTES;
    }
}
