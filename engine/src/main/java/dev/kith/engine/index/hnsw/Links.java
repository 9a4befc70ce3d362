package dev.kith.engine.index.hnsw;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The link lists of all nodes, in chunks of a fixed number of nodes that are allocated as the graph grows. A list is a
 * count and then the nodes it leads to.
 *
 * <pre>
 *   level 0   one int array a chunk: per node 1 + capacity ints
 *   above     one int array a node that has such levels: per level 1 + m ints
 * </pre>
 *
 * While a chunk <em>grows</em>, lists of level 0 have room for some links more than they keep in the end, and the
 * distance of every link is remembered, so that pruning computes none twice, nor compares links with each other that it
 * kept before. <em>Sealing</em> a chunk drops all of that:
 * 4 · (1 + 2m) bytes a node remain, and about 16 for the upper levels at m = 16.
 *
 * <p>Threads: readers need no lock. They may see a list while it is rewritten, and then links of before and after;
 * every one of them leads to a node. A list is written by one thread at a time, which is the caller's affair.
 */
final class Links {
    /** 270 KB of links at m = 16: below what a garbage collector handles as a large object. */
    private static final int CHUNK_SHIFT = 11;

    private static final int CHUNK_NODES = 1 << CHUNK_SHIFT;
    private static final int CHUNK_MASK = CHUNK_NODES - 1;
    /** What an array takes beside its elements. */
    private static final int ARRAY_BYTES = 16;

    private static final int LINE_INTS = 64 / Integer.BYTES;

    private static final VarHandle INT = MethodHandles.arrayElementVarHandle(int[].class);
    /** What a node without links on a level has. */
    private static final int[] NONE = new int[1];

    private final int m;
    private final int m0;
    private final int slack;
    private final LongAdder upperBytes = new LongAdder();
    /** Nodes of which something was written since all of it was last kept in files. */
    private final NodeSet changed = new NodeSet();

    private volatile Chunk[] chunks = new Chunk[0];

    /**
     * The lists of {@value #CHUNK_NODES} nodes.
     *
     * @param growing what only growing needs; null once it is sealed
     */
    private record Chunk(int[] links, @Nullable Growing growing, int capacity, int[] @Nullable [] upper) {}

    /**
     * What is remembered of lists of level 0.
     *
     * @param distances of all links
     * @param diverse how many links of a list, from its first one on, are known to be worth keeping beside each other
     */
    private record Growing(float[] distances, short[] diverse) {}

    /**
     * Where a list is.
     *
     * @param from the place of its count
     * @param capacity links that it has room for
     */
    record Place(int[] links, int from, int capacity) {}

    /**
     * Lists of one node as they were kept.
     *
     * @param ints has {@code count} links on level 0 from {@code from} on
     * @param above the lists of the levels above, where there are any; the caller's no longer
     */
    record Kept(int[] ints, int from, int count, int @Nullable [] above) {}

    Links(HnswOptions options) {
        this.m = options.m();
        this.m0 = options.m0();
        this.slack = options.slack();
    }

    /** Makes room for nodes 0 up to but without {@code count}; one thread at a time. */
    void reserve(int count) {
        int needed = Math.ceilDiv(count, CHUNK_NODES);
        Chunk[] now = chunks;
        if (needed <= now.length) {
            return;
        }
        Chunk[] grown = Arrays.copyOf(now, needed);
        for (int i = now.length; i < needed; i++) {
            int capacity = m0 + slack;
            grown[i] = new Chunk(
                    new int[CHUNK_NODES * (1 + capacity)],
                    new Growing(new float[CHUNK_NODES * capacity], new short[CHUNK_NODES]),
                    capacity,
                    new int[CHUNK_NODES][]);
        }
        chunks = grown;
        changed.reserve(nodes());
    }

    /** Nodes that something was written of; who has kept it elsewhere takes them out. */
    NodeSet changed() {
        return changed;
    }

    private void change(int node) {
        if (!changed.has(node)) {
            changed.add(node);
        }
    }

