package dev.kith.engine.index;

import dev.kith.vectors.IndexSpec;
import java.util.Optional;

/**
 * Where a collection has its graph: the keeper of one, if the specification asks for one now. Safe on any thread;
 * changes come one at a time.
 */
public final class IndexSlot implements AutoCloseable {
    private final IndexKeeper.Source source;
    private volatile Optional<IndexKeeper> keeper;
    private volatile Runnable grownOn = () -> {};

    public IndexSlot(IndexSpec spec, IndexKeeper.Source source) {
        this.source = source;
        this.keeper = IndexKeeper.of(spec, source);
    }

    /** The keeper, or empty where searches are exact. */
    public Optional<IndexKeeper> now() {
        return keeper;
    }

    /** Whether the graph that there is, or that there is none, is what the specification asks for. */
    public boolean suits(IndexSpec spec) {
        Optional<IndexKeeper> wanted = IndexKeeper.of(spec, source);
        return keeper.map(one -> wanted.filter(one::buildsLike).isPresent()).orElse(wanted.isEmpty());
    }

    /** Lets go of the graph and begins the one that is asked for; until it has grown, rows are scanned. */
    public void change(IndexSpec spec) {
        Optional<IndexKeeper> old = keeper;
        Optional<IndexKeeper> next = IndexKeeper.of(spec, source);
        next.ifPresent(one -> one.whenGrown(grownOn));
        keeper = next;
        old.ifPresent(IndexKeeper::close);
        next.ifPresent(IndexKeeper::wake);
    }

    /** Calls {@code next} whenever a graph has grown on or has been sealed, from now on. */
    public void whenGrown(Runnable next) {
        grownOn = next;
        keeper.ifPresent(one -> one.whenGrown(next));
    }

    /** Stops growing after the batch that runs. */
    @Override
    public void close() {
        keeper.ifPresent(IndexKeeper::close);
    }
}
