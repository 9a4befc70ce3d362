package dev.kith.engine.index.hnsw;

import java.util.Arrays;

/** Which nodes a search has seen: a bit each, cleared through the list of those that were set. One thread. */
final class Visited {
    private static final int LISTED_MIN = 1024;

    private long[] bits = new long[0];
    private int[] listed = new int[LISTED_MIN];
    private int count;

    /** Forgets everything and makes room for nodes 0 up to but without {@code nodes}. */
    void reset(int nodes) {
        int words = (nodes + Long.SIZE - 1) >>> 6;
        if (words > bits.length) {
            bits = new long[Math.max(words, (int) Math.min(Integer.MAX_VALUE / 64, bits.length * 2L))];
        } else {
            for (int i = 0; i < count; i++) {
                bits[listed[i] >>> 6] = 0;
            }
        }
        count = 0;
    }

    /** Sees a node; true the first time. */
    boolean add(int node) {
        long bit = 1L << node;
        long word = bits[node >>> 6];
        if ((word & bit) != 0) {
            return false;
        }
        bits[node >>> 6] = word | bit;
        if (count == listed.length) {
            listed = Arrays.copyOf(listed, count * 2);
        }
        listed[count++] = node;
        return true;
    }

    /** Nodes seen since the last reset. */
    int count() {
        return count;
    }
}
