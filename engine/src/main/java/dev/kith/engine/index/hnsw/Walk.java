package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.RowView;
import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One walk through the graph after the other (paper, algorithms 2 and 5), with the arrays that they share. All
 * neighbours of a node that were not seen yet are measured together, since what a walk waits for is memory. One thread.
 *
 * <p>Where many rows fail a test, a walk measures only those that pass, and goes by way of the others to those that they
 * lead to, as if the graph had links of its own among what passes: ACORN-1 (Patel and others, arXiv 2403.04871, section
 * 5.2), with its bound on how many rows a node leads to. Other than there, a node's own links come first and others are
 * looked at only while there are fewer than that, as Lucene's FilteredHnswGraphSearcher has it.
 */
final class Walk {
    /**
     * With a test, nodes that fail it are still walked over; so many times more candidates than results are kept for
     * that. Where it does not do, too few results say so.
     */
    private static final int FAILING_FACTOR = 8;

    /**
     * Candidates kept on the levels above the one that is searched. With one, as in the paper, a walk among clusters
     * ends at the first that has no nearer one for a neighbour; more than two find no more of them.
     */
    private static final int EF_DESCENT = 2;

    private final HnswGraph graph;
    private final Links links;
    private final Copies copies;
    private final Visited visited = new Visited();
    private final Candidates near = new Candidates();
    private final Candidates accepted = new Candidates();
    private int[] batch = new int[64];
    /** Nodes that fail a test, to go by way of. */
    private int[] failing = new int[64];

    private int[] fresh = new int[64];
    private int freshCount;
    private Scorer scorer;
    private long measured;

    Walk(HnswGraph graph, RowView view) {
        this.graph = graph;
        this.links = graph.links();
        this.copies = graph.copies();
        this.scorer = new Scorer(graph.metric(), view);
    }

    /** Begins to walk over another view. */
    void over(RowView view) {
        scorer = new Scorer(graph.metric(), view);
        measured = 0;
    }

    Scorer scorer() {
        return scorer;
    }

    /** Distances computed since {@link #over}. */
    long measured() {
        return measured;
    }

    /** The entry as a candidate, packed. */
    long start(long entry) {
        int node = HnswGraph.entryNode(entry);
        return Candidates.pack(scorer.distanceTo(node), node);
    }

    /** The nearest node that a narrow walk finds on the levels above {@code level}, packed. */
    long descend(long entry, int level) {
        long nearest = start(entry);
        for (int at = HnswGraph.entryLevel(entry); at > level; at--) {
            nearest = beam(nearest, at, EF_DESCENT, null).unmarked(0);
        }
        return nearest;
    }

    /**
     * The {@code ef} nearest nodes on a level that a walk finds from {@code start}, sorted.
     *
     * @param test what a node must pass to be among them; null: none
     */
    Candidates beam(long start, int level, int ef, @Nullable IntPredicate test) {
        visited.reset(scorer.limit());
        visited.add(Candidates.node(start));
        if (test == null) {
            beam(start, level, ef);
            return near;
        }
        near.reset((int) Math.min(Integer.MAX_VALUE, (long) ef * FAILING_FACTOR));
        accepted.reset(ef);
        offer(Candidates.distance(start), Candidates.node(start), test);
        long next = near.expandNext();
        while (next != -1 && !(accepted.isFull() && Candidates.distance(next) > accepted.worst())) {
            int count = unseen(Candidates.node(next), level);
            measure(count);
            for (int i = 0; i < count; i++) {
                float distance = scorer.distance(i);
                if (distance < accepted.worst() || !accepted.isFull()) {
                    offer(distance, batch[i], test);
                }
            }
            next = near.expandNext();
        }
        return accepted;
    }

