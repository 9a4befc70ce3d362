package dev.kith.engine.index.hnsw;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.IntPredicate;

/**
 * Some of a graph's nodes, a bit for each one that there is room for. Any threads, but for {@link #reserve}, during
 * which nobody adds or removes.
 */
final class NodeSet {
    private volatile AtomicLongArray words = new AtomicLongArray(0);
    /** False while nothing was ever added: then a search need not look. */
    private volatile boolean used;

    /** Makes room for nodes 0 up to but without {@code nodes}. */
    void reserve(int nodes) {
        AtomicLongArray now = words;
        int needed = Math.ceilDiv(nodes, Long.SIZE);
        if (needed > now.length()) {
            AtomicLongArray grown = new AtomicLongArray(needed);
            for (int i = 0; i < now.length(); i++) {
                grown.set(i, now.get(i));
            }
            words = grown;
        }
    }

    void add(int node) {
        words.getAndAccumulate(node >>> 6, 1L << node, (word, bit) -> word | bit);
        used = true;
    }

    void remove(int node) {
        if (has(node)) {
            words.getAndAccumulate(node >>> 6, 1L << node, (word, bit) -> word & ~bit);
        }
    }

    /** Takes all out; nobody adds meanwhile. */
    void clear() {
        words = new AtomicLongArray(words.length());
    }

    boolean has(int node) {
        AtomicLongArray now = words;
        return used && node >>> 6 < now.length() && (now.get(node >>> 6) & 1L << node) != 0;
    }

    /** The first nodes that pass the test, {@code most} of them or fewer. */
    int[] first(int most, IntPredicate test) {
        int[] found = new int[used ? most : 0];
        int count = 0;
        AtomicLongArray now = words;
        for (int i = 0; i < now.length() && count < found.length; i++) {
            for (long word = now.get(i); word != 0 && count < found.length; word &= word - 1) {
                int node = (i << 6) + Long.numberOfTrailingZeros(word);
                if (test.test(node)) {
                    found[count++] = node;
                }
            }
        }
        return java.util.Arrays.copyOf(found, count);
    }
}
