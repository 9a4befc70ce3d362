package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.RowView;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntPredicate;

/**
 * Takes ended rows out of a graph without building it anew, in two rounds.
 *
 * <ol>
 *   <li>A node that linked to one gets, as candidates beside the links that it has left, those that the ended one led
 *       to, so the hole is bridged by its rim, as in FreshDiskANN (Singh et al., arXiv 2105.09613, section 4.2). It
 *       takes of them what a new node would, and keeps its other links where there is room. Where the ended one has
 *       living {@link Copies}, the first of them is a candidate, too, and gets its levels.
 *   <li>New links lead back where there is room, as they do when a node is inserted. Without that, a list has what is
 *       diverse and little else: of 60,000 rows of Fashion-MNIST half of which had ended, ef 14 then found 0.954, a
 *       fresh graph of the others 0.968, and with it 0.976.
 * </ol>
 *
 * <p>Different nodes can be mended by different threads at once, in any order, with the same outcome; so can links be
 * led back, with an outcome that depends on the order where lists are full. One thread an instance.
 */
final class Repair {
    /**
     * Candidates, living or ended, for each one that an insertion keeps, after which no more rims are looked at. With
     * four, half of 100,000 clustered rows had ended, ef 28 found 0.880, with eight 0.894, a fresh graph 0.889.
     */
    private static final int CANDIDATES_FACTOR = 8;

    private static final int CANDIDATES_MAX = 4096;

    private static final int UNREACHED = -1;

    private final HnswGraph graph;
    private final Links links;
    private final Copies copies;
    private final RowView view;
    private final Scorer scorer;
    private final Neighbours neighbours;
    private final Visited seen = new Visited();
    private int[] candidates = new int[256];
    private int found;
    private int own;
    private long[] sorted = new long[256];
    private long[] kept = new long[256];
    private final long[] chosen;
    private final int enough;

    Repair(HnswGraph graph, RowView view) {
        this.graph = graph;
        this.links = graph.links();
        this.copies = graph.copies();
        this.view = view;
        this.scorer = new Scorer(graph.metric(), view);
        this.neighbours = new Neighbours(graph, view);
        this.chosen = new long[links.kept(0)];
        int wanted = CANDIDATES_FACTOR * Math.max(graph.options().efConstruction(), links.kept(0) / 2);
        this.enough = Math.min(CANDIDATES_MAX, wanted);
    }

    /**
     * Mends all lists of a living node.
     *
     * @return how many links on level 0, from the first one on, are new
     */
    int mend(int node) {
        int fresh = 0;
        for (int level = links.level(node); level >= 0; level--) {
            int[] array = links.array(node, level);
            int from = links.from(array, node, level);
            int count = Links.count(array, from);
            boolean whole = true;
            for (int i = 1; i <= count && whole; i++) {
                whole = view.isLive(array[from + i]);
            }
            if (!whole) {
                fresh = mend(node, node, level);
            } else if (level == 0) {
                fresh = 0;
            }
        }
        return fresh;
    }

    /** Links the first living copy of an ended node that has links in its place, on its levels. */
    void bequeath(int ended) {
        int heir = copies.isCopy(ended) ? -1 : copies.first(ended, view::isLive);
        if (heir >= 0) {
            links.open(heir, links.level(ended));
            for (int level = links.level(ended); level >= 0; level--) {
                var _ = mend(heir, ended, level);
            }
        }
    }

    /**
     * Makes a list of {@code node} of what that of {@code origin} leads to.
     *
     * @return how many links, from the first one on, are new
     */
    private int mend(int node, int origin, int level) {
        collectAll(node, origin, level);
        scorer.row(node);
        scorer.measure(candidates, found);
        if (sorted.length < found) {
            sorted = new long[found * 2];
            kept = new long[found * 2];
        }
        for (int i = 0; i < found; i++) {
            sorted[i] = Candidates.pack(scorer.distance(i), candidates[i]);
        }
        System.arraycopy(sorted, 0, kept, 0, own);
        Arrays.sort(kept, 0, own);
        Arrays.sort(sorted, 0, found);
        int diverse = neighbours.select(sorted, found, graph.options().m(), sorted);
        int fresh = 0;
        for (int i = 0; i < diverse; i++) {
            if (Arrays.binarySearch(kept, 0, own, sorted[i]) < 0) {
                chosen[fresh++] = sorted[i];
            }
        }
        int count = fresh;
        for (int i = 0; i < diverse; i++) {
            if (Arrays.binarySearch(kept, 0, own, sorted[i]) >= 0) {
                chosen[count++] = sorted[i];
            }
        }
        for (int i = 0; i < own && count < links.kept(level); i++) {
            if (Arrays.binarySearch(sorted, 0, diverse, kept[i]) < 0) {
                chosen[count++] = kept[i];
            }
        }
        links.set(node, level, chosen, count);
        if (level == 0) {
            links.areDiverse(node, diverse);
        }
        return fresh;
    }

    /**
     * Puts living candidates for a list into the first {@link #found} of {@link #candidates}; the first {@link #own} of
     * them were on the list of {@code origin}.
     */
    private void collectAll(int node, int origin, int level) {
        seen.reset(view.rowCount());
        seen.add(node);
        found = 0;
        // Candidates are a queue: ended rows among them are passed on to their neighbours, living ones stay.
        collect(origin, level);
        int listed = found;
        own = 0;
        int living = 0;
        for (int i = 0; i < found; i++) {
            int candidate = candidates[i];
            if (view.isLive(candidate)) {
                candidates[living++] = candidate;
                own += i < listed ? 1 : 0;
            } else if (found < enough) {
                collect(candidate, level);
                collectHeir(candidate);
            }
        }
        found = living;
    }

