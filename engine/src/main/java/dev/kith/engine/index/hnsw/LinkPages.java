package dev.kith.engine.index.hnsw;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The link lists of a graph as bytes, in pages of a fixed number of nodes, and a graph made of such pages. No list has
 * more links than it keeps in the end.
 *
 * <p>A page is little-endian u32s. Each of its nodes has: the links on level 0, with the number of levels above in bits
 * 16 to 30; these links; then for each level above a count and the links there; and at last, where bit 31 says so, its
 * word of the {@link Copies}. Of what has changed in a page there are the nodes that did, each with its number within
 * the page before it.
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
            ints += ints(node);
        }
        return ints * Integer.BYTES;
    }

    /** Bytes of what has changed in a page. */
    public int changedBytes(int page) {
        int ints = 0;
        for (int node = Links.firstNode(page); node < end(page); node++) {
            ints += links.changed().has(node) ? 1 + ints(node) : 0;
        }
        return ints * Integer.BYTES;
    }

    private int ints(int node) {
        int ints = graph.copies().word(node) == 0 ? 0 : 1;
        for (int level = links.level(node); level >= 0; level--) {
            int[] array = links.array(node, level);
            ints += 1 + Links.count(array, links.from(array, node, level));
        }
        return ints;
    }

    private int end(int page) {
        return Math.min(nodes, Links.firstNode(page + 1));
    }

    /** Writes a page. */
    public void encode(int page, ByteBuffer into) {
        for (int node = Links.firstNode(page); node < end(page); node++) {
            encodeNode(node, into);
        }
    }

    /** Writes what has changed in a page. */
    public void encodeChanged(int page, ByteBuffer into) {
        for (int node = Links.firstNode(page); node < end(page); node++) {
            if (links.changed().has(node)) {
                into.putInt(node - Links.firstNode(page));
                encodeNode(node, into);
            }
        }
    }

    private void encodeNode(int node, ByteBuffer into) {
        int top = links.level(node);
        int word = graph.copies().word(node);
        for (int level = 0; level <= top; level++) {
            int[] array = links.array(node, level);
            int from = links.from(array, node, level);
            int count = Links.count(array, from);
            if (count > links.kept(level)) {
                throw new IllegalStateException("node %d has %d links, more than are kept".formatted(node, count));
            }
            into.putInt(level == 0 ? count | top << COUNT_BITS | (word == 0 ? 0 : HAS_COPIES) : count);
            for (int i = 1; i <= count; i++) {
                into.putInt(array[from + i]);
            }
        }
        if (word != 0) {
            into.putInt(word);
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
        int[] ints = ints(page, from);
        int at = 0;
        for (int node = Links.firstNode(page); node < end(page) && at >= 0; node++) {
            at = decodeNode(node, ints, at);
        }
        return at == ints.length;
    }

    /** Reads what has changed in a page, after the page itself; as {@link #decode} otherwise. */
    public boolean decodeChanged(int page, ByteBuffer from) {
        int[] ints = ints(page, from);
        int last = Links.firstNode(page) - 1;
        for (int at = 0; at < ints.length; ) {
            int node = Links.firstNode(page) + ints[at];
            at = node > last && node < end(page) ? decodeNode(node, ints, at + 1) : -1;
            if (at < 0) {
                return false;
            }
            last = node;
        }
        return true;
    }

    private int[] ints(int page, ByteBuffer from) {
        links.beginPage(page);
        int[] ints = new int[from.remaining() / Integer.BYTES];
        from.asIntBuffer().get(ints);
        return ints;
    }

    /** Reads one node; returns where it ends, or −1. */
    private int decodeNode(int node, int[] ints, int start) {
        if (start >= ints.length) {
            return -1;
        }
        int count = ints[start] & (1 << COUNT_BITS) - 1;
        int levels = ints[start] >>> COUNT_BITS & LEVELS_MASK;
        boolean hasCopies = (ints[start] & HAS_COPIES) != 0;
        if (levels > HnswOptions.LEVEL_MAX || !sound(ints, start, count, links.kept(0))) {
            return -1;
        }
        int at = start + 1 + count;
        int @Nullable [] upper = null;
        if (levels > 0) {
            upper = new int[levels * (1 + links.kept(1))];
            at = above(ints, at, upper);
        }
        if (at < 0 || (hasCopies && (at == ints.length || Copies.nextOf(ints[at]) >= nodes))) {
            return -1;
        }
        links.restore(node, new Links.Kept(ints, start + 1, count, upper));
        graph.copies().set(node, hasCopies ? ints[at] : 0);
        return hasCopies ? at + 1 : at;
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
        for (int page = 0; page < count(); page++) {
            links.beginPage(page);
        }
        boolean sound = graph.copies().areSound(nodes)
                && (entry == HnswGraph.NO_ENTRY
                        || (node >= 0 && node < nodes && HnswGraph.entryLevel(entry) == links.level(node)));
        if (sound) {
            graph.enter(entry);
            forgetChanges();
        }
        return sound;
    }

    /** All that has changed is kept elsewhere. */
    public void forgetChanges() {
        links.changed().clear();
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
