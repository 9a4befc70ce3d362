package dev.kith.engine.index.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.rows.RowView;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** What must hold of every graph whose ended rows were taken out. */
final class GraphCheck {
    private GraphCheck() {}

    /** No list too long, no link twice, to itself, to nowhere or to an ended row; every living row can be reached. */
    static void requireSound(GraphRows under, String doing) {
        RowView view = under.view();
        HnswGraph graph = under.graph;
        int living = 0;
        for (int row = 0; row < under.linkedRows(); row++) {
            if (!view.isLive(row) || graph.apart().has(row)) {
                continue;
            }
            living++;
            if (graph.copies().isCopy(row)) {
                assertThat(neighbours(graph, row, 0))
                        .as("%s: links of copy %d", doing, row)
                        .isEmpty();
                continue;
            }
            requireSameRows(under, row, doing);
            for (int level = graph.links().level(row); level >= 0; level--) {
                int most = graph.links().capacity(row, level);
                Set<Integer> seen = new HashSet<>();
                for (int neighbour : neighbours(graph, row, level)) {
                    assertThat(neighbour)
                            .as("%s: link of %d on %d", doing, row, level)
                            .isBetween(0, under.linkedRows() - 1);
                    assertThat(neighbour)
                            .as("%s: %d links to itself", doing, row)
                            .isNotEqualTo(row);
                    assertThat(view.isLive(neighbour) && !graph.copies().isCopy(neighbour))
                            .as("%s: %d links to ended %d, or to a copy", doing, row, neighbour)
                            .isTrue();
                    assertThat(graph.links().level(neighbour)).as(doing).isGreaterThanOrEqualTo(level);
                    assertThat(seen.add(neighbour))
                            .as("%s: %d links twice to %d", doing, row, neighbour)
                            .isTrue();
                }
                assertThat(seen.size()).as("%s: links of %d", doing, row).isLessThanOrEqualTo(most);
            }
        }
        assertThat(reached(under))
                .as("%s: living rows that can be reached", doing)
                .isEqualTo(living);
    }

    private static void requireSameRows(GraphRows under, int linked, String doing) {
        int copy = under.graph.copies().next(linked);
        for (; copy >= 0; copy = under.graph.copies().next(copy)) {
            assertThat(under.graph.copies().isCopy(copy) && under.view().isLive(copy))
                    .as("%s: %d is a living copy of %d", doing, copy, linked)
                    .isTrue();
            assertThat(under.vector(copy))
                    .as("%s: %d and its copy %d", doing, linked, copy)
                    .isEqualTo(under.vector(linked));
        }
    }

    static int[] neighbours(HnswGraph graph, int row, int level) {
        int[] array = graph.links().array(row, level);
        int from = graph.links().from(array, row, level);
        return java.util.Arrays.copyOfRange(array, from + 1, from + 1 + Links.count(array, from));
    }

    private static int reached(GraphRows under) {
        long entry = under.graph.entry();
        if (entry == HnswGraph.NO_ENTRY) {
            return 0;
        }
        BitSet reached = new BitSet();
        Deque<Integer> waiting = new ArrayDeque<>();
        waiting.add(HnswGraph.entryNode(entry));
        reached.set(HnswGraph.entryNode(entry));
        while (!waiting.isEmpty()) {
            for (int neighbour : neighbours(under.graph, waiting.pop(), 0)) {
                if (!reached.get(neighbour)) {
                    reached.set(neighbour);
                    waiting.push(neighbour);
                }
            }
        }
        reached.stream().boxed().toList().forEach(linked -> {
            int copy = under.graph.copies().next(linked);
            for (; copy >= 0; copy = under.graph.copies().next(copy)) {
                assertThat(reached.get(copy))
                        .as("copy %d was reached before", copy)
                        .isFalse();
                reached.set(copy);
            }
        });
        return reached.cardinality();
    }
}
