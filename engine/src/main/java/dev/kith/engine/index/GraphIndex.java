package dev.kith.engine.index;

import dev.kith.engine.index.hnsw.HnswGraph;
import dev.kith.engine.index.hnsw.HnswOptions;
import dev.kith.engine.payload.Accepted;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.scan.Asked;
import dev.kith.engine.scan.ComputePool;
import dev.kith.engine.scan.ExactScan;
import dev.kith.engine.scan.Sketches;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Query;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A graph over the rows of one epoch, and how far it has come: rows below {@code covered} are in it, those from there
 * on are the tail, which every search scans exactly. So a search misses no row for its being new.
 *
 * <p>Threads: {@link #search} on any; {@code covered} and what else changes by one thread at a time.
 */
final class GraphIndex {
    /** Candidates where the client names no number: recall@10 is above 0.95 on most data, as the benchmark shows. */
    private static final int EF_SEARCH = 64;

    /** A graph that would look at more than one row in so many is slower than the scan of all. */
    private static final int ROWS_PER_CANDIDATE_MIN = 8;

    /** Queries of one slice of work: some milliseconds. */
    private static final int SLICE_QUERIES = 16;

    private final HnswGraph graph;
    private volatile Reach reach = new Reach(0, 0, 0);
    /** Changed while the graph is held. */
    private volatile long keptAs;

    /**
     * How far the graph has come.
     *
     * @param covered rows below it are in the graph
     * @param begun rows from here on have not even been begun; rows between may be in the graph or not
     * @param endedMended rows that had ended when ended rows were last taken out of the graph
     */
    record Reach(int covered, int begun, long endedMended) {}

    GraphIndex(HnswGraph graph) {
        this.graph = graph;
    }

    HnswGraph graph() {
        return graph;
    }

    Reach reach() {
        return reach;
    }

    void reached(Reach next) {
        reach = next;
    }

    /** Number of the newest file that the graph was written to, or read from; 0 where there is none. */
    long keptAs() {
        return keptAs;
    }

    /** All that the graph is now is in files, the newest of which has that number. */
    void keptAs(long number) {
        keptAs = number;
    }

    /**
     * What the workers of one search share.
     *
     * @param plan how the rows that a filter accepts are found; empty: every row is
     * @param sketches of some of the tail
     */
    private record Search(
            Asked asked,
            Query.Reach.Nearest nearest,
            Reach reach,
            Optional<FilterPlan> plan,
            float[] padded,
            Optional<Sketches> sketches) {
        RowView view() {
            return asked.view();
        }

        /** Rows below are looked for by a walk: they are in the graph and the view. The others are the tail's. */
        int covered() {
            return Math.min(reach.covered(), view().rowCount());
        }

        /** Those of rows from the first of the tail on; empty where a filter is to be asked for every row. */
        Optional<Sketches> useful() {
            return asked.accepted().isAll()
                    ? sketches.filter(made -> made.first() <= covered() && made.end() > covered())
                    : Optional.empty();
        }

        /** Rows from here on have no sketch and are compared as they are. */
        int plain() {
            return Math.min(view().rowCount(), useful().map(Sketches::end).orElse(covered()));
        }

        int ef() {
            int wanted = nearest.efSearch() == 0 ? EF_SEARCH : nearest.efSearch();
            return Math.max(wanted, nearest.k());
        }

        HnswGraph.Demand demand() {
            return plan.map(walk -> new HnswGraph.Demand(walk.ef(), test(), walk.kept(), walk.measuredMax()))
                    .orElseGet(() -> HnswGraph.Demand.of(ef(), takesAll() ? null : test()));
        }

        /** Whether no row of the graph has to be tested, unless the graph begins to grow. */
        boolean takesAll() {
            return covered() == reach.begun() && view().rowCount() - view().live() == reach.endedMended();
        }

        /** What a row of the graph must pass to be a result. */
        IntPredicate test() {
            int covered = covered();
            RowView view = view();
            Accepted accepted = asked.accepted();
            return plan.isEmpty()
                    ? row -> row < covered && view.isLive(row)
                    : row -> row < covered && accepted.test(row) && view.isLive(row);
        }
    }

    /**
     * One result a query, or null where a scan is to be preferred. The view is of this graph's rows; the metric is the
     * graph's.
     *
     * @param sketches of some of the rows that the graph has not reached, looked for before
     */
    @Nullable
    List<Hits> search(Asked asked, ExactScan scan, Optional<Sketches> sketches) {
        if (!(asked.query().reach() instanceof Query.Reach.Nearest nearest)
                || nearest.exact()
                || !(asked.query().vectors() instanceof VectorBlock.Floats floats)) {
            return null;
        }
        RowView view = asked.view();
        Search search = new Search(asked, nearest, reach, Optional.empty(), padded(floats, view), sketches);
        if (search.ef() > HnswOptions.EF_MAX || (long) search.ef() * ROWS_PER_CANDIDATE_MIN > search.covered()) {
            return null;
        }
        if (ExactScan.needsDoubles(
                graph.metric(), search.padded(), view.layout().paddedDimension())) {
            return null;
        }
        if (!asked.accepted().isAll()) {
            Optional<FilterPlan> plan = FilterPlan.of(asked, nearest.k(), search.ef());
            if (plan.isEmpty()) {
                return null;
            }
            search = new Search(asked, nearest, search.reach(), plan, search.padded(), sketches);
        }
        return search(search, floats, scan);
    }

    private @Nullable List<Hits> search(Search search, VectorBlock.Floats floats, ExactScan scan) {
        @Nullable Hits[] found = new Hits[floats.count()];
        walkAll(search, found, scan.pool());
        if (Arrays.asList(found).contains(null)) {
            return null;
        }
        List<Hits> tails =
                search.plain() == search.view().rowCount() ? List.of() : scan.search(search.asked(), search.plain());
        List<Hits> results = new ArrayList<>();
        for (int i = 0; i < found.length; i++) {
            Hits covered = java.util.Objects.requireNonNull(found[i]);
            results.add(
                    tails.isEmpty()
                            ? covered
                            : merged(covered, tails.get(i), search.nearest().k()));
        }
        return results;
    }

    private static float[] padded(VectorBlock.Floats floats, RowView view) {
        int length = view.layout().paddedDimension();
        if (length == floats.dimension()) {
            return floats.values();
        }
        float[] padded = new float[Math.multiplyExact(floats.count(), length)];
        for (int i = 0; i < floats.count(); i++) {
            System.arraycopy(floats.values(), i * floats.dimension(), padded, i * length, floats.dimension());
        }
        return padded;
    }

    private void walkAll(Search search, @Nullable Hits[] found, ComputePool pool) {
        if (found.length == 1) {
            found[0] = walk(search, 0);
            return;
        }
        AtomicInteger next = new AtomicInteger();
        BooleanSupplier worker = () -> {
            int from = next.getAndAdd(SLICE_QUERIES);
            for (int i = from; i < Math.min(from + SLICE_QUERIES, found.length); i++) {
                found[i] = walk(search, i);
            }
            return from + SLICE_QUERIES < found.length;
        };
        int workers = Math.min(pool.threads(), Math.ceilDiv(found.length, SLICE_QUERIES));
        pool.run(java.util.Collections.nCopies(workers, worker));
    }

    /** The best of the covered rows; null when the walk found fewer than there may be. */
    private @Nullable Hits walk(Search search, int at) {
        int length = search.view().layout().paddedDimension();
        var padded = new HnswGraph.Query(search.padded(), at * length);
        HnswGraph.Found walked = graph.search(search.view(), padded, search.demand());
        // One that passed rows over may have forgotten others for them, that were nearer than what it found.
        if (!walked.ended()
                || search.plan()
                        .filter(plan -> walked.rows().length < plan.ef())
                        .isPresent()) {
            return null;
        }
        int[] rows = walked.rows();
        int covered = search.covered();
        if (IntStream.of(rows).anyMatch(row -> row >= covered)) {
            // The graph has begun to grow since this search began; the tail has those rows, or they are too new.
            HnswGraph.Found again = graph.search(search.view(), padded, search.ef(), search.test());
            if (!again.ended()) {
                return null;
            }
            rows = again.rows();
        }
        int k = search.nearest().k();
        int[] apart = graph.rowsApart(k, search.test());
        if (rows.length + apart.length < k) {
            return null;
        }
        int[] rated = IntStream.concat(IntStream.of(rows).limit(k), IntStream.of(apart))
                .toArray();
        VectorBlock.Floats all = (VectorBlock.Floats) search.asked().query().vectors();
        int dimension = all.dimension();
        VectorBlock one = new VectorBlock.Floats(
                Arrays.copyOfRange(all.values(), at * dimension, (at + 1) * dimension), 1, dimension);
        Query query = Query.nearest(one, k);
        Hits best = ExactScan.best(search.view(), query, graph.metric(), rated);
        Sketches.Span tail = new Sketches.Span(covered, search.view().rowCount());
        return search.useful()
                .map(sketches -> sketches.nearest(search.view(), query, best, tail))
                .orElse(best);
    }

    private static Hits merged(Hits left, Hits right, int k) {
        int count = Math.min(k, left.count() + right.count());
        long[] ids = new long[count];
        float[] scores = new float[count];
        int l = 0;
        int r = 0;
        for (int i = 0; i < count; i++) {
            boolean takeLeft = r == right.count()
                    || (l < left.count()
                            && (left.scores()[l] > right.scores()[r]
                                    || (left.scores()[l] == right.scores()[r] && left.ids()[l] < right.ids()[r])));
            ids[i] = takeLeft ? left.ids()[l] : right.ids()[r];
            scores[i] = takeLeft ? left.scores()[l++] : right.scores()[r++];
        }
        return new Hits(ids, scores);
    }
}
