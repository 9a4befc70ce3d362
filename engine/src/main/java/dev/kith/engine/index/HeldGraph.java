package dev.kith.engine.index;

import dev.kith.engine.index.hnsw.HnswGraph;
import dev.kith.engine.index.hnsw.LinkPages;
import dev.kith.engine.segment.GraphHead;
import dev.kith.engine.segment.GraphSource;
import java.nio.ByteBuffer;

/** A sealed graph that does not change until this is closed. One thread. */
public final class HeldGraph implements GraphSource, AutoCloseable {
    private final IndexKeeper keeper;
    private final GraphIndex index;
    private final LinkPages pages;
    private long epoch;

    HeldGraph(IndexKeeper keeper, GraphIndex index) {
        this.keeper = keeper;
        this.index = index;
        this.pages = new LinkPages(index.graph(), index.reach().covered());
    }

    /** Says of which epoch the rows are; the graph does not know. */
    public HeldGraph ofEpoch(long of) {
        epoch = of;
        return this;
    }

    GraphIndex index() {
        return index;
    }

    @Override
    public GraphHead head() {
        HnswGraph graph = index.graph();
        GraphIndex.Reach reach = index.reach();
        return new GraphHead(
                epoch,
                reach.covered(),
                reach.endedMended(),
                pages.entry(),
                IndexKeeper.build(graph.options(), graph.metric()));
    }

    @Override
    public int pages() {
        return pages.count();
    }

    @Override
    public int pageBytes(int page) {
        return pages.bytes(page);
    }

    @Override
    public void page(int page, ByteBuffer into) {
        pages.encode(page, into);
    }

    @Override
    public void close() {
        keeper.release();
    }
}
