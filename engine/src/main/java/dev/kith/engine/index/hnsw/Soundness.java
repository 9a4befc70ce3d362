package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.RowView;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.Optional;

/**
 * What must hold of a graph whenever no thread changes it. It looks at every link, so that it is for assertions and
 * tests only. Used by one thread.
 */
final class Soundness {
    private final HnswGraph graph;
    private final RowView view;
    private final int nodes;

    /** @param nodes rows below it are in the graph, as far as they live */
    Soundness(HnswGraph graph, RowView view, int nodes) {
        this.graph = graph;
        this.view = view;
        this.nodes = nodes;
    }

    /** A list too long, a link twice, to itself, to nowhere, to a copy or above its level; or empty. */
    Optional<String> faultOfLinks() {
        if (!graph.copies().areSound(nodes)) {
            return Optional.of("copies that are in no chain, or in two");
        }
        for (int node = 0; node < nodes; node++) {
            if (!isNode(node)) {
                continue;
            }
            for (int level = graph.links().level(node); level >= 0; level--) {
                int[] links = neighbours(graph, node, level);
                BitSet seen = new BitSet();
                for (int link : links) {
                    boolean right = link >= 0
                            && link < nodes
                            && link != node
                            && !seen.get(link)
                            && !graph.copies().isCopy(link)
                            && graph.links().level(link) >= level;
                    if (!right) {
                        return Optional.of("node %d has a link to %d on level %d".formatted(node, link, level));
                    }
                    seen.set(link);
                }
                if (links.length > graph.links().capacity(node, level)) {
                    return Optional.of("node %d has %d links on level %d".formatted(node, links.length, level));
                }
            }
        }
        return Optional.empty();
    }

    /** A living row that no walk on level 0 comes to, or empty. Holds of a graph that was connected. */
    Optional<String> faultOfReach() {
        BitSet reached = reached();
        for (int node = 0; node < nodes; node++) {
            if (isNode(node) && !reached.get(node)) {
                return Optional.of("node %d cannot be reached".formatted(node));
            }
        }
        return Optional.empty();
    }

    /** Whether a living row is linked itself, neither set apart nor a copy. */
    private boolean isNode(int row) {
        return view.isLive(row) && !graph.apart().has(row) && !graph.copies().isCopy(row);
    }

    private BitSet reached() {
        BitSet reached = new BitSet();
        long entry = graph.entry();
        if (entry == HnswGraph.NO_ENTRY) {
            return reached;
        }
        Deque<Integer> waiting = new ArrayDeque<>();
        waiting.add(HnswGraph.entryNode(entry));
        reached.set(HnswGraph.entryNode(entry));
        while (!waiting.isEmpty()) {
            for (int link : neighbours(graph, waiting.pop(), 0)) {
                if (!reached.get(link)) {
                    reached.set(link);
                    waiting.push(link);
                }
            }
        }
        return reached;
    }

    /** The links of a node. */
    static int[] neighbours(HnswGraph graph, int node, int level) {
        int[] array = graph.links().array(node, level);
        int from = graph.links().from(array, node, level);
        return Arrays.copyOfRange(array, from + 1, from + 1 + Links.count(array, from));
    }
}
