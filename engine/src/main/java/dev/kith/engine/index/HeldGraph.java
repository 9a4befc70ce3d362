package dev.kith.engine.index;

import dev.kith.engine.index.hnsw.HnswGraph;
import dev.kith.engine.index.hnsw.LinkPages;
import dev.kith.engine.index.hnsw.Renumbering;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.segment.GraphHead;
import dev.kith.engine.segment.GraphPage;
import dev.kith.engine.segment.GraphSource;
import java.nio.ByteBuffer;

/** A graph that does not change until this is closed. One thread. */
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

    /** Whether it is of the rows of that view. */
    public boolean isOf(RowView view) {
        return keeper.isOf(index, view);
    }

    GraphIndex index() {
        return index;
    }

    /**
     * Gives the graph the lists that it keeps, none of which leads to a row that has ended in the view, and says in
     * which order its living rows should lie.
     */
    public int[] order(RowView view, Runnable pulse) {
        GraphIndex.Reach reach = index.reach();
        long ended = view.rowCount() - view.live();
        Renumbering numbers = new Renumbering(index.graph(), reach.covered(), view);
        numbers.settle(ended == reach.endedMended(), pulse);
        index.reached(new GraphIndex.Reach(reach.covered(), reach.begun(), ended));
        return numbers.order();
    }

    /** The same graph over rows of which row {@code i} was {@code order[i]}; not in use yet. */
    public Renumbered renumbered(RowView view, int[] order) {
        HnswGraph next = new Renumbering(index.graph(), index.reach().covered(), view).graph(order);
        GraphIndex grown = new GraphIndex(next);
        grown.reached(new GraphIndex.Reach(order.length, order.length, 0));
        return new Renumbered(keeper, grown);
    }

    /** A graph that is about to take the place of another. */
    public record Renumbered(IndexKeeper keeper, GraphIndex index) {
        /** Puts it to use; {@code origin} is a view of its rows. */
        public HeldGraph enter(RowView origin) {
            keeper.replace(index, origin);
            return new HeldGraph(keeper, index);
        }
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
    public int pageBytes(GraphPage page) {
        return page.changes() ? pages.changedBytes(page.number()) : pages.bytes(page.number());
    }

    @Override
    public void page(GraphPage page, ByteBuffer into) {
        if (page.changes()) {
            pages.encodeChanged(page.number(), into);
        } else {
            pages.encode(page.number(), into);
        }
    }

    /** Whether all but what has changed of it is in files, the newest of which has that number. */
    public boolean isKeptAs(long number) {
        return index.keptAs() == number;
    }

    /** All of it is in files now. */
    public void keptAs(long number) {
        index.keptAs(number);
        pages.forgetChanges();
    }

    @Override
    public void close() {
        keeper.release();
    }
}
