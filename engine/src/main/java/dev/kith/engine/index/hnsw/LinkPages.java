package dev.kith.engine.index.hnsw;

import java.nio.ByteBuffer;

/**
 * The link lists of a sealed graph as bytes, in pages of a fixed number of nodes, and a graph made of such pages.
 *
 * <p>A page is little-endian u32s. Each of its nodes has: the links on level 0, with the number of levels above in bits
 * 16 to 30; these links; then for each level above a count and the links there; and at last, where bit 31 says so, its
 * word of the {@link Copies}.
 *
 * <p>Threads: the graph must not grow meanwhile. Different pages may be read by different threads.
 */
public final class LinkPages {
    private static final int COUNT_BITS = 16;
    private static final int LEVELS_MASK = (1 << 15) - 1;
    private static final int HAS_COPIES = 1 << 31;

    private final HnswGraph graph;
    private final Links links;
    private final int nodes;

    /** @param nodes nodes from 0 on that the pages are of */
    public LinkPages(HnswGraph graph, int nodes) {
        this.graph = graph;
        this.links = graph.links();
        this.nodes = nodes;
    }

    /** How many pages there are. */
    public int count() {
        return Math.ceilDiv(nodes, Links.firstNode(1));
    }

    /** Bytes of a page. */
    public int bytes(int page) {
        int ints = 0;
        for (int node = Links.firstNode(page); node < end(page); node++) {
            for (int level = links.level(node); level >= 0; level--) {
                int[] array = links.array(node, level);
                ints += 1 + Links.count(array, links.from(array, node, level));
            }
            ints += graph.copies().word(node) == 0 ? 0 : 1;
        }
        return ints * Integer.BYTES;
    }

    private int end(int page) {
        return Math.min(nodes, Links.firstNode(page + 1));
    }

    /** Writes a page. */
    public void encode(int page, ByteBuffer into) {
        for (int node = Links.firstNode(page); node < end(page); node++) {
            int top = links.level(node);
            int word = graph.copies().word(node);
            for (int level = 0; level <= top; level++) {
                int[] array = links.array(node, level);
                int from = links.from(array, node, level);
                int count = Links.count(array, from);
                into.putInt(level == 0 ? count | top << COUNT_BITS | (word == 0 ? 0 : HAS_COPIES) : count);
                for (int i = 1; i <= count; i++) {
                    into.putInt(array[from + i]);
                }
            }
            if (word != 0) {
                into.putInt(word);
            }
        }
    }

    /** Makes room for all pages of a graph without nodes. */
    public void begin() {
        links.beginPages(count());
        graph.copies().reserve(nodes);
    }

    /**
     * Reads a page into the graph.
     *
     * @return false when the bytes are not such a page: then the graph is of no use
     */
    public boolean decode(int page, ByteBuffer from) {
        int[] ints = new int[from.remaining() / Integer.BYTES];
        from.asIntBuffer().get(ints);
        int m0 = links.kept(0);
        int[] tight = new int[Links.firstNode(1) * (1 + m0)];
        int[][] upper = new int[Links.firstNode(1)][];
        int at = 0;
        for (int node = Links.firstNode(page); node < end(page); node++) {
            if (at >= ints.length) {
                return false;
            }
            int slot = node - Links.firstNode(page);
            int count = ints[at] & (1 << COUNT_BITS) - 1;
            int levels = ints[at] >>> COUNT_BITS & LEVELS_MASK;
            boolean hasCopies = (ints[at] & HAS_COPIES) != 0;
            if (levels > HnswOptions.LEVEL_MAX || !sound(ints, at, count, m0)) {
                return false;
            }
            tight[slot * (1 + m0)] = count;
            System.arraycopy(ints, at + 1, tight, slot * (1 + m0) + 1, count);
            at += 1 + count;
            if (levels > 0) {
                upper[slot] = new int[levels * (1 + links.kept(1))];
                at = above(ints, at, upper[slot]);
            }
            if (at < 0 || (hasCopies && (at == ints.length || Copies.nextOf(ints[at]) >= nodes))) {
                return false;
            }
            if (hasCopies) {
                graph.copies().set(node, ints[at++]);
            }
        }
        if (at != ints.length) {
            return false;
        }
        links.page(page, tight, upper);
        return true;
    }

    /** Reads the lists of the levels above 0; returns where they end, or −1. */
    private int above(int[] ints, int start, int[] into) {
        int m = links.kept(1);
        int at = start;
        for (int to = 0; to < into.length; to += 1 + m) {
            if (at >= ints.length || !sound(ints, at, ints[at], m)) {
                return -1;
            }
            System.arraycopy(ints, at, into, to, 1 + ints[at]);
            at += 1 + ints[at];
        }
        return at;
    }

    /** Whether a list has not too many links, all of which are there and lead to nodes. */
    private boolean sound(int[] ints, int at, int count, int most) {
        if (count < 0 || count > most || count > ints.length - at - 1) {
            return false;
        }
        for (int i = 1; i <= count; i++) {
            if (ints[at + i] < 0 || ints[at + i] >= nodes) {
                return false;
            }
        }
        return true;
    }

    /** Says where walks begin, after all pages; false when that cannot be. */
    public boolean enter(long entry) {
        int node = HnswGraph.entryNode(entry);
        boolean sound = graph.copies().areSound(nodes)
                && (entry == HnswGraph.NO_ENTRY
                        || (node >= 0 && node < nodes && HnswGraph.entryLevel(entry) == links.level(node)));
        if (sound) {
            graph.enter(entry);
        }
        return sound;
    }

    /** Where walks begin. */
    public long entry() {
        return graph.entry();
    }

    /** Bytes of memory that the lists on level 0 and the words of the copies will take. */
    public long bytesInMemory() {
        return count() * (long) Links.firstNode(1) * Integer.BYTES * (3 + links.kept(0));
    }
}
