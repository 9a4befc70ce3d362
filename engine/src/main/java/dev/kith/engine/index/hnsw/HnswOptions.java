package dev.kith.engine.index.hnsw;

import java.util.Arrays;

/**
 * How a graph is built.
 *
 * @param m links that a node makes on each level when it is inserted ("M"), {@link #M_MIN} to {@link #M_MAX}
 * @param m0 links that a node keeps on level 0 ("M0"), where most of every search happens, {@code m} to
 *     {@link #M0_MAX}; twice m is what the paper finds best (4.1)
 * @param efConstruction candidates kept while the neighbours of a new node are searched, 1 to {@link #EF_MAX}
 * @param seed of the levels: the same seed and the same order of insertion by one thread give the same graph
 */
public record HnswOptions(int m, int m0, int efConstruction, long seed) {
    /** With one link a node the graph is a chain that nobody finds through. */
    public static final int M_MIN = 2;

    /** Recall has stopped growing long before. */
    public static final int M_MAX = 512;

    /** 4 KiB a node. */
    public static final int M0_MAX = 2 * M_MAX;

    /** Candidates of one search: above this an exact scan is faster. */
    public static final int EF_MAX = 10_000;

    private static final int EF_ABOVE_MIN = 100;
    /** Nodes of a level for each one on the next, unless m is less. */
    private static final int LEVEL_SHARE_MAX = 8;

    public HnswOptions {
        if (m < M_MIN || m > M_MAX) {
            throw new IllegalArgumentException("m=%d out of range (%d-%d)".formatted(m, M_MIN, M_MAX));
        }
        if (m0 < m || m0 > M0_MAX) {
            throw new IllegalArgumentException("m0=%d out of range (%d-%d)".formatted(m0, m, M0_MAX));
        }
        if (efConstruction < 1 || efConstruction > EF_MAX) {
            throw new IllegalArgumentException(
                    "ef_construction=%d out of range (1-%d)".formatted(efConstruction, EF_MAX));
        }
    }

    /** With twice as many links on level 0 as on the others. */
    public HnswOptions(int m, int efConstruction, long seed) {
        this(m, 2 * m, efConstruction, seed);
    }

    /**
     * Links beyond {@link #m0} that gather before a list is pruned back: pruning is what building spends itself on. So
     * few that a graph that grows has at most twice the bytes of one that is sealed.
     */
    int slack() {
        return Math.clamp(m0 / 4 - 1, 1, 8);
    }

    /**
     * Candidates kept while the neighbours of a new node above level 0 are searched: there are few nodes up there, and
     * if they do not lead from one cluster to all others, nothing does.
     */
    int efAbove() {
        return Math.max(EF_ABOVE_MIN, efConstruction);
    }

    /**
     * The highest level of a node, made of the seed and the node's number. One node in eight of a level stands on the
     * next one, not one in m as in the paper (section 4.1): at m = 32 many a small cluster would have no node above
     * level 0, and walks come to it from there.
     */
    int level(int node) {
        double uniform = ((mixed(node) >>> 11) + 1) * 0x1p-53;
        return Math.min(LEVEL_MAX, (int) (-Math.log(uniform) / Math.log(Math.min(m, LEVEL_SHARE_MAX))));
    }

    /**
     * Nodes {@code from} up to but without {@code to} in the order in which they are best inserted: the highest first
     * and otherwise shuffled, so that those that come cluster by cluster find a way between clusters there already.
     */
    int[] order(int from, int to) {
        long[] sorted = new long[to - from];
        for (int i = 0; i < sorted.length; i++) {
            // The number that the level is made of, cut to its upper 31 bits: the lower, the higher the level.
            sorted[i] = mixed(from + i) >>> 33 << 32 | (from + i);
        }
        Arrays.sort(sorted);
        return Arrays.stream(sorted).mapToInt(each -> (int) each).toArray();
    }

    private long mixed(int node) {
        long mixed = (seed + node) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    /** Levels above 0: enough for 2³¹ nodes with two links each. */
    static final int LEVEL_MAX = 31;
}
