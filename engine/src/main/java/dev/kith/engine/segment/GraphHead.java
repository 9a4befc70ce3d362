package dev.kith.engine.segment;

/**
 * What a graph is, beside its link lists.
 *
 * @param epoch of the rows
 * @param covered nodes: rows below it are in the graph
 * @param endedMended rows that had ended when ended rows were last taken out of it
 * @param entry where walks begin, as the graph says it
 * @param build how it was built
 */
public record GraphHead(long epoch, int covered, long endedMended, long entry, Build build) {

    /** Whether it may be what has become of an older one by growth and repair. */
    boolean continues(GraphHead older) {
        return epoch == older.epoch && covered >= older.covered && build.equals(older.build);
    }

    /**
     * What must be the same for a graph to serve.
     *
     * @param metric its name
     */
    public record Build(String metric, Links links, int efConstruction, long seed) {}

    /** Links of a node: {@code m0} on level 0, {@code m} on the others. */
    public record Links(int m, int m0) {}
}
