package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.RowView;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Links new nodes into a graph (paper, algorithm 1), one after the other. One thread; several inserters may run. */
final class Inserter {
    private final HnswGraph graph;
    private final HnswOptions options;
    private final Links links;
    private final Walk walk;
    private Neighbours neighbours;
    private RowView view;
    private long[][] selected = new long[HnswOptions.LEVEL_MAX + 1][];
    private final int[] counts = new int[HnswOptions.LEVEL_MAX + 1];
    /** Of those that were selected last, which are those of level 0. */
    private int diverse;

    Inserter(HnswGraph graph, RowView view) {
        this.graph = graph;
        this.options = graph.options();
        this.links = graph.links();
        this.view = view;
        this.walk = new Walk(graph, view);
        this.neighbours = new Neighbours(graph, view);
    }

    /** The row must be live in the view. */
    void insert(int node, RowView newest) {
        if (view != newest) {
            view = newest;
            walk.over(newest);
            neighbours = new Neighbours(graph, newest);
        }
        int level = options.level(node);
        long entry = graph.entry();
        if (entry == HnswGraph.NO_ENTRY) {
            links.open(node, level);
            // Only the very first one is the entry before it is linked: another one would walk from itself.
            if (graph.begin(node, level)) {
                return;
            }
            entry = graph.entry();
        }
        int top = Math.min(level, HnswGraph.entryLevel(entry));
        walk.scorer().row(node);
        long start = walk.descend(entry, top);
        for (int at = top; at >= 0; at--) {
            int ef = at == 0 ? options.efConstruction() : options.efAbove();
            Candidates near = walk.beam(start, at, ef, test(node));
            if (near.size() == 0) {
                // All around has ended. Links to that keep the node findable until ended rows are taken out.
                near = walk.beam(start, at, ef, null);
            }
            start = near.entry(0);
            int same = at == 0 ? same(node, near) : -1;
            if (same >= 0) {
                copy(same, node);
                return;
            }
            select(near, at);
        }
        links.open(node, level);
        for (int at = 0; at <= top; at++) {
            links.set(node, at, selected[at], counts[at]);
        }
        links.areDiverse(node, diverse);
        for (int at = 0; at <= top; at++) {
            for (int i = 0; i < counts[at]; i++) {
                linkBack(selected[at][i], at, node);
            }
        }
        graph.raise(node, level);
    }

    /** New links lead to what stands for a living row; null where all do. */
    private @Nullable IntPredicate test(int node) {
        RowView now = view;
        return now.allLive() ? null : row -> row != node && graph.stands(row, now);
    }

    /** The candidate whose row is that of {@code node}, bit for bit; −1 where none is. */
    private int same(int node, Candidates near) {
        long own = Candidates.pack(walk.scorer().distanceTo(node), 0) >> 32;
        for (int i = 0; i < near.size(); i++) {
            int candidate = Candidates.node(near.entry(i));
            if (near.entry(i) >> 32 == own && graph.stands(candidate, view) && isSame(candidate, node)) {
                return candidate;
            }
        }
        return -1;
    }

    private boolean isSame(int left, int right) {
        long bytes = view.layout().vectorBytes();
        long from = view.offset(left);
        long other = view.offset(right);
        return MemorySegment.mismatch(view.memory(left), from, from + bytes, view.memory(right), other, other + bytes)
                < 0;
    }

    private void copy(int linked, int node) {
        ReentrantLock lock = graph.lock(linked);
        lock.lock();
        try {
            graph.copies().add(linked, node);
        } finally {
            lock.unlock();
        }
    }

    private void select(Candidates near, int level) {
        int most = links.kept(level);
        if (selected[level] == null) {
            selected[level] = new long[most];
        }
        if (near.size() <= most) {
            // As in FAISS: a list that has room for all candidates takes them all, and is pruned when it is full.
            for (int i = 0; i < near.size(); i++) {
                selected[level][i] = near.unmarked(i);
            }
            counts[level] = near.size();
            diverse = 0;
            return;
        }
        long[] nearest = near.entries();
        for (int i = 0; i < near.size(); i++) {
            nearest[i] = near.unmarked(i);
        }
        counts[level] = neighbours.select(nearest, near.size(), options.m(), selected[level]);
        diverse = counts[level];
    }

    /** Adds the link from {@code neighbour}, a packed candidate with the distance of both, to {@code node}. */
    private void linkBack(long neighbour, int level, int node) {
        int owner = Candidates.node(neighbour);
        long candidate = Candidates.pack(Candidates.distance(neighbour), node);
        ReentrantLock lock = graph.lock(owner);
        lock.lock();
        try {
            neighbours.add(owner, level, candidate);
        } finally {
            lock.unlock();
        }
    }
}
