package dev.kith.engine.scan;

import dev.kith.engine.rows.RowView;
import dev.kith.kernel.Kernels;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Query;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows in sixteen numbers each, from which an exact search sees of most of them that they cannot be among the nearest:
 * how far a row lies in fifteen {@link Directions}, and the length of what is left of it beside them.
 *
 * <p>With s the first and r the last of the numbers of a row x and a query q, by Pythagoras and by Cauchy and Schwarz:
 *
 * <pre>
 *   ‖x − q‖² ≥ ‖sₓ − s_q‖² + (rₓ − r_q)²        x · q ≤ sₓ · s_q + rₓ r_q
 * </pre>
 *
 * What of that rounding may make untrue is taken off. Where the metric goes by the angle, sketches are those of rows of
 * length 1. Blocks of {@value #BLOCK_ROWS} rows are compared number by number, in loops that the compiler vectorises.
 *
 * <p>Cost: 64 bytes a row; a search reads them and the rows that remain. Immutable, but that rows beyond {@link #end}
 * may be written into its last block.
 */
public final class Sketches {
    private static final int BLOCK_ROWS = 1024;
    private static final int NUMBERS = Directions.COUNT + 1;
    /** Half of the distance of two floats beside 1: what one operation rounds, in parts of its result, at most. */
    private static final double ROUNDED = 0x1p-24;
    /** 2⁻⁸⁰ and 2⁸⁰: squared norms that were summed without losing digits. */
    private static final float SQUARED_MIN = 0x1p-80f;

    private static final float SQUARED_MAX = 0x1p80f;

    private final Metric metric;
    private final Directions directions;
    private final int length;
    private final int first;
    private final int end;
    /** The first one begins with row {@code first}. */
    private final List<Block> blocks;

    /**
     * Sketches of rows that follow each other.
     *
     * @param columns {@code float[NUMBERS][BLOCK_ROWS]}: the first numbers of all rows, then the second ones
     * @param slack what rounding may add to the length of the difference of two sketches, of the worst of the rows;
     *     infinite where one of them has no sketch
     * @param longest of the rows' lengths
     */
    private record Block(float[][] columns, float slack, float longest) {}

    /** A query's numbers. */
    private record Asking(float[] numbers, double slack, double norm) {}

    private Sketches(Sketches before, int first, int end, List<Block> blocks) {
        this.metric = before.metric;
        this.directions = before.directions;
        this.length = before.length;
        this.first = first;
        this.end = end;
        this.blocks = blocks;
    }

    private Sketches(RowView view, Metric metric, int first) {
        this.metric = metric;
        this.directions = Directions.of(view);
        this.length = view.layout().paddedDimension();
        this.first = first;
        this.end = first;
        this.blocks = List.of();
    }

    /**
     * Sketches of no rows, of those from {@code first} on; the view is held. Takes some ten milliseconds.
     *
     * @param metric of floats, that searches will ask for
     */
    public static Sketches none(RowView view, Metric metric, int first) {
        return new Sketches(view, metric, first);
    }

    /** The first row that it has a sketch of. */
    public int first() {
        return first;
    }

    /** Rows from here on have none. */
    public int end() {
        return end;
    }

    public long bytes() {
        return bytes(blocks.size() * BLOCK_ROWS);
    }

    /** Bytes of sketches of so many rows. */
    public static long bytes(int rows) {
        return Math.ceilDiv(rows, BLOCK_ROWS) * (long) BLOCK_ROWS * NUMBERS * Float.BYTES;
    }

    /** Without blocks of which all rows lie below {@code row}, which has a sketch. */
    public Sketches without(int row) {
        int dropped = Math.clamp((row - first) / BLOCK_ROWS, 0, blocks.size());
        return dropped == 0
                ? this
                : new Sketches(this, first + dropped * BLOCK_ROWS, end, blocks.subList(dropped, blocks.size()));
    }

    /** With those of the rows that follow, up to but without {@code to}, of a view that is held. One thread. */
    public Sketches with(RowView view, int to) {
        List<Block> grown = new ArrayList<>(blocks);
        int row = end;
        while (row < to) {
            int at = (row - first) / BLOCK_ROWS;
            if (at == grown.size()) {
                grown.add(new Block(new float[NUMBERS][BLOCK_ROWS], 0, 0));
            }
            int stop = Math.min(Math.min(to, view.chunkEnd(row)), first + (at + 1) * BLOCK_ROWS);
            grown.set(at, with(grown.get(at), view, row, stop));
            row = stop;
        }
        return new Sketches(this, first, to, List.copyOf(grown));
    }

    /** Sketches rows of one chunk into a block. */
    private Block with(Block block, RowView view, int from, int to) {
        int count = to - from;
        float[] along = new float[NUMBERS * count];
        directions.measure(view.memory(from), view.offset(from), count, along);
        float slack = block.slack;
        float longest = block.longest;
        for (int i = 0; i < count; i++) {
            float squared = view.norm(from + i);
            double norm = Math.sqrt(squared);
            double scale = byAngle() ? 1 / norm : 1;
            double left = squared;
            int at = (from + i - first) % BLOCK_ROWS;
            for (int d = 0; d < Directions.COUNT; d++) {
                float number = along[d * count + i];
                left -= (double) number * number;
                block.columns[d][at] = (float) (number * scale);
            }
            double rest = Math.sqrt(Math.max(0, left));
            block.columns[Directions.COUNT][at] = (float) (rest * scale);
            slack = Math.max(slack, (float) (slack(squared, rest) * scale));
            longest = Math.max(longest, (float) (norm * scale));
        }
        return new Block(block.columns, slack, longest);
    }

    private boolean byAngle() {
        return metric != Metric.L2 && metric != Metric.INNER_PRODUCT;
    }

    /**
     * How far the numbers of a vector may be from what they should be, all together. Sums of {@code length} products
     * round in parts of the vector's length; a rest that is small beside it is the root of a small difference.
     */
    private double slack(float squared, double rest) {
        if (squared == 0 && !byAngle()) {
            return 0;
        }
        if (!(squared >= SQUARED_MIN && squared <= SQUARED_MAX)) {
            return Double.POSITIVE_INFINITY;
        }
        double norm = Math.sqrt(squared);
        double part = (length / 16.0 + 2 * NUMBERS) * ROUNDED;
        double wrong = 2 * NUMBERS * part * squared;
        return NUMBERS * part * norm + Math.min(Math.sqrt(wrong), wrong / rest);
    }

    /**
     * The k best of those that are known and of rows with sketches.
     *
     * @param query of one vector, for the nearest by this metric
     * @param known rows that are not looked at
     * @param span of rows to look at, none before {@link #first}; of those from {@link #end} on, none is
     */
    public Hits nearest(RowView view, Query query, Hits known, Span span) {
        TopK heap = heap(query, known);
        var _ = scan(view, query, heap, span);
        return heap.drain();
    }

    /** How many rows a search would have to compare as they are. */
    int compared(RowView view, Query query, Hits known) {
        return scan(view, query, heap(query, known), new Span(first, end));
    }

    private static TopK heap(Query query, Hits known) {
        TopK heap = new TopK(((Query.Reach.Nearest) query.reach()).k());
        for (int i = 0; i < known.count(); i++) {
            heap.offer(known.scores()[i], known.ids()[i]);
        }
        return heap;
    }

    private int scan(RowView view, Query query, TopK heap, Span span) {
        Comparer comparer = Comparer.of(view.layout(), query.vectors(), metric);
        Asking asking = asking(comparer);
        Search search = new Search(view, comparer, heap);
        float[] bounds = new float[BLOCK_ROWS];
        int[] places = new int[BLOCK_ROWS];
        int compared = 0;
        for (int row = span.from(); row < Math.min(span.to(), end); ) {
            int at = (row - first) / BLOCK_ROWS;
            int begin = first + at * BLOCK_ROWS;
            int stop = Math.min(Math.min(span.to(), end), begin + BLOCK_ROWS);
            int count = survivors(blocks.get(at), asking, stop - begin, new Scratch(bounds, places, heap.threshold()));
            search.compare(places, count, begin, row);
            compared += count;
            row = stop;
        }
        return compared;
    }

    /** Rows from one up to but without another. */
    public record Span(int from, int to) {}

    private record Scratch(float[] bounds, int[] places, float threshold) {}

    private Asking asking(Comparer comparer) {
        float[] query = ((Comparer.Floats) comparer).tiles()[0];
        float[] numbers = directions.measure(query);
        double squared = 0;
        for (float each : query) {
            squared += (double) each * each;
        }
        double left = squared;
        for (float each : numbers) {
            left -= (double) each * each;
        }
        double rest = Math.sqrt(Math.max(0, left));
        numbers[Directions.COUNT] = (float) rest;
        double norm = Math.sqrt(squared);
        double scale = byAngle() ? 1 / norm : 1;
        for (int i = 0; i < NUMBERS; i++) {
            numbers[i] = (float) (numbers[i] * scale);
        }
        return new Asking(numbers, slack((float) squared, rest) * scale, norm * scale);
    }

    /** Puts the places in a block of rows that may score as much as the threshold; returns how many. */
    private int survivors(Block block, Asking asking, int count, Scratch scratch) {
        double slack = block.slack + asking.slack;
        float threshold = scratch.threshold;
        if (!(slack < Double.POSITIVE_INFINITY) || threshold == Float.NEGATIVE_INFINITY) {
            for (int i = 0; i < count; i++) {
                scratch.places[i] = i;
            }
            return count;
        }
        float[] bounds = scratch.bounds;
        double least;
        if (metric == Metric.L2) {
            double farthest = Math.sqrt(Math.max(0, -threshold)) + slack;
            least = -farthest * farthest;
            negativeSquare(block.columns[0], asking.numbers[0], bounds);
            for (int i = 1; i < NUMBERS; i++) {
                subtractSquare(block.columns[i], asking.numbers[i], bounds);
            }
        } else {
            double product = metric == Metric.NORMALISED_L2 ? (threshold + 2.0) / 2 : threshold;
            least = product - block.slack * asking.norm - asking.slack * block.longest - slack * slack;
            product(block.columns[0], asking.numbers[0], bounds);
            for (int i = 1; i < NUMBERS; i++) {
                addProduct(block.columns[i], asking.numbers[i], bounds);
            }
        }
        float lowest = Math.nextDown((float) (least - Math.abs(least) * 4 * NUMBERS * ROUNDED));
        return Kernels.active().above(bounds, 0, count, lowest, scratch.places);
    }

    private static void negativeSquare(float[] column, float query, float[] bounds) {
        for (int i = 0; i < BLOCK_ROWS; i++) {
            float difference = column[i] - query;
            bounds[i] = -difference * difference;
        }
    }

    private static void subtractSquare(float[] column, float query, float[] bounds) {
        for (int i = 0; i < BLOCK_ROWS; i++) {
            float difference = column[i] - query;
            bounds[i] -= difference * difference;
        }
    }

    private static void product(float[] column, float query, float[] bounds) {
        for (int i = 0; i < BLOCK_ROWS; i++) {
            bounds[i] = column[i] * query;
        }
    }

    private static void addProduct(float[] column, float query, float[] bounds) {
        for (int i = 0; i < BLOCK_ROWS; i++) {
            bounds[i] += column[i] * query;
        }
    }

    /** Compares what remains with the query. */
    private record Search(RowView view, Comparer comparer, TopK heap) {
        /** Rows a kernel call: the threshold grows in between. */
        private static final int AT_ONCE = 64;

        /**
         * @param places of rows in a block that begins with row {@code begin}
         * @param from rows before it are not looked at
         */
        void compare(int[] places, int count, int begin, int from) {
            int[] rows = new int[Math.min(AT_ONCE, count)];
            float[] scores = new float[rows.length];
            int next = 0;
            while (next < count) {
                int taken = 0;
                for (; next < count && taken < rows.length; next++) {
                    int row = begin + places[next];
                    rows[taken] = row;
                    taken += row >= from && view.isLive(row) ? 1 : 0;
                }
                comparer.compare(view, new Comparer.Listed(0, rows, taken), scores);
                for (int i = 0; i < taken; i++) {
                    float score = Float.isNaN(scores[i]) ? Float.NEGATIVE_INFINITY : scores[i];
                    float threshold = heap.threshold();
                    if (score > threshold || threshold == Float.NEGATIVE_INFINITY) {
                        heap.offer(score, view.id(rows[i]));
                    }
                }
            }
        }
    }
}