    /** The nearest rows that a walk on level 0 finds from {@code start}, copies among them, nearest first. */
    int[] rows(long start, HnswGraph.Demand demand) {
        int ef = demand.ef();
        IntPredicate test = demand.test();
        IntPredicate any = test == null ? null : row -> test.test(row) || copies.first(row, test) >= 0;
        Candidates found =
                any != null && demand.hops() ? hop(start, ef, any, demand.measuredMax()) : beam(start, 0, ef, any);
        int[] rows = new int[ef];
        int count = 0;
        for (int i = 0; i < found.size() && count < ef; i++) {
            int node = Candidates.node(found.entry(i));
            int copy = copies.next(node);
            if (test == null || copy < 0 || test.test(node)) {
                rows[count++] = node;
            }
            for (; copy >= 0 && count < ef; copy = copies.next(copy)) {
                // While ended rows are taken out, a copy may be seen as a node that has links, too.
                if (copy < scorer.limit() && visited.add(copy) && (test == null || test.test(copy))) {
                    rows[count++] = copy;
                }
            }
        }
        return Arrays.copyOf(rows, count);
    }

    /** The nearest nodes that pass a test, and no others measured but the start. */
    private Candidates hop(long start, int ef, IntPredicate test, long measuredMax) {
        visited.reset(scorer.limit());
        visited.add(Candidates.node(start));
        near.reset(ef);
        near.offer(Candidates.distance(start), Candidates.node(start));
        long next = near.expandNext();
        while (next != -1 && measured < measuredMax) {
            int count = passing(Candidates.node(next), test);
            measure(count);
            for (int i = 0; i < count; i++) {
                float distance = scorer.distance(i);
                if (distance < near.worst() || !near.isFull()) {
                    near.offer(distance, batch[i]);
                }
            }
            next = near.expandNext();
        }
        return near;
    }

    /** Puts nodes into the batch that pass and that a node leads to, or that those lead to which fail. */
    private int passing(int node, IntPredicate test) {
        int wanted = fresh(node);
        int count = freshCount;
        int passing = 0;
        int failed = 0;
        for (int via = 0; ; via++) {
            for (int i = 0; i < count; i++) {
                boolean passes = test.test(fresh[i]);
                if (passes) {
                    batch = room(batch, passing);
                    batch[passing++] = fresh[i];
                } else if (via == 0) {
                    failing = room(failing, failed);
                    failing[failed++] = fresh[i];
                }
            }
            if (via == failed || passing >= wanted) {
                return passing;
            }
            var _ = fresh(failing[via]);
            count = freshCount;
        }
    }

    private static int[] room(int[] array, int used) {
        return used < array.length ? array : Arrays.copyOf(array, 2 * used);
    }

    /** Finds the neighbours on level 0 that this walk has not seen; returns how many neighbours there are. */
    private int fresh(int node) {
        int[] array = links.array(node, 0);
        int from = links.from(array, node, 0);
        int count = Links.count(array, from);
        if (fresh.length < count) {
            fresh = new int[count * 2];
        }
        freshCount = visited.addAll(array, from + 1, count, fresh);
        return count;
    }

    private void offer(float distance, int node, IntPredicate test) {
        near.offer(distance, node);
        if (test.test(node)) {
            accepted.offer(distance, node);
        }
    }

    private void beam(long start, int level, int ef) {
        near.reset(ef);
        near.offer(Candidates.distance(start), Candidates.node(start));
        for (long next = near.expandNext(); next != -1; next = near.expandNext()) {
            int count = unseen(Candidates.node(next), level);
            measure(count);
            for (int i = 0; i < count; i++) {
                float distance = scorer.distance(i);
                if (distance < near.worst() || !near.isFull()) {
                    near.offer(distance, batch[i]);
                }
            }
        }
    }

    private void measure(int count) {
        scorer.measure(batch, count);
        measured += count;
    }

    /** Puts the neighbours that this walk has not seen into the batch. */
    private int unseen(int node, int level) {
        int[] array = links.array(node, level);
        int from = links.from(array, node, level);
        int count = Links.count(array, from);
        if (batch.length < count) {
            batch = Arrays.copyOf(batch, count * 2);
        }
        return visited.addAll(array, from + 1, count, batch);
    }
}
