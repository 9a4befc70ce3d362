package dev.kith.engine.index;

import dev.kith.engine.rows.RowView;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One piece of work on a graph: several threads of the indexer take node after node, and the last one to end completes
 * it. It holds its view meanwhile.
 */
final class Batch implements Runnable {
    /** Nodes that a thread takes at a time when lists are only looked through. */
    private static final int SPAN = 256;

    private final IndexKeeper keeper;
    private final RowView view;
    private final GraphIndex index;
    private final Work work;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    /** What is done. */
    sealed interface Work {
        /** How far the graph was before. */
        GraphIndex.Reach reach();
    }

    /** Links the rows from where the graph ends up to but without {@code to}. */
    record Growing(GraphIndex.Reach reach, int to) implements Work {}

    /** Takes ended rows out; {@code ended} is how many there are in the view. */
    record Mending(GraphIndex.Reach reach, long ended) implements Work {}

    /** Prunes and seals what no longer grows. */
    record Sealing(GraphIndex.Reach reach) implements Work {}

    /** @param view acquired; released when the batch has ended */
    Batch(IndexKeeper keeper, RowView view, GraphIndex index, Work work) {
        this.keeper = keeper;
        this.view = view;
        this.index = index;
        this.work = work;
        this.next.set(work instanceof Growing ? work.reach().covered() : 0);
    }

    void begin(Indexer indexer) {
        int threads = work instanceof Sealing ? 1 : indexer.threads();
        running.set(threads);
        for (int i = 0; i < threads; i++) {
            indexer.execute(this);
        }
    }

    @Override
    public void run() {
        try {
            switch (work) {
                case Growing growing -> grow(growing);
                case Mending mending -> mend(mending);
                case Sealing sealing -> index.graph().seal(view, sealing.reach().covered());
            }
        } catch (Throwable reason) {
            failure = reason;
        }
        if (running.decrementAndGet() == 0) {
            end();
        }
    }

    private void grow(Growing growing) {
        for (int row = next.getAndIncrement(); row < growing.to() && goesOn(); row = next.getAndIncrement()) {
            if (view.isLive(row)) {
                index.graph().insert(row, view);
            }
        }
    }

    private void mend(Mending mending) {
        int end = mending.reach().covered();
        for (int from = next.getAndAdd(SPAN); from < end && goesOn(); from = next.getAndAdd(SPAN)) {
            index.graph().mend(view, from, Math.min(end, from + SPAN));
        }
    }

    private boolean goesOn() {
        return failure == null && !keeper.isClosed();
    }

    private void end() {
        try {
            if (goesOn()) {
                complete();
            }
        } catch (Throwable reason) {
            failure = reason;
        }
        view.release();
        keeper.ended(failure);
    }

    private void complete() {
        GraphIndex.Reach before = work.reach();
        switch (work) {
            case Growing growing ->
                index.reached(new GraphIndex.Reach(growing.to(), growing.to(), before.endedMended()));
            case Mending mending -> {
                var _ = index.graph().finish(view, before.covered());
                index.reached(new GraphIndex.Reach(before.covered(), before.begun(), mending.ended()));
            }
            case Sealing _ -> {
                var _ = index.graph().connect(view, before.covered());
            }
        }
    }
}
