package dev.kith.engine.index.hnsw;

import java.util.Arrays;

/** Which nodes a search has seen: a bit each, cleared through the list of those that were set. One thread. */
final class Visited {
    private static final int LISTED_MIN = 1024;

    private long[] bits = new long[0];
    private int[] listed = new int[LISTED_MIN];
    private int count;
    private int nodes;

    /** Forgets everything and makes room for nodes 0 up to but without {@code limit}. */
    void reset(int limit) {
        nodes = limit;
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
        room(1);
        long word = bits[node >>> 6];
        bits[node >>> 6] = word | 1L << node;
        boolean first = (word >>> node & 1) == 0;
        listed[count] = node;
        count += first ? 1 : 0;
        return first;
    }

    /**
     * Sees a list of nodes; without a branch on what is seen, which no processor could predict.
     *
     * @param list holds {@code length} nodes from {@code from} on; those that there is no room for are passed over
     * @param fresh takes those that were not seen before
     * @return how many they are
     */
    int addAll(int[] list, int from, int length, int[] fresh) {
        room(length);
        long[] words = bits;
        int[] all = listed;
        int before = count;
        int kept = 0;
        for (int i = from; i < from + length; i++) {
            int node = list[i];
            if (node < nodes) {
                long word = words[node >>> 6];
                words[node >>> 6] = word | 1L << node;
                fresh[kept] = node;
                all[before + kept] = node;
                kept += (int) (~(word >>> node) & 1);
            }
        }
        count = before + kept;
        return kept;
    }

    private void room(int more) {
        if (count + more > listed.length) {
            listed = Arrays.copyOf(listed, Math.max(count + more, count * 2));
        }
    }

    /** Nodes seen since the last reset. */
    int count() {
        return count;
    }
}