    /**
     * Leads links back to a living node from those that it links to, where there is room; after all are mended.
     *
     * @param fresh how many links on level 0 that is done for; on the others, it is for all
     */
    void leadBack(int node, int fresh) {
        for (int level = links.level(node); level >= 0; level--) {
            int[] array = links.array(node, level);
            int from = links.from(array, node, level);
            int count = level == 0 ? fresh : Links.count(array, from);
            boolean taken = false;
            for (int i = 1; i <= count; i++) {
                int owner = array[from + i];
                if (isOneWay(node, owner, level)) {
                    if (!taken) {
                        scorer.row(node);
                        taken = true;
                    }
                    add(owner, level, Candidates.pack(scorer.distanceTo(owner), node));
                }
            }
        }
    }

    /** Whether the owner of a list with room has no link to the node. */
    private boolean isOneWay(int node, int owner, int level) {
        int[] array = links.array(owner, level);
        int from = links.from(array, owner, level);
        int count = Links.count(array, from);
        for (int i = 1; i <= count; i++) {
            if (array[from + i] == node) {
                return false;
            }
        }
        return count < links.kept(level);
    }

    private void add(int owner, int level, long candidate) {
        ReentrantLock lock = graph.lock(owner);
        lock.lock();
        try {
            if (isOneWay(Candidates.node(candidate), owner, level)) {
                links.add(owner, level, candidate);
            }
        } finally {
            lock.unlock();
        }
    }

    private void collectHeir(int ended) {
        int heir = copies.first(ended, view::isLive);
        if (heir >= 0 && seen.add(heir)) {
            candidates = found < candidates.length ? candidates : Arrays.copyOf(candidates, found * 2);
            candidates[found++] = heir;
        }
    }

    private void collect(int node, int level) {
        int[] array = links.array(node, level);
        int from = links.from(array, node, level);
        int count = Links.count(array, from);
        if (candidates.length < found + count) {
            candidates = Arrays.copyOf(candidates, (found + count) * 2);
        }
        for (int i = 1; i <= count; i++) {
            int neighbour = array[from + i];
            if (neighbour < view.rowCount() && seen.add(neighbour)) {
                candidates[found++] = neighbour;
            }
        }
    }

    /** Forgets the links and copies of an ended node. Nothing may link to it any more. */
    void clear(int node) {
        for (int level = links.level(node); level >= 0; level--) {
            links.set(node, level, sorted, 0);
        }
        copies.set(node, 0);
    }

    /**
     * Leads a link to every node for a living row that no way from the entry reaches: from the nearest reached node
     * that has room, or else in place of the longest link of the nearest one that can spare a link. What was reached
     * stays so, because the links by which it was come upon first are never given up.
     *
     * @return nodes that it led a link to
     */
    int connect(int nodes) {
        int connected = 0;
        int[] from = new int[links.nodes()];
        Arrays.fill(from, UNREACHED);
        int entry = HnswGraph.entryNode(graph.entry());
        from[entry] = entry;
        reach(entry, from);
        Walk walk = new Walk(graph, view);
        for (int node = 0; node < nodes; node++) {
            if (from[node] == UNREACHED
                    && graph.stands(node, view)
                    && !graph.apart().has(node)
                    && !copies.isCopy(node)) {
                from[node] = connect(node, walk, from);
                if (from[node] != UNREACHED) {
                    reach(node, from);
                    connected++;
                }
            }
        }
        return connected;
    }

    /** The node that leads to this one now. */
    private int connect(int node, Walk walk, int[] from) {
        walk.scorer().row(node);
        int ef = graph.options().efConstruction();
        IntPredicate test = row -> from[row] != UNREACHED && view.isLive(row);
        Candidates near = walk.beam(walk.descend(graph.entry(), 0), 0, ef, test);
        if (near.size() == 0) {
            // The levels above may lead to where level 0 does not.
            near = walk.beam(walk.start(graph.entry()), 0, ef, test);
        }
        for (int i = 0; i < near.size(); i++) {
            int owner = Candidates.node(near.entry(i));
            int[] array = links.array(owner, 0);
            if (Links.count(array, links.from(array, owner, 0)) < links.kept(0)) {
                links.add(owner, 0, Candidates.pack(Candidates.distance(near.entry(i)), node));
                return owner;
            }
        }
        for (int i = 0; i < near.size(); i++) {
            int owner = Candidates.node(near.entry(i));
            long link = Candidates.pack(Candidates.distance(near.entry(i)), node);
            if (neighbours.replaceLongest(owner, link, other -> from[other] != owner)) {
                return owner;
            }
        }
        return UNREACHED;
    }

    /** Marks all that can be reached from {@code start} on level 0 with the node that led there first. */
    private void reach(int start, int[] from) {
        int[] waiting = new int[256];
        int count = 0;
        waiting[count++] = start;
        while (count > 0) {
            int node = waiting[--count];
            int[] array = links.array(node, 0);
            int place = links.from(array, node, 0);
            int size = Links.count(array, place);
            if (waiting.length < count + size) {
                waiting = Arrays.copyOf(waiting, (count + size) * 2);
            }
            for (int i = 1; i <= size; i++) {
                int neighbour = array[place + i];
                if (from[neighbour] == UNREACHED) {
                    from[neighbour] = node;
                    waiting[count++] = neighbour;
                }
            }
        }
    }
}
