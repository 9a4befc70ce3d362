package dev.kith.engine.scan;

import dev.kith.engine.rows.RowLayout;
import dev.kith.engine.rows.RowView;
import dev.kith.kernel.Kernels;
import dev.kith.vectors.Metric;
import dev.kith.vectors.VectorBlock;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** The queries of one search, laid out for the kernels, and the metric to compare them by. Immutable. */
sealed interface Comparer {
    /**
     * Which queries with which rows; the rows lie in one chunk.
     *
     * @param number of the tile of queries
     * @param queries in the tile
     * @param firstRow number of the first row
     */
    record Tile(int number, int queries, int firstRow, int rows) {}

    /** Sets {@code scores[q × rows + r]} for each query and row of the tile. */
    void compare(RowView view, Tile tile, float[] scores);

    /**
     * One query with rows that lie anywhere.
     *
     * @param number of the query
     * @param count of the first ones of {@code rows}
     */
    record Listed(int number, int[] rows, int count) {}

    /** Sets {@code scores[r]} for each row listed, to what {@link #compare(RowView, Tile, float[])} does. */
    void compare(RowView view, Listed listed, float[] scores);

    /** Queries of a tile: with the rows of a block they keep the tile kernel's registers busy. */
    int TILE_QUERIES = 8;

    static Comparer of(RowLayout layout, VectorBlock queries, Metric metric) {
        return switch (queries) {
            case VectorBlock.Floats floats -> new Floats(padded(floats, layout), layout.paddedDimension(), metric);
            case VectorBlock.Bits bits -> new Bits(words(bits, layout), layout.words());
        };
    }

    private static float[][] padded(VectorBlock.Floats block, RowLayout layout) {
        int width = layout.paddedDimension();
        float[][] tiles = new float[Math.ceilDiv(block.count(), TILE_QUERIES)][];
        for (int i = 0; i < block.count(); i++) {
            int inTile = i % TILE_QUERIES;
            if (inTile == 0) {
                tiles[i / TILE_QUERIES] = new float[Math.min(TILE_QUERIES, block.count() - i) * width];
            }
            float[] tile = tiles[i / TILE_QUERIES];
            System.arraycopy(block.values(), i * block.dimension(), tile, inTile * width, block.dimension());
        }
        return tiles;
    }

    private static long[] words(VectorBlock.Bits block, RowLayout layout) {
        int width = layout.words();
        int bytes = layout.vectorBytes();
        long[] words = new long[Math.multiplyExact(block.count(), width)];
        MemorySegment target = MemorySegment.ofArray(words);
        MemorySegment source = MemorySegment.ofArray(block.values());
        for (int i = 0; i < block.count(); i++) {
            MemorySegment.copy(source, (long) i * bytes, target, (long) i * width * Long.BYTES, bytes);
        }
        return words;
    }

    /** Float queries by tile, {@code length} padded components each. */
    record Floats(float[][] tiles, int length, Metric metric) implements Comparer {
        /** 2⁻⁸⁰ and 2⁸⁰: far enough from the ends of the floats for 10,000 components. */
        private static final float SQUARED_NORM_MIN = 0x1p-80f;

        private static final float SQUARED_NORM_MAX = 0x1p80f;

        @Override
        public void compare(RowView view, Tile tile, float[] scores) {
            Kernels kernels = Kernels.active();
            MemorySegment rows = view.memory(tile.firstRow());
            long offset = view.offset(tile.firstRow());
            float[] queries = tiles[tile.number()];
            if (tile.queries() == 1) {
                if (metric == Metric.L2) {
                    kernels.l2(queries, 0, rows, offset, tile.rows(), length, scores, 0);
                } else {
                    kernels.dot(queries, 0, rows, offset, tile.rows(), length, scores, 0);
                }
            } else if (metric == Metric.L2) {
                kernels.l2Tile(queries, tile.queries(), rows, offset, tile.rows(), length, scores);
            } else {
                kernels.dotTile(queries, tile.queries(), rows, offset, tile.rows(), length, scores);
            }
            if (isByAngle(metric)) {
                divideByNorms(view, tile, scores);
            }
        }

