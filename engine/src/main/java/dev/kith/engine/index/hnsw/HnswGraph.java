package dev.kith.engine.index.hnsw;

import dev.kith.engine.rows.RowView;
import dev.kith.vectors.Metric;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * An HNSW graph over the float rows of one epoch of a collection (Malkov and Yashunin, arXiv 1603.09320). A node is its
 * row. Nodes are inserted in any order, by several threads; a search sees those that are linked so far.
 *
 * <p>Threads: {@link #search} on any thread, without locks. {@link #insert} on several threads between {@link #reserve}
 * calls; {@link #reserve}, {@link Mender}, {@link #finish} and {@link #seal} while nobody inserts.
 */
public final class HnswGraph {
    private static final int STRIPES = 1 << 10;
    /** Arrays kept for walks to come: as many as there may be at once on a machine of this many cores. */
    private static final int WALKS_IDLE_MAX = 32;
    /** No node yet. */
    static final long NO_ENTRY = -1;

    private final HnswOptions options;
    private final Metric metric;
    private final Links links;
    /**
     * Nodes that nothing links to, nor they to anything: zero vectors, where the metric goes by the angle. All are
     * equally far from whatever there is, so that no walk would get past them.
     */
    private final NodeSet apart = new NodeSet();

    private final Copies copies;

    private final AtomicLong entry = new AtomicLong(NO_ENTRY);
    private final ReentrantLock[] stripes = new ReentrantLock[STRIPES];
    private final ArrayBlockingQueue<Walk> walks = new ArrayBlockingQueue<>(WALKS_IDLE_MAX);
    private final ArrayBlockingQueue<Inserter> inserters = new ArrayBlockingQueue<>(WALKS_IDLE_MAX);

    /** @param metric of floats: L2, inner product or cosine */
    public HnswGraph(HnswOptions options, Metric metric) {
        this.options = options;
        this.metric = metric;
        this.links = new Links(options);
        this.copies = new Copies(links.changed());
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new ReentrantLock();
        }
    }

    public HnswOptions options() {
        return options;
    }

    public Metric metric() {
        return metric;
    }

    /**
     * What is wrong with the graph while no thread changes it, or empty; takes as long as there are links.
     *
     * @param nodes rows below it are in the graph
     */
    public Optional<String> fault(RowView view, int nodes) {
        Soundness all = new Soundness(this, view, nodes);
        return all.faultOfLinks().or(() -> isSealed() ? all.faultOfReach() : Optional.empty());
    }

    Links links() {
        return links;
    }

    NodeSet apart() {
        return apart;
    }

    Copies copies() {
        return copies;
    }

    /** Whether a node is there for a living row: its own, or that of a copy. */
    boolean stands(int node, RowView view) {
        return view.isLive(node) || copies.first(node, view::isLive) >= 0;
    }

    /** Where walks begin: a node of the highest level there is, with its level; or {@link #NO_ENTRY}. */
    long entry() {
        return entry.get();
    }

    static int entryNode(long entry) {
        return (int) entry;
    }

    static int entryLevel(long entry) {
        return (int) (entry >>> 32);
    }

    /** Makes a node the entry if it is the first one. */
    boolean begin(int node, int level) {
        return entry.compareAndSet(NO_ENTRY, entry(node, level));
    }

    /** Makes a node that is linked the entry if it stands higher than the one there is. */
    void raise(int node, int level) {
        long mine = entry(node, level);
        long now = entry.get();
        while (entryLevel(now) < level && !entry.compareAndSet(now, mine)) {
            now = entry.get();
        }
    }

    private static long entry(int node, int level) {
        return (long) level << 32 | node;
    }

    /** Puts another node in place of the entry. */
    void enter(long next) {
        entry.set(next);
    }

    /** Who holds it may write the lists of {@code node}. */
    ReentrantLock lock(int node) {
        return stripes[node & (STRIPES - 1)];
    }

    /** Makes room for nodes 0 up to but without {@code count}. */
    public void reserve(int count) {
        links.reserve(count);
        apart.reserve(links.nodes());
        copies.reserve(links.nodes());
    }

    /** Nodes {@code from} up to but without {@code to} in the order in which they are best inserted. */
    public int[] order(int from, int to) {
        return options.order(from, to);
    }

    /** Links a node that room was reserved for; its row is live in {@code view}. */
    public void insert(int node, RowView view) {
        if (isApart(node, view)) {
            apart.add(node);
            return;
        }
        Inserter inserter = inserters.poll();
        if (inserter == null) {
            inserter = new Inserter(this, view);
        }
        inserter.insert(node, view);
        var _ = inserters.offer(inserter);
    }

    private boolean isApart(int node, RowView view) {
        return Scorer.isByAngle(metric) && view.norm(node) == 0;
    }

    /** Finds the nodes apart among those 0 up to but without {@code nodes} of a graph that was made of its lists. */
    public void restoreApart(RowView view, int nodes) {
        apart.reserve(nodes);
        for (int node = 0; node < nodes; node++) {
            int[] array = links.array(node, 0);
            boolean linked = Links.count(array, links.from(array, node, 0)) > 0 || node == entryNode(entry.get());
            if (!linked && view.isLive(node) && isApart(node, view)) {
                apart.add(node);
            }
        }
    }

    /** Rows that no search finds, since they are equally far from everything: the first ones that pass the test. */
    public int[] rowsApart(int most, IntPredicate test) {
        return apart.first(most, test);
    }

    /**
     * How a search goes.
     *
     * @param ef rows to find, 1 to {@link HnswOptions#EF_MAX}; more find better and take longer
     * @param test what a row must pass; null where all nodes do
     * @param kept candidates to go on from, those that fail the test among them; as many as ef without one
     * @param measuredMax rows to measure, after which the search ends wherever it is
     */
    public record Demand(int ef, @Nullable IntPredicate test, int kept, long measuredMax) {
        /**
         * With a test, nodes that fail it are still walked over; so many times more candidates than results are kept
         * for that where few fail. Where it does not do, too few results say so.
         */
        private static final int FAILING_FACTOR = 8;

        /** A walk to its end. */
        public static Demand of(int ef, @Nullable IntPredicate test) {
            return new Demand(ef, test, (int) Math.min(Integer.MAX_VALUE, (long) ef * FAILING_FACTOR), Long.MAX_VALUE);
        }
    }

    /**
     * What a search found.
     *
     * @param rows the nearest, nearest first
     * @param measured rows that the query was compared with
     * @param ended whether the walk came to its end: no row that it knew of and did not go on from was nearer than the
     *     last one found
     */
    public record Found(int[] rows, long measured, boolean ended) {}

    /**
     * The nearest rows that a walk finds.
     *
     * @param query padded components from {@code from} on
     */
    public Found search(RowView view, Query query, Demand demand) {
        long start = entry.get();
        if (start == NO_ENTRY || entryNode(start) >= view.table().count()) {
            return new Found(new int[0], 0, true);
        }
        Walk walk = walks.poll();
        if (walk == null) {
            walk = new Walk(this, view);
        } else {
            walk.over(view);
        }
        walk.scorer().query(query.padded(), query.from());
        int[] rows = walk.rows(walk.descend(start, 0), demand);
        Found result = new Found(rows, walk.measured(), walk.ended());
        var _ = walks.offer(walk);
        return result;
    }

    /** The {@code ef} nearest rows that a walk to its end finds, of those that pass the test; null: of all. */
    public Found search(RowView view, Query query, int ef, @Nullable IntPredicate test) {
        return search(view, query, Demand.of(ef, test));
    }

    /** One padded query within an array of them. */
    public record Query(float[] padded, int from) {}

    /**
     * Gives nodes 0 up to but without {@code nodes} the lists that they keep: nothing leads to a row that has ended in
     * {@code view}, and to every living one a way leads from the entry. The view is the one that was mended with.
     *
     * @return nodes that no way had led to
     */
    public int finish(RowView view, int nodes) {
        Repair repair = new Repair(this, view);
        if (!view.allLive()) {
            copies.settle(nodes, view::isLive);
        }
        long now = entry.get();
        if (now != NO_ENTRY && !view.isLive(entryNode(now))) {
            // Before its lists are cleared: a search that began there would find nothing.
            entry.set(highest(view, nodes));
        }
        if (!view.allLive()) {
            for (int node = 0; node < nodes; node++) {
                if (!view.isLive(node)) {
                    repair.clear(node);
                    apart.remove(node);
                }
            }
        }
        return connect(view, nodes);
    }

    /**
     * Leads a link to every living node that no way from the entry reaches.
     *
     * @return how many there were
     */
    public int connect(RowView view, int nodes) {
        return entry.get() == NO_ENTRY ? 0 : new Repair(this, view).connect(nodes);
    }

    /** The living node of the highest level. */
    private long highest(RowView view, int nodes) {
        int found = -1;
        int level = -1;
        for (int node = 0; node < nodes; node++) {
            if (view.isLive(node) && !apart.has(node) && !copies.isCopy(node) && links.level(node) > level) {
                found = node;
                level = links.level(node);
            }
        }
        return found < 0 ? NO_ENTRY : (long) level << 32 | found;
    }

    /** Prunes lists of nodes {@code from} up to but without {@code to} to what they keep; they go on growing. */
    public void trim(RowView view, int from, int to) {
        Neighbours neighbours = new Neighbours(this, view);
        for (int node = from; node < to; node++) {
            neighbours.prune(node, 0);
        }
    }

    /** Prunes lists to what they keep in the end and drops what only growing needs. */
    public void seal(RowView view, int nodes) {
        for (int chunk = 0; chunk < links.chunkCount(); chunk++) {
            if (!links.isSealed(chunk)) {
                trim(view, Links.firstNode(chunk), Math.min(nodes, Links.firstNode(chunk + 1)));
                links.seal(chunk);
            }
        }
    }

    /** Bytes of all link lists. */
    public long bytes() {
        return links.bytes();
    }

    /** Bytes of all link lists once there is room for so many nodes. */
    public long bytesWith(int nodes) {
        return links.bytesWith(nodes);
    }

    /** Whether no list has room or distances left that only growing needs. */
    public boolean isSealed() {
        return links.isSealed();
    }
}
