package dev.kith.engine.index.hnsw;

import java.util.Arrays;

/**
 * The nearest nodes found so far, nearest first: one sorted array of packed longs in place of the paper's two heaps.
 * The upper half of an entry is the distance, in bits that sort as the numbers do; below it are the node and a bit that
 * says that its neighbours were looked at. Equal distances are in the order of their nodes. One thread.
 */
final class Candidates {
    private static final int CAPACITY_MIN = 16;
    private static final long EXPANDED = 1;

    private long[] entries = new long[CAPACITY_MIN];
    private int size;
    private int limit;
    private int next;
    /** Of the last one once there are {@code limit}; until then everything is near enough. */
    private float worst;

    /** Packs a distance, which is no NaN, and a node. */
    static long pack(float distance, int node) {
        int bits = Float.floatToRawIntBits(distance);
        return (long) (bits ^ ((bits >> 31) & Integer.MAX_VALUE)) << 32 | (long) node << 1;
    }

    static float distance(long entry) {
        int bits = (int) (entry >> 32);
        return Float.intBitsToFloat(bits ^ ((bits >> 31) & Integer.MAX_VALUE));
    }

    static int node(long entry) {
        return (int) entry >>> 1;
    }

    /** Empties it; it then keeps the {@code most} nearest. */
    void reset(int most) {
        size = 0;
        next = 0;
        limit = most;
        worst = Float.POSITIVE_INFINITY;
    }

    int size() {
        return size;
    }

    long entry(int i) {
        return entries[i];
    }

    /** The same without the mark that says whether it was expanded. */
    long unmarked(int i) {
        return entries[i] & ~EXPANDED;
    }

    /** The entries, of which the first {@link #size} count; without marks once it was searched. */
    long[] entries() {
        return entries;
    }

    /** What a distance must be below, once enough are kept. */
    float worst() {
        return worst;
    }

    boolean isFull() {
        return size == limit;
    }

    void offer(float distance, int node) {
        if (size == limit && !(distance < worst)) {
            return;
        }
        long entry = pack(distance, node);
        int at = placeOf(entry);
        if (size < limit) {
            if (size == entries.length) {
                entries = Arrays.copyOf(entries, (int) Math.min(limit, size * 2L));
            }
            size++;
        }
        System.arraycopy(entries, at, entries, at + 1, size - 1 - at);
        entries[at] = entry;
        next = Math.min(next, at);
        if (size == limit) {
            worst = distance(entries[size - 1]);
        }
    }

    private int placeOf(long entry) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entries[middle] < entry) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Marks the nearest node whose neighbours were not looked at and returns its entry; −1 when there is none. */
    long expandNext() {
        while (next < size) {
            long entry = entries[next];
            if ((entry & EXPANDED) == 0) {
                entries[next] = entry | EXPANDED;
                next++;
                return entry;
            }
            next++;
        }
        return -1;
    }

    /** What {@link #expandNext} would return now. */
    long peekNext() {
        for (int i = next; i < size; i++) {
            if ((entries[i] & EXPANDED) == 0) {
                return entries[i];
            }
        }
        return -1;
    }
}