        @Override
        public void compare(RowView view, Listed listed, float[] scores) {
            int from = listed.number() % TILE_QUERIES * length;
            float[] tile = tiles[listed.number() / TILE_QUERIES];
            float[] query = tile.length == length ? tile : Arrays.copyOfRange(tile, from, from + length);
            if (metric == Metric.L2) {
                Kernels.active().l2Gather(query, view.table(), listed.rows(), listed.count(), scores);
            } else {
                Kernels.active().dotGather(query, view.table(), listed.rows(), listed.count(), scores);
            }
            if (isByAngle(metric)) {
                Side side = new Side(query, 0, Kernels.active().squaredNorm(query, 0, length));
                for (int i = 0; i < listed.count(); i++) {
                    scores[i] = byAngle(scores[i], side, view, listed.rows()[i]);
                }
            }
        }

        static boolean isByAngle(Metric metric) {
            return switch (metric) {
                case COSINE, NORMALISED_L2, NORMALISED_INNER_PRODUCT -> true;
                case L2, INNER_PRODUCT, HAMMING -> false;
            };
        }

        /** The score from products and norms; where a norm is zero there is no angle, and each metric has its own. */
        private void divideByNorms(RowView view, Tile tile, float[] scores) {
            for (int q = 0; q < tile.queries(); q++) {
                float[] queries = tiles[tile.number()];
                Side query = new Side(queries, q * length, Kernels.active().squaredNorm(queries, q * length, length));
                for (int r = 0; r < tile.rows(); r++) {
                    int at = q * tile.rows() + r;
                    scores[at] = byAngle(scores[at], query, view, tile.firstRow() + r);
                }
            }
        }

        /** A query and its squared norm. */
        private record Side(float[] queries, int from, float squared) {}

        private float byAngle(float product, Side query, RowView view, int row) {
            float rowSquared = view.norm(row);
            return inRange(query.squared) && inRange(rowSquared)
                    ? angular(product, query.squared, rowSquared)
                    : wideAngular(query.queries, query.from, view, row);
        }

        /**
         * Whether a squared norm, and any product with another vector of which the same is true, was summed in floats
         * without overflow and without losing digits below the smallest float.
         */
        static boolean inRange(float squaredNorm) {
            return squaredNorm >= SQUARED_NORM_MIN && squaredNorm <= SQUARED_NORM_MAX;
        }

        private float angular(double product, double querySquared, double rowSquared) {
            double cosine = Math.clamp(product / (Math.sqrt(querySquared) * Math.sqrt(rowSquared)), -1.0, 1.0);
            return (float) (metric == Metric.NORMALISED_L2 ? 2 * cosine - 2 : cosine);
        }

        /** @param bothZero whether both vectors are zero; otherwise one of them is */
        private float withoutAngle(boolean bothZero) {
            return switch (metric) {
                case NORMALISED_L2 -> bothZero ? 0 : -1;
                case NORMALISED_INNER_PRODUCT -> 0;
                case L2, INNER_PRODUCT, COSINE, HAMMING -> Float.NEGATIVE_INFINITY;
            };
        }

        /** The same in doubles, which hold the square of every float. */
        private float wideAngular(float[] queries, int from, RowView view, int row) {
            MemorySegment memory = view.memory(row);
            long offset = view.offset(row);
            double product = 0;
            double querySquared = 0;
            double rowSquared = 0;
            for (int i = 0; i < length; i++) {
                double q = queries[from + i];
                double x = memory.get(ValueLayout.JAVA_FLOAT, offset + (long) i * Float.BYTES);
                product += q * x;
                querySquared += q * q;
                rowSquared += x * x;
            }
            return querySquared == 0 || rowSquared == 0
                    ? withoutAngle(querySquared == rowSquared)
                    : angular(product, querySquared, rowSquared);
        }
    }

    /** Bit queries, {@code width} words each. */
    record Bits(long[] queries, int width) implements Comparer {

        @Override
        public void compare(RowView view, Listed listed, float[] scores) {
            float[] score = new float[1];
            for (int i = 0; i < listed.count(); i++) {
                int row = listed.rows()[i];
                int query = listed.number() * width;
                Kernels.active().hamming(queries, query, view.memory(row), view.offset(row), 1, width, score, 0);
                scores[i] = score[0];
            }
        }

        @Override
        public void compare(RowView view, Tile tile, float[] scores) {
            for (int q = 0; q < tile.queries(); q++) {
                Kernels.active()
                        .hamming(
                                queries,
                                (tile.number() * TILE_QUERIES + q) * width,
                                view.memory(tile.firstRow()),
                                view.offset(tile.firstRow()),
                                tile.rows(),
                                width,
                                scores,
                                q * tile.rows());
            }
        }
    }
}