    /** Nodes that there is room for. */
    int nodes() {
        return chunks.length * CHUNK_NODES;
    }

    /** The highest level that a node has lists on. */
    int level(int node) {
        int[] upper = chunk(node).upper[node & CHUNK_MASK];
        return upper == null ? 0 : upper.length / (1 + m);
    }

    /** Makes room for so many chunks, none of which is there before {@link #page} brings it. */
    void beginPages(int count) {
        chunks = new Chunk[count];
        changed.reserve(nodes());
    }

    /** Makes a sealed chunk of empty lists, unless it is there; several threads may make different ones. */
    void beginPage(int at) {
        if (chunks[at] == null) {
            chunks[at] = new Chunk(new int[CHUNK_NODES * (1 + m0)], null, m0, new int[CHUNK_NODES][]);
        }
    }

    /** Takes the lists of one node of a sealed chunk as they were kept; before anybody reads. */
    void restore(int node, Kept kept) {
        Chunk chunk = chunk(node);
        int[] above = chunk.upper[node & CHUNK_MASK];
        System.arraycopy(kept.ints(), kept.from(), chunk.links, from(chunk.links, node, 0) + 1, kept.count());
        chunk.links[from(chunk.links, node, 0)] = kept.count();
        upperBytes.add(bytesAbove(kept.above()) - bytesAbove(above));
        chunk.upper[node & CHUNK_MASK] = kept.above();
    }

    private static long bytesAbove(int @Nullable [] lists) {
        return lists == null ? 0 : ARRAY_BYTES + lists.length * (long) Integer.BYTES;
    }

    /** Takes a sealed chunk as it is; several threads may bring different ones, before anybody reads. */
    void page(int at, int[] tight, int[] @Nullable [] upper) {
        chunks[at] = new Chunk(tight, null, m0, upper);
        for (int[] lists : upper) {
            upperBytes.add(bytesAbove(lists));
        }
    }

    /** Gives a node its lists above level 0, empty, unless it has them; before anything links to it. */
    void open(int node, int level) {
        if (level > 0 && level(node) == 0) {
            int[] lists = new int[level * (1 + m)];
            chunk(node).upper[node & CHUNK_MASK] = lists;
            upperBytes.add(bytesAbove(lists));
            change(node);
        }
    }

    /** The array that holds the list of {@code node} on {@code level}; {@link #from} says where in it. */
    int[] array(int node, int level) {
        Chunk chunk = chunk(node);
        if (level == 0) {
            return chunk.links;
        }
        int[] upper = chunk.upper[node & CHUNK_MASK];
        return upper == null || level * (1 + m) > upper.length ? NONE : upper;
    }

    /** The place of the list's count in {@code array}; the links follow it. */
    int from(int[] array, int node, int level) {
        if (level == 0) {
            return (node & CHUNK_MASK) * (array.length >>> CHUNK_SHIFT);
        }
        return array.length == NONE.length ? 0 : (level - 1) * (1 + m);
    }

    /** How many links the list at {@code from} has; what is read afterwards is at least as new. */
    static int count(int[] array, int from) {
        return (int) INT.getAcquire(array, from);
    }

    /** Reads a word of every cache line that a list may have, for no other purpose than to have them in the cache. */
    int read(int node, int level) {
        int[] array = array(node, level);
        int from = from(array, node, level);
        int last = Math.min(array.length - 1, from + kept(level));
        int words = array[last];
        for (int i = from; i < last; i += LINE_INTS) {
            words ^= array[i];
        }
        return words;
    }

    private Chunk chunk(int node) {
        return chunks[node >>> CHUNK_SHIFT];
    }

    /** Links that a list keeps after pruning. */
    int kept(int level) {
        return level == 0 ? m0 : m;
    }

    /** Links that a list has room for. */
    int capacity(int node, int level) {
        return level == 0 ? chunk(node).capacity : m;
    }

    /** The distance of the i-th link on level 0, or NaN where it is not remembered. */
    float distance(int node, int i) {
        Chunk chunk = chunk(node);
        Growing growing = chunk.growing;
        return growing == null ? Float.NaN : growing.distances[(node & CHUNK_MASK) * chunk.capacity + i];
    }

