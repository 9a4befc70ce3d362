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
    /** Marks a packed candidate that was kept beside all others that are marked. */
    private static final long KNOWN = 1;

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
     * @param candidates packed, nearest first; the first {@code count} are looked at. Those that are {@link #KNOWN} are
     *     not compared with each other
     * @param most how many are kept at most
     * @return how many are kept
     */
    int select(long[] candidates, int count, int most, long[] into) {
        int chosen = 0;
        for (int i = 0; i < count && chosen < most; i++) {
            if (isDiverse(candidates[i], into, chosen)) {
                into[chosen++] = candidates[i];
            }
        }
        for (int i = 0; i < chosen; i++) {
            into[i] &= ~KNOWN;
        }
        return chosen;
    }

    private boolean isDiverse(long candidate, long[] chosen, int count) {
        boolean known = (candidate & KNOWN) != 0;
        float distance = Candidates.distance(candidate);
        boolean taken = false;
        int size = 0;
        for (int i = 0; i < count; i++) {
            if (!known || (chosen[i] & KNOWN) == 0) {
                group[size++] = Candidates.node(chosen[i]);
            }
            if (size == GROUP || (size > 0 && i == count - 1)) {
                if (!taken) {
                    scorer.row(Candidates.node(candidate));
                    taken = true;
                }
                if (isNearer(size, distance)) {
                    return false;
                }
                size = 0;
            }
        }
        return true;
    }

    /** Whether one of the group is nearer to the row than that. */
    private boolean isNearer(int size, float distance) {
        scorer.measure(group, size);
        for (int i = 0; i < size; i++) {
            if (scorer.distance(i) < distance) {
                return true;
            }
        }
        return false;
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

    /** Makes the best of the first {@code total} of {@code all} the list of {@code owner}. */
    private void keep(int owner, int level, int total) {
        Arrays.sort(all, 0, total);
        if (kept.length < links.kept(level)) {
            kept = new long[links.kept(level)];
        }
        int chosen = select(all, total, links.kept(level), kept);
        links.set(owner, level, kept, chosen);
        if (level == 0) {
            links.areDiverse(owner, chosen);
        }
    }

    /** Puts a candidate in the place of the longest spared link of a list of level 0; false: there is none. */
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
        int known = level == 0 ? links.diverse(owner) : 0;
        for (int i = 0; i < count; i++) {
            int node = array[from + 1 + i];
            if (view.allLive() || graph.stands(node, view)) {
                float distance = remembered ? links.distance(owner, i) : scorer.distance(i);
                all[total++] = Candidates.pack(distance, node) | (i < known ? KNOWN : 0);
            }
        }
        return total;
    }
}
