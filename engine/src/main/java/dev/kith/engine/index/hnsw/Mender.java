package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.RowView;

/**
 * Takes rows that have ended in a view out of the lists of living nodes, in two rounds; see {@link Repair}. Afterwards
 * {@link HnswGraph#finish} forgets the ended ones.
 *
 * <p>Threads: several may work on different nodes at once. Nobody inserts meanwhile, and no thread begins with the
 * second round before all have ended the first.
 */
public final class Mender {
    private final HnswGraph graph;
    private final RowView view;
    private final int nodes;
    /** How many links of a node are new; two bytes a node. */
    private final short[] fresh;

    /** @param nodes nodes from 0 on that are in the graph */
    public Mender(HnswGraph graph, RowView view, int nodes) {
        this.graph = graph;
        this.view = view;
        this.nodes = nodes;
        this.fresh = new short[nodes];
    }

    /** The first round, for nodes {@code from} up to but without {@code to}, as far as there are such. */
    public void mend(int from, int to) {
        Repair repair = new Repair(graph, view);
        for (int node = from; node < Math.min(nodes, to); node++) {
            if (view.isLive(node)) {
                fresh[node] = (short) repair.mend(node);
            } else {
                repair.bequeath(node);
            }
        }
    }

    /** The second round. */
    public void leadBack(int from, int to) {
        Repair repair = new Repair(graph, view);
        for (int node = from; node < Math.min(nodes, to); node++) {
            if (view.isLive(node)) {
                repair.leadBack(node, fresh[node]);
            }
        }
    }
}
