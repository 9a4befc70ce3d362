package dev.kith.engine.index;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Works that wait for a moment in which the graph does not change. Any thread adds them, one takes them. */
final class Pauses {
    private final Indexer indexer;
    private final Queue<Pause> waiting = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    /**
     * One work.
     *
     * @param mends whether ended rows are taken out of the graph before it; else lists are pruned to what they keep
     * @param prepared whether that was begun
     */
    record Pause(Runnable work, boolean mends, AtomicBoolean prepared) {}

    Pauses(Indexer indexer) {
        this.indexer = indexer;
    }

    void add(Runnable work, boolean mends) {
        waiting.add(new Pause(work, mends, new AtomicBoolean()));
        if (closed) {
            runInVain();
        }
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** The one that has waited longest, which goes on waiting; null where there is none. */
    @Nullable
    Pause next() {
        return waiting.peek();
    }

    /** Takes one that nobody has taken. */
    boolean take(Pause pause) {
        return waiting.remove(pause);
    }

    /** Works that only wanted the graph as it is are run all the same, and find none; others are forgotten. */
    void close() {
        closed = true;
        runInVain();
    }

    private void runInVain() {
        for (Pause pause = waiting.poll(); pause != null; pause = waiting.poll()) {
            if (!pause.mends) {
                indexer.execute(pause.work);
            }
        }
    }
}
