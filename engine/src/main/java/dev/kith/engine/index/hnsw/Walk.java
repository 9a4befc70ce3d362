package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.RowView;
import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One walk through the graph after the other (paper, algorithms 2 and 5), with the arrays that they share. All
 * neighbours of a node that were not seen yet are measured together, since what a walk waits for is memory. One thread.
 */
final class Walk {
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
    private Scorer scorer;
    private long measured;
    private boolean ended = true;

    @SuppressWarnings("UnusedVariable") // What was read ahead goes somewhere, or the compiler would drop the read.
    private int ahead;

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
        ended = true;
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
        beam(start, level, HnswGraph.Demand.of(ef, test), test);
        return accepted;
    }

    /** Walks over nodes that fail the test, too. */
    private void beam(long start, int level, HnswGraph.Demand demand, IntPredicate test) {
        near.reset(demand.kept());
        accepted.reset(demand.ef());
        offer(Candidates.distance(start), Candidates.node(start), test);
        long next = near.expandNext();
        while (next != -1
                && measured < demand.measuredMax()
                && !(accepted.isFull() && Candidates.distance(next) > accepted.worst())) {
            int count = unseen(Candidates.node(next), level);
            readAhead(level);
            measure(count);
            for (int i = 0; i < count; i++) {
                float distance = scorer.distance(i);
                if (distance < accepted.worst() || !accepted.isFull()) {
                    offer(distance, batch[i], test);
                }
            }
            next = near.expandNext();
        }
        // With nothing left to go on from, rows that were nearer may have been forgotten for want of room.
        ended = next == -1
                ? !near.isFull() || (accepted.isFull() && !(near.worst() < accepted.worst()))
                : accepted.isFull() && Candidates.distance(next) > accepted.worst();
    }

    /** Whether the last walk with a test came to its end; see {@link HnswGraph.Found}. */
    boolean ended() {
        return ended;
    }

    /** The nearest rows that a walk on level 0 finds from {@code start}, copies among them, nearest first. */
    int[] rows(long start, HnswGraph.Demand demand) {
        int ef = demand.ef();
        IntPredicate test = demand.test();
        visited.reset(scorer.limit());
        visited.add(Candidates.node(start));
        if (test == null) {
            beam(start, 0, ef);
        } else {
            beam(start, 0, demand, row -> test.test(row) || copies.first(row, test) >= 0);
        }
        Candidates found = test == null ? near : accepted;
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
            readAhead(level);
            measure(count);
            for (int i = 0; i < count; i++) {
                float distance = scorer.distance(i);
                if (distance < near.worst() || !near.isFull()) {
                    near.offer(distance, batch[i]);
                }
            }
        }
    }

    /** Has the list come into the cache that is likely the next one, while rows are waited for. */
    private void readAhead(int level) {
        long next = near.peekNext();
        if (next != -1) {
            ahead ^= links.read(Candidates.node(next), level);
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
