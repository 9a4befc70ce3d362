package dev.kith.engine.index.hnsw;

import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntPredicate;

/**
 * Nodes whose rows are the same as a linked one's, bit for bit. A thousand of them would fill each other's lists and
 * whatever a walk keeps, so that nothing else was found near them. So one of them is linked for all, and leads to the
 * first copy, which leads to the next one. A copy has no links, and nothing links to it.
 *
 * <p>A word a node: the next copy + 1, or 0 where there is none; and the sign, which only copies have.
 *
 * <p>Threads: read by any, without locks, also while a chain changes: it never leads back. What changes chains says who
 * may call it; {@link #reserve} is called while nobody does.
 */
final class Copies {
    private static final int CHUNK_NODES = Links.firstNode(1);
    private static final int COPY = 1 << 31;
    private static final int NONE = -1;

    private volatile AtomicIntegerArray[] chunks = new AtomicIntegerArray[0];
    /** False while nothing was ever added: then a search need not look. */
    private volatile boolean used;

    private final NodeSet changed;

    /** @param changed gets the nodes whose word changes; it has room for them */
    Copies(NodeSet changed) {
        this.changed = changed;
    }

    /** Makes room for nodes 0 up to but without {@code nodes}. */
    void reserve(int nodes) {
        AtomicIntegerArray[] now = chunks;
        AtomicIntegerArray[] grown = Arrays.copyOf(now, Math.max(now.length, Math.ceilDiv(nodes, CHUNK_NODES)));
        for (int i = now.length; i < grown.length; i++) {
            grown[i] = new AtomicIntegerArray(CHUNK_NODES);
        }
        chunks = grown;
    }

    /** The word of a node, as a file has it. */
    int word(int node) {
        return used ? chunks[node / CHUNK_NODES].get(node % CHUNK_NODES) : 0;
    }

    /** Sets the word of a node for which there is room. */
    void set(int node, int word) {
        if (word(node) == word) {
            return;
        }
        used = true;
        changed.add(node);
        chunks[node / CHUNK_NODES].set(node % CHUNK_NODES, word);
    }

    static int word(boolean copy, int next) {
        return (copy ? COPY : 0) | next + 1;
    }

    boolean isCopy(int node) {
        return word(node) < 0;
    }

    /** The copy after a node, or −1. */
    int next(int node) {
        return nextOf(word(node));
    }

    static int nextOf(int word) {
        return (word & ~COPY) - 1;
    }

    /** The first copy after a node that passes the test, or −1. Takes as long as there are copies that do not. */
    int first(int node, IntPredicate test) {
        int copy = next(node);
        while (copy != NONE && !test.test(copy)) {
            copy = next(copy);
        }
        return copy;
    }

    /** Adds a copy, new to the graph, of a linked node; the caller holds the lock of that. */
    void add(int linked, int copy) {
        set(copy, word(true, next(linked)));
        set(linked, word(false, copy));
    }

    /**
     * Takes copies that have ended out of their chains; where a linked node has ended, its first living copy, which has
     * links by now, takes its place. One thread.
     */
    void settle(int nodes, IntPredicate isLive) {
        for (int node = 0; used && node < nodes; node++) {
            if (word(node) > 0) {
                settleChain(node, isLive);
            }
        }
    }

    private void settleChain(int linked, IntPredicate isLive) {
        int last = isLive.test(linked) ? linked : NONE;
        boolean copy = false;
        int next = first(linked, isLive);
        while (next != NONE) {
            if (last != NONE) {
                set(last, word(copy, next));
                copy = true;
            }
            last = next;
            next = first(next, isLive);
        }
        if (last != NONE) {
            set(last, word(copy, NONE));
        }
    }

    /** Whether every copy is in one chain that a linked node begins, among nodes 0 up to but without {@code nodes}. */
    boolean areSound(int nodes) {
        BitSet seen = new BitSet();
        int copies = 0;
        for (int node = 0; used && node < nodes; node++) {
            copies += isCopy(node) ? 1 : 0;
            for (int copy = isCopy(node) ? NONE : next(node); copy != NONE; copy = next(copy)) {
                if (copy >= nodes || !isCopy(copy) || seen.get(copy)) {
                    return false;
                }
                seen.set(copy);
            }
        }
        return seen.cardinality() == copies;
    }
}
