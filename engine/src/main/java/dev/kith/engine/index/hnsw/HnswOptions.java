package dev.kith.engine.index.hnsw;

/**
 * How a graph is built.
 *
 * @param m links that a node makes on each level when it is inserted ("M"), {@link #M_MIN} to {@link #M_MAX}
 * @param efConstruction candidates kept while the neighbours of a new node are searched, 1 to {@link #EF_MAX}
 * @param seed of the levels: the same seed and the same order of insertion by one thread give the same graph
 */
public record HnswOptions(int m, int efConstruction, long seed) {
    /** With one link a node the graph is a chain that nobody finds through. */
    public static final int M_MIN = 2;

    /** 1,024 links on level 0, 4 KiB a node: recall has stopped growing long before. */
    public static final int M_MAX = 512;

    /** Candidates of one search: above this an exact scan is faster. */
    public static final int EF_MAX = 10_000;

    public HnswOptions {
        if (m < M_MIN || m > M_MAX) {
            throw new IllegalArgumentException("m=%d out of range (%d-%d)".formatted(m, M_MIN, M_MAX));
        }
        if (efConstruction < 1 || efConstruction > EF_MAX) {
            throw new IllegalArgumentException(
                    "ef_construction=%d out of range (1-%d)".formatted(efConstruction, EF_MAX));
        }
    }

    /** Links of a node on level 0 ("M0"), where most of every search happens: twice m, as the paper finds (4.1). */
    int m0() {
        return 2 * m;
    }

    /** Links beyond {@link #m0} that gather before a list is pruned back: pruning is what building spends itself on. */
    int slack() {
        return Math.min(8, m0() / 4);
    }

    /**
     * The highest level of a node: exponentially distributed with mean 1 / ln m (paper, section 4.1), made of the seed
     * and the node's number, so that it need not be stored.
     */
    int level(int node) {
        long mixed = (seed + node) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        mixed ^= mixed >>> 31;
        double uniform = ((mixed >>> 11) + 1) * 0x1p-53;
        return Math.min(LEVEL_MAX, (int) (-Math.log(uniform) / Math.log(m)));
    }

    /** Levels above 0: enough for 2³¹ nodes with two links each. */
    static final int LEVEL_MAX = 31;
}