    /** Whether distances of the node's links on {@code level} are remembered. */
    boolean remembers(int node, int level) {
        return level == 0 && chunk(node).growing != null;
    }

    /** How many links on level 0, from the first one on, are known to be worth keeping beside each other. */
    int diverse(int node) {
        Growing growing = chunk(node).growing;
        return growing == null ? 0 : growing.diverse[node & CHUNK_MASK];
    }

    /** Remembers that of the links that were just set on level 0. */
    void areDiverse(int node, int count) {
        Growing growing = chunk(node).growing;
        if (growing != null) {
            growing.diverse[node & CHUNK_MASK] = (short) count;
        }
    }

    /** Adds a link to a list that has room. */
    void add(int node, int level, long candidate) {
        int[] array = array(node, level);
        int from = from(array, node, level);
        int count = array[from];
        array[from + 1 + count] = Candidates.node(candidate);
        remember(node, level, count, candidate);
        INT.setRelease(array, from, count + 1);
        change(node);
    }

    /** Replaces a list by the first {@code count} of {@code candidates}. */
    void set(int node, int level, long[] candidates, int count) {
        int[] array = array(node, level);
        int from = from(array, node, level);
        for (int i = 0; i < count; i++) {
            array[from + 1 + i] = Candidates.node(candidates[i]);
            remember(node, level, i, candidates[i]);
        }
        if (level == 0) {
            areDiverse(node, 0);
        }
        INT.setRelease(array, from, count);
        change(node);
    }

    private void remember(int node, int level, int i, long candidate) {
        Chunk chunk = chunk(node);
        Growing growing = chunk.growing;
        if (level == 0 && growing != null) {
            growing.distances[(node & CHUNK_MASK) * chunk.capacity + i] = Candidates.distance(candidate);
        }
    }

    /** How many chunks there are; {@link #isSealed} and {@link #seal} count them. */
    int chunkCount() {
        return chunks.length;
    }

    boolean isSealed(int chunk) {
        return chunks[chunk].growing == null;
    }

    /** The first node of a chunk. */
    static int firstNode(int chunk) {
        return chunk << CHUNK_SHIFT;
    }

    /** Drops what only growing needs; its lists must have been pruned to what they keep, and none may be written. */
    void seal(int at) {
        Chunk old = chunks[at];
        int[] tight = new int[CHUNK_NODES * (1 + m0)];
        for (int i = 0; i < CHUNK_NODES; i++) {
            int from = i * (1 + old.capacity);
            System.arraycopy(old.links, from, tight, i * (1 + m0), 1 + Math.min(old.links[from], m0));
        }
        Chunk[] next = chunks.clone();
        next[at] = new Chunk(tight, null, m0, old.upper);
        chunks = next;
    }

    /** Bytes of all lists. */
    long bytes() {
        long bytes = upperBytes.sum();
        for (Chunk chunk : chunks) {
            bytes += chunkBytes(chunk.capacity, chunk.growing != null);
        }
        return bytes;
    }

    /** Bytes of all lists once there is room for so many nodes. */
    long bytesWith(int nodes) {
        int more = Math.ceilDiv(nodes, CHUNK_NODES) - chunks.length;
        return bytes() + Math.max(0, more) * chunkBytes(m0 + slack, true);
    }

    /** With two bits a node that say whether it is apart and whether it has changed, and a word for its copies. */
    private static long chunkBytes(int capacity, boolean remembers) {
        long links = CHUNK_NODES * (1L + capacity) * Integer.BYTES;
        long growing = remembers ? CHUNK_NODES * ((long) capacity * Float.BYTES + Short.BYTES) : 0;
        return links + growing + 2L * CHUNK_NODES * Integer.BYTES + 2 * CHUNK_NODES / Byte.SIZE;
    }

    /** Whether every chunk is sealed. */
    boolean isSealed() {
        for (Chunk chunk : chunks) {
            if (chunk.growing != null) {
                return false;
            }
        }
        return true;
    }
}
