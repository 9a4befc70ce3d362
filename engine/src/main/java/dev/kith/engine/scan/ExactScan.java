package dev.kith.engine.scan;

import dev.kith.engine.payload.Accepted;
import dev.kith.engine.rows.RowView;
import dev.kith.kernel.Kernels;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Exact search: every live row of a view is compared with every query. The queries are taken in tiles that share one
 * pass over the rows; a tile walks the rows in blocks that stay in cache, and only scores that can still enter a result
 * leave the kernel's buffer. Of rows that a filter accepts, those are compared that are on its list, where there is
 * one, and no others; what no list says is asked of the rows that would enter a result.
 *
 * <p>Cost: O(queries × rows × dimension); one buffer of {@value #BLOCK_ROWS} × 8 floats a worker.
 * The answer to a query is the same, bit for bit, whatever other queries share its tile.
 */
public final class ExactScan {
    private static final int TILE_QUERIES = Comparer.TILE_QUERIES;
    /** Rows of one kernel call: long enough for the kernel to read four streams, short enough for a tile's scores. */
    private static final int BLOCK_ROWS = 1024;
    /** Listed rows of one kernel call: they are to stay in cache for all queries of a tile. */
    private static final int LISTED_ROWS = 128;
    /** Components compared in one slice of work: about ten milliseconds. */
    private static final long SLICE_COMPONENTS = 1L << 26;
    /**
     * Components compared on the caller's own thread: under half a millisecond, beside which the hand-over to another
     * thread and back would be felt.
     */
    private static final long INLINE_COMPONENTS = 1L << 21;

    private final ComputePool pool;

    public ExactScan(ComputePool pool) {
        this.pool = pool;
    }

    /** The threads that it computes on. */
    public ComputePool pool() {
        return pool;
    }

    /** One result a query. */
    public List<Hits> search(Asked asked) {
        return search(asked, 0);
    }

    /** One result a query, of the rows from {@code firstRow} on. */
    public List<Hits> search(Asked asked, int firstRow) {
        Request request = new Request(asked, firstRow);
        int queries = asked.query().vectors().count();
        int tiles = Math.ceilDiv(queries, TILE_QUERIES);
        int rows = Math.min(asked.accepted().candidates(), asked.view().rowCount() - firstRow);
        long work = (long) queries * rows * asked.view().layout().dimension();
        List<Worker> workers = new ArrayList<>();
        int wanted = work <= INLINE_COMPONENTS ? 1 : Math.min(tiles, pool.threads());
        for (int i = 0; i < wanted; i++) {
            workers.add(new Worker(request));
        }
        if (work <= INLINE_COMPONENTS) {
            while (workers.getFirst().getAsBoolean()) {}
        } else {
            pool.run(List.copyOf(workers));
        }
        return Arrays.asList(request.results);
    }

    /**
     * Scores chosen rows exactly, as a scan would.
     *
     * @param query of one vector, for the nearest
     * @return the k best of the rows
     */
    public static Hits best(RowView view, Query query, Metric metric, int[] rows) {
        Comparer comparer = Comparer.of(view.layout(), query.vectors(), metric);
        TopK heap = new TopK(query.reach() instanceof Query.Reach.Nearest(int k, int _, boolean _) ? k : rows.length);
        float[] scores = new float[rows.length];
        comparer.compare(view, new Comparer.Listed(0, rows, rows.length), scores);
        for (int i = 0; i < rows.length; i++) {
            heap.offer(Float.isNaN(scores[i]) ? Float.NEGATIVE_INFINITY : scores[i], view.id(rows[i]));
        }
        return heap.drain();
    }

    /**
     * Whether the angle of a query that is not zero is beyond floats, where a graph measures and a scan does not.
     *
     * @param padded one query after the other, {@code length} padded components each
     */
    public static boolean needsDoubles(Metric metric, float[] padded, int length) {
        for (int from = 0; Comparer.Floats.isByAngle(metric) && from < padded.length; from += length) {
            float squared = Kernels.active().squaredNorm(padded, from, length);
            if (!Comparer.Floats.inRange(squared) && (squared != 0 || !isZero(padded, from, length))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isZero(float[] values, int from, int length) {
        for (int i = from; i < from + length; i++) {
            if (values[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** What the workers of one search share. */
    private static final class Request {
        final RowView view;
        final Query query;
        final Accepted accepted;
        final Comparer comparer;
        final int firstRow;
        final Hits[] results;
        final AtomicInteger nextTile = new AtomicInteger();
        final AtomicLong found = new AtomicLong();

        Request(Asked asked, int firstRow) {
            this.view = asked.view();
            this.query = asked.query();
            this.accepted = asked.accepted();
            this.comparer = Comparer.of(view.layout(), query.vectors(), asked.metric());
            this.firstRow = firstRow;
            this.results = new Hits[query.vectors().count()];
        }
    }

    /** Takes tile after tile; one call is one slice of a tile's rows. */
    private static final class Worker implements BooleanSupplier {
        private final Request request;
        private final float[] scores;
        private final int[] positions;
        private final int[] listed;
        private final List<Collector> collectors = new ArrayList<>();
        private int firstQuery;
        private int nextRow;

        /** Buffers are as large as what is asked needs: of a small search, making them would be a good part. */
        Worker(Request request) {
            this.request = request;
            boolean isListed = request.accepted.isListed();
            int rows = Math.min(isListed ? LISTED_ROWS : BLOCK_ROWS, request.view.rowCount() - request.firstRow);
            int queries = isListed ? 1 : Math.min(TILE_QUERIES, request.results.length);
            this.scores = new float[queries * rows];
            this.positions = new int[rows];
            this.listed = new int[isListed ? Math.min(rows, request.accepted.candidates()) : 0];
        }

        @Override
        public boolean getAsBoolean() {
            if (collectors.isEmpty() && !nextTile()) {
                return false;
            }
            long components = 0;
            int width = request.view.layout().dimension() * collectors.size();
            while (nextRow < request.view.rowCount() && components < SLICE_COMPONENTS) {
                components += (long) (request.accepted.isListed() ? scanListed() : scan()) * width;
            }
            if (nextRow == request.view.rowCount()) {
                for (int q = 0; q < collectors.size(); q++) {
                    request.results[firstQuery + q] = collectors.get(q).hits();
                }
                collectors.clear();
            }
            return true;
        }

        private boolean nextTile() {
            firstQuery = request.nextTile.getAndIncrement() * TILE_QUERIES;
            int count = Math.min(TILE_QUERIES, request.results.length - firstQuery);
            for (int q = 0; q < count; q++) {
                collectors.add(Collector.of(request.query.reach(), request.found));
            }
            nextRow = request.firstRow;
            return count > 0;
        }

        /** Compares the next rows on the list; returns how many were looked at. */
        private int scanListed() {
            int taken = request.accepted.take(nextRow, listed);
            nextRow = taken == listed.length && taken > 0 ? listed[taken - 1] + 1 : request.view.rowCount();
            int rows = request.view.allLive() ? taken : keepLive(taken);
            for (int q = 0; q < collectors.size(); q++) {
                request.comparer.compare(request.view, new Comparer.Listed(firstQuery + q, listed, rows), scores);
                offerListed(collectors.get(q), rows);
            }
            return taken;
        }

        private int keepLive(int taken) {
            int rows = 0;
            for (int i = 0; i < taken; i++) {
                int row = listed[i];
                listed[rows] = row;
                rows += request.view.isLive(row) ? 1 : 0;
            }
            return rows;
        }

        private void offerListed(Collector collector, int rows) {
            int survivors = Kernels.active().above(scores, 0, rows, collector.threshold(), positions);
            for (int i = 0; i < survivors; i++) {
                int row = listed[positions[i]];
                float score = scores[positions[i]];
                if (score > collector.threshold() && request.accepted.testCandidate(row)) {
                    collector.offer(score, request.view.id(row));
                }
            }
            if (collector.threshold() == Float.NEGATIVE_INFINITY) {
                for (int i = 0; i < rows; i++) {
                    if (!(scores[i] > Float.NEGATIVE_INFINITY) && request.accepted.testCandidate(listed[i])) {
                        collector.offer(Float.NEGATIVE_INFINITY, request.view.id(listed[i]));
                    }
                }
            }
        }

        /** Compares the rows of the next block; returns how many. */
        private int scan() {
            int firstRow = nextRow;
            int rows = Math.min(BLOCK_ROWS, request.view.chunkEnd(firstRow) - firstRow);
            nextRow += rows;
            scan(firstRow, rows);
            return rows;
        }

        private void scan(int firstRow, int rows) {
            int queries = collectors.size();
            request.comparer.compare(
                    request.view, new Comparer.Tile(firstQuery / TILE_QUERIES, queries, firstRow, rows), scores);
            for (int q = 0; q < queries; q++) {
                Collector collector = collectors.get(q);
                int survivors = Kernels.active().above(scores, q * rows, rows, collector.threshold(), positions);
                for (int i = 0; i < survivors; i++) {
                    int row = firstRow + positions[i];
                    if (eligible(row)) {
                        collector.offer(scores[q * rows + positions[i]], request.view.id(row));
                    }
                }
                if (collector.threshold() == Float.NEGATIVE_INFINITY) {
                    offerWorst(collector, q * rows, new Span(firstRow, rows));
                }
            }
        }

        private record Span(int firstRow, int rows) {}

        /**
         * Rows that score −∞ (a zero vector under cosine, an overflow) or NaN (∞ − ∞ in a product) are results too
         * while better ones are missing, but no threshold lets them through.
         */
        private void offerWorst(Collector collector, int scoresFrom, Span span) {
            for (int i = 0; i < span.rows(); i++) {
                int row = span.firstRow() + i;
                if (!(scores[scoresFrom + i] > Float.NEGATIVE_INFINITY) && eligible(row)) {
                    collector.offer(Float.NEGATIVE_INFINITY, request.view.id(row));
                }
            }
        }

        private boolean eligible(int row) {
            return (request.view.allLive() || request.view.isLive(row)) && request.accepted.test(row);
        }
    }

    /** Keeps what one query asked for. */
    private interface Collector {
        float threshold();

        void offer(float score, long id);

        Hits hits();

        static Collector of(Query.Reach reach, AtomicLong foundByAll) {
            return switch (reach) {
                case Query.Reach.Nearest(int k, int _, boolean _) -> new Best(new TopK(k));
                case Query.Reach.Within(float scoreAbove) -> new All(scoreAbove, foundByAll);
            };
        }
    }

    private record Best(TopK heap) implements Collector {
        @Override
        public float threshold() {
            return heap.threshold();
        }

        @Override
        public void offer(float score, long id) {
            heap.offer(score, id);
        }

        @Override
        public Hits hits() {
            return heap.drain();
        }
    }

    /** Everything above one score; all queries of a request together are bounded. */
    private static final class All implements Collector {
        private final float scoreAbove;
        private final AtomicLong foundByAll;
        private final TopK heap = new TopK(Limits.RESULTS_MAX);

        All(float scoreAbove, AtomicLong foundByAll) {
            this.scoreAbove = scoreAbove;
            this.foundByAll = foundByAll;
        }

        @Override
        public float threshold() {
            return scoreAbove;
        }

        @Override
        public void offer(float score, long id) {
            if (score <= scoreAbove) {
                return;
            }
            if (foundByAll.incrementAndGet() > Limits.RESULTS_MAX) {
                throw new Rejection(
                        Rejection.Code.EXHAUSTED,
                        "More than %d results; choose a smaller range".formatted(Limits.RESULTS_MAX));
            }
            heap.offer(score, id);
        }

        @Override
        public Hits hits() {
            return heap.drain();
        }
    }
}
