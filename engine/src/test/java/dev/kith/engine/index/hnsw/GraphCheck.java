package dev.kith.engine.index.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.rows.RowView;

/** What must hold of every graph whose ended rows were taken out. */
final class GraphCheck {
    private GraphCheck() {}

    /** Links and reach are sound, none leads to an ended row, and copies are copies. */
    static void requireSound(GraphRows under, String doing) {
        RowView view = under.view();
        HnswGraph graph = under.graph;
        Soundness all = new Soundness(graph, view, under.linkedRows());
        assertThat(all.faultOfLinks()).as(doing).isEmpty();
        assertThat(all.faultOfReach()).as(doing).isEmpty();
        for (int row = 0; row < under.linkedRows(); row++) {
            if (!view.isLive(row) || graph.apart().has(row)) {
                continue;
            }
            if (graph.copies().isCopy(row)) {
                assertThat(Soundness.neighbours(graph, row, 0))
                        .as("%s: links of copy %d", doing, row)
                        .isEmpty();
                continue;
            }
            requireSameRows(under, row, doing);
            for (int level = graph.links().level(row); level >= 0; level--) {
                for (int neighbour : Soundness.neighbours(graph, row, level)) {
                    assertThat(view.isLive(neighbour))
                            .as("%s: %d links to ended %d", doing, row, neighbour)
                            .isTrue();
                }
            }
        }
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
}
