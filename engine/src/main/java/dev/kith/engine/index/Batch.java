package dev.kith.engine.index;

import dev.kith.engine.index.hnsw.Mender;
import dev.kith.engine.rows.RowView;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One piece of work on a graph, of which several threads take node after node. */
final class Batch implements Consumer<BooleanSupplier> {
    /** How long a thread without a core waits before it looks again: a tenth of the time that one stays taken. */
    private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    /** Nodes that a thread takes at a time when lists are only looked through. */
    private static final int SPAN = 256;

    private final RowView view;
    private final GraphIndex index;
    private final Work work;
    private final BooleanSupplier stopped;
    private final AtomicInteger next = new AtomicInteger();
    /** Rows to link, in the order in which that is best done. */
    private final int[] growing;
    /** Of a mending. */
    private final @Nullable Mender mender;

    private volatile @Nullable Throwable failure;
    /** Whether all ended rows are out of the lists, so that links can be led back. */
    private volatile boolean mended;

    /** What is done. */
    sealed interface Work {
        /** How far the graph was before. */
        GraphIndex.Reach reach();
    }

    /** Links the rows from where the graph ends up to but without {@code to}. */
    record Growing(GraphIndex.Reach reach, int to) implements Work {}

    /** Takes ended rows out; {@code ended} is how many there are in the view. */
    record Mending(GraphIndex.Reach reach, long ended) implements Work {}

    /** Prunes lists to what they keep; they go on growing. */
    record Trimming(GraphIndex.Reach reach) implements Work {}

    /** Prunes and seals what no longer grows. */
    record Sealing(GraphIndex.Reach reach) implements Work {}

    /**
     * @param view acquired for as long as the batch lasts
     * @param stopped says when it need not go on
     */
    Batch(RowView view, GraphIndex index, Work work, BooleanSupplier stopped) {
        this.view = view;
        this.index = index;
        this.work = work;
        this.stopped = stopped;
        this.growing = work instanceof Growing(GraphIndex.Reach reach, int to)
                ? index.graph().order(reach.covered(), to)
                : new int[0];
        this.mender = work instanceof Mending(GraphIndex.Reach reach, long _)
                ? new Mender(index.graph(), view, reach.covered())
                : null;
    }

    /**
     * Does a share of the work; to be run by any number of threads at once. Throws nothing.
     *
     * @param hasCore whether this thread should go on for now; for one of the threads it always is so
     */
    @Override
    public void accept(BooleanSupplier hasCore) {
        try {
            switch (work) {
                case Growing _ -> grow(hasCore);
                case Mending mending -> mend(mending, hasCore);
                case Trimming trimming -> trim(trimming, hasCore);
                case Sealing sealing -> seal(sealing);
            }
        } catch (Throwable reason) {
            failure = reason;
        }
    }

    private void grow(BooleanSupplier hasCore) {
        for (int i = take(1, growing.length, hasCore); i < growing.length; i = take(1, growing.length, hasCore)) {
            if (view.isLive(growing[i])) {
                index.graph().insert(growing[i], view);
            }
        }
    }

    private void mend(Mending mending, BooleanSupplier hasCore) {
        Mender mender = Objects.requireNonNull(this.mender);
        int end = mending.reach().covered();
        for (int from = take(SPAN, end, hasCore); from < end; from = take(SPAN, end, hasCore)) {
            int to = Math.min(end, from + SPAN);
            if (mended) {
                mender.leadBack(from, to);
            } else {
                mender.mend(from, to);
            }
        }
    }

    /** Says whether there is another round, to be done once all threads have ended the one before. */
    boolean goesFurther() {
        boolean further = work instanceof Mending && !mended && goesOn();
        if (further) {
            next.set(0);
            mended = true;
        }
        return further;
    }

    private void trim(Trimming trimming, BooleanSupplier hasCore) {
        int end = trimming.reach().covered();
        for (int from = take(SPAN, end, hasCore); from < end; from = take(SPAN, end, hasCore)) {
            index.graph().trim(view, from, Math.min(end, from + SPAN));
        }
    }

    /** The first of the next {@code count} pieces, or {@code end} when there is no more to do. */
    private int take(int count, int end, BooleanSupplier hasCore) {
        while (!hasCore.getAsBoolean() && next.get() < end && goesOn()) {
            LockSupport.parkNanos(WAIT_NANOS);
        }
        return goesOn() ? Math.min(end, next.getAndAdd(count)) : end;
    }

    private void seal(Sealing sealing) {
        if (next.getAndIncrement() == 0) {
            index.graph().seal(view, sealing.reach().covered());
            var _ = index.graph().connect(view, sealing.reach().covered());
        }
    }

    private boolean goesOn() {
        return failure == null && !stopped.getAsBoolean();
    }

    /** Whether the graph is as it should be after the work; for assertions, since it looks at every link. */
    boolean isSound() {
        Optional<String> fault = index.graph().fault(view, index.reach().covered());
        if (fault.isPresent()) {
            throw new IllegalStateException(fault.get());
        }
        return true;
    }

    /** Why the work failed, once all threads have ended it; null when it did not. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    /** Says how far the graph is, once all threads have ended the work without a failure. */
    void complete() {
        GraphIndex.Reach before = work.reach();
        switch (work) {
            case Growing growing ->
                index.reached(new GraphIndex.Reach(growing.to(), growing.to(), before.endedMended()));
            case Mending mending -> {
                var _ = index.graph().finish(view, before.covered());
                index.reached(new GraphIndex.Reach(before.covered(), before.begun(), mending.ended()));
            }
            case Trimming _ -> {
                var _ = index.graph().connect(view, before.covered());
            }
            case Sealing _ -> {
                // The same nodes, in less memory.
            }
        }
    }
}
