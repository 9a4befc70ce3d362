package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.RowView;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Which links a node keeps: of its candidates, nearest first, those that are nearer to the node than to every one that
 * was kept before (paper, algorithm 4), so that links lead into different directions. One thread.
 */
final class Neighbours {
    /** Kept neighbours that a candidate is compared with at a time: most candidates fail at the first few. */
    private static final int GROUP = 4;

    private final HnswGraph graph;
    private final Links links;
    private final RowView view;
    private final Scorer scorer;
    private final int[] group = new int[GROUP];
    private int[] rows = new int[64];
    private long[] all = new long[64];
    private long[] kept = new long[64];

    Neighbours(HnswGraph graph, RowView view) {
        this.graph = graph;
        this.links = graph.links();
        this.view = view;
        this.scorer = new Scorer(graph.metric(), view);
    }

    /**
     * Copies the kept ones to {@code into}.
     *
     * @param candidates packed, nearest first; the first {@code count} are looked at
     * @param most how many are kept at most
     * @return how many are kept
     */
    int select(long[] candidates, int count, int most, long[] into) {
        int chosen = 0;
        for (int i = 0; i < count && chosen < most; i++) {
            if (isDiverse(candidates[i], into, chosen)) {
                into[chosen++] = candidates[i] & ~1L;
            }
        }
        return chosen;
    }

    private boolean isDiverse(long candidate, long[] chosen, int count) {
        if (count == 0) {
            return true;
        }
        scorer.row(Candidates.node(candidate));
        float distance = Candidates.distance(candidate);
        for (int from = 0; from < count; from += GROUP) {
            int size = Math.min(GROUP, count - from);
            for (int i = 0; i < size; i++) {
                group[i] = Candidates.node(chosen[from + i]);
            }
            scorer.measure(group, size);
            for (int i = 0; i < size; i++) {
                if (scorer.distance(i) < distance) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Adds a candidate to the list of {@code owner}; prunes the list when it is full. The caller holds its lock. */
    void add(int owner, int level, long candidate) {
        int[] array = links.array(owner, level);
        int from = links.from(array, owner, level);
        int count = Links.count(array, from);
        if (count < links.capacity(owner, level)) {
            links.add(owner, level, candidate);
            return;
        }
        int total = gather(owner, level);
        all[total++] = candidate;
        keep(owner, level, total);
    }

    /** Prunes a list to the links that it keeps in the end. */
    void prune(int owner, int level) {
        int[] array = links.array(owner, level);
        if (Links.count(array, links.from(array, owner, level)) > links.kept(level)) {
            keep(owner, level, gather(owner, level));
        }
    }

    private void keep(int owner, int level, int total) {
        Arrays.sort(all, 0, total);
        replace(owner, level, all, total);
    }

    /** Makes the best of {@code count} candidates, nearest first, the list of {@code owner}. */
    void replace(int owner, int level, long[] candidates, int count) {
        if (kept.length < links.kept(level)) {
            kept = new long[links.kept(level)];
        }
        links.set(owner, level, kept, select(candidates, count, links.kept(level), kept));
    }

    /** Puts a candidate in the place of the longest link of a list of level 0 that can be spared; false: there is none. */
    boolean replaceLongest(int owner, long candidate, IntPredicate spared) {
        int[] array = links.array(owner, 0);
        int total = gather(owner, 0);
        if (total < Links.count(array, links.from(array, owner, 0))) {
            return false; // Links to ended rows would go with it, and they may lead on.
        }
        Arrays.sort(all, 0, total);
        for (int i = total - 1; i >= 0; i--) {
            if (spared.test(Candidates.node(all[i]))) {
                all[i] = candidate;
                links.set(owner, 0, all, total);
                return true;
            }
        }
        return false;
    }

    /** Puts the list's links to what stands for living rows into {@code all}; leaves room for one more. */
    private int gather(int owner, int level) {
        int[] array = links.array(owner, level);
        int from = links.from(array, owner, level);
        int count = Links.count(array, from);
        if (all.length <= count) {
            all = new long[count * 2];
            rows = new int[count * 2];
        }
        boolean remembered = links.remembers(owner, level);
        if (!remembered) {
            System.arraycopy(array, from + 1, rows, 0, count);
            scorer.row(owner);
            scorer.measure(rows, count);
        }
        int total = 0;
        for (int i = 0; i < count; i++) {
            int node = array[from + 1 + i];
            if (view.allLive() || graph.stands(node, view)) {
                float distance = remembered ? links.distance(owner, i) : scorer.distance(i);
                all[total++] = Candidates.pack(distance, node);
            }
        }
        return total;
    }
}
