package dev.kith.engine.index;

import dev.kith.engine.index.hnsw.HnswGraph;
import dev.kith.engine.index.hnsw.LinkPages;
import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.segment.GraphHead;
import dev.kith.engine.segment.GraphPage;
import dev.kith.engine.segment.GraphTarget;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** A graph that is made of its pages; it serves once all of them are there and make sense. */
final class RestoredGraph implements GraphTarget {
    private final HnswGraph graph;
    private final GraphHead head;
    private final LinkPages pages;
    private final Consumer<GraphIndex> done;

    /**
     * Refuses before anything is allocated where there is no memory for it.
     *
     * @param done takes the graph when it serves
     */
    RestoredGraph(HnswGraph graph, GraphHead head, MemoryBudget budget, Consumer<GraphIndex> done) {
        this.graph = graph;
        this.head = head;
        this.pages = new LinkPages(graph, head.covered());
        this.done = done;
        budget.reserve(0, pages.bytesInMemory());
        budget.release(0, pages.bytesInMemory()); // It is taken when the graph is there, with what else it needs.
        pages.begin();
    }

    @Override
    public int pages(int covered) {
        return new LinkPages(graph, covered).count();
    }

    @Override
    public boolean page(GraphPage page, ByteBuffer from) {
        LinkPages of = new LinkPages(graph, page.covered());
        return page.changes() ? of.decodeChanged(page.number(), from) : of.decode(page.number(), from);
    }

    @Override
    public boolean finish() {
        if (!pages.enter(head.entry())) {
            return false;
        }
        GraphIndex index = new GraphIndex(graph);
        index.reached(new GraphIndex.Reach(head.covered(), head.covered(), head.endedMended()));
        done.accept(index);
        return true;
    }
}
