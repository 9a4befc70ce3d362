package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.RowView;
import java.util.Arrays;

/**
 * The living nodes of a graph in another order, and the graph with its nodes called so. The order is that of a walk in
 * breadth from the entry, so that what a search touches one after the other lies near each other. One thread, while the
 * graph does not grow.
 */
public final class Renumbering {
    private static final int NONE = -1;

    private final HnswGraph graph;
    private final Links links;
    private final RowView view;
    private final int nodes;

    /** @param nodes nodes from 0 on that are in the graph */
    public Renumbering(HnswGraph graph, int nodes, RowView view) {
        this.graph = graph;
        this.links = graph.links();
        this.view = view;
        this.nodes = nodes;
    }

    /**
     * Gives the graph the lists that it keeps, none of which leads to a row that has ended in the view.
     *
     * @param allMended whether none does already
     * @param pulse runs often; what it throws ends it, and leaves the graph as good as it was
     */
    public void settle(boolean allMended, Runnable pulse) {
        if (!graph.isSealed()) {
            graph.seal(view, nodes);
        }
        if (!allMended) {
            Mender mender = new Mender(graph, view, nodes);
            for (int from = 0; from < nodes; from += Links.firstNode(1)) {
                pulse.run();
                mender.mend(from, from + Links.firstNode(1));
            }
            for (int from = 0; from < nodes; from += Links.firstNode(1)) {
                pulse.run();
                mender.leadBack(from, from + Links.firstNode(1));
            }
        }
        var _ = graph.finish(view, nodes);
    }

    /** The living nodes in their new order. */
    public int[] order() {
        int[] order = new int[nodes];
        int count = 0;
        boolean[] taken = new boolean[nodes];
        long entry = graph.entry();
        if (entry != HnswGraph.NO_ENTRY && HnswGraph.entryNode(entry) < nodes) {
            taken[HnswGraph.entryNode(entry)] = true;
            order[count++] = HnswGraph.entryNode(entry);
        }
        for (int next = 0; next < count; next++) {
            int[] array = links.array(order[next], 0);
            int from = links.from(array, order[next], 0);
            int size = Links.count(array, from);
            for (int i = 1; i <= size; i++) {
                int neighbour = array[from + i];
                if (neighbour < nodes && !taken[neighbour] && view.isLive(neighbour)) {
                    taken[neighbour] = true;
                    order[count++] = neighbour;
                }
            }
        }
        for (int node = 0; node < nodes; node++) {
            if (!taken[node] && view.isLive(node)) {
                order[count++] = node;
            }
        }
        return Arrays.copyOf(order, count);
    }

    /** The graph in which node {@code order[i]} is node {@code i}. */
    public HnswGraph graph(int[] order) {
        int[] renamed = new int[nodes];
        Arrays.fill(renamed, NONE);
        for (int i = 0; i < order.length; i++) {
            renamed[order[i]] = i;
        }
        HnswGraph next = new HnswGraph(graph.options(), graph.metric());
        int chunkNodes = Links.firstNode(1);
        next.links().beginPages(Math.ceilDiv(order.length, chunkNodes));
        for (int first = 0; first < order.length; first += chunkNodes) {
            int end = Math.min(order.length, first + chunkNodes);
            int[] tight = new int[chunkNodes * (1 + links.kept(0))];
            int[][] upper = new int[chunkNodes][];
            for (int node = first; node < end; node++) {
                int[] list = renamed(order[node], 0, renamed);
                System.arraycopy(list, 0, tight, (node - first) * (1 + links.kept(0)), list.length);
                int top = links.level(order[node]);
                if (top > 0) {
                    int[] lists = new int[top * (1 + links.kept(1))];
                    for (int level = 1; level <= top; level++) {
                        int[] above = renamed(order[node], level, renamed);
                        System.arraycopy(above, 0, lists, (level - 1) * (1 + links.kept(1)), above.length);
                    }
                    upper[node - first] = lists;
                }
            }
            next.links().page(first / chunkNodes, tight, upper);
        }
        next.apart().reserve(order.length);
        next.copies().reserve(order.length);
        for (int i = 0; i < order.length; i++) {
            if (graph.apart().has(order[i])) {
                next.apart().add(i);
            }
            int copy = graph.copies().first(order[i], each -> renamed[each] != NONE);
            next.copies().set(i, Copies.word(graph.copies().isCopy(order[i]), copy == NONE ? NONE : renamed[copy]));
        }
        long entry = graph.entry();
        if (entry != HnswGraph.NO_ENTRY && renamed[HnswGraph.entryNode(entry)] != NONE) {
            next.enter((long) HnswGraph.entryLevel(entry) << 32 | renamed[HnswGraph.entryNode(entry)]);
        }
        return next;
    }

    /** A list with its count. */
    private int[] renamed(int node, int level, int[] renamed) {
        int[] array = links.array(node, level);
        int from = links.from(array, node, level);
        int size = Links.count(array, from);
        int[] list = new int[1 + links.kept(level)];
        int kept = 0;
        for (int i = 1; i <= size && kept < links.kept(level); i++) {
            int neighbour = array[from + i];
            if (neighbour < nodes && renamed[neighbour] != NONE) {
                kept++;
                list[kept] = renamed[neighbour];
            }
        }
        list[0] = kept;
        return list;
    }
}
