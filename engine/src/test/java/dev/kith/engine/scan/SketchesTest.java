package dev.kith.engine.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.index.hnsw.GraphRows;
import dev.kith.engine.index.hnsw.HnswOptions;
import dev.kith.engine.rows.RowView;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Query;
import dev.kith.vectors.VectorBlock;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What sketches leave out is never among the nearest: the answer is that of a scan, bit for bit. */
class SketchesTest {
    private static final int DIMENSION = 75;
    private static final int ROWS = 5000;
    /** In the middle of a block. */
    private static final int FIRST = 700;

    private static final int K = 10;

    /** Rows of all kinds that bounds may be wrong about. */
    private enum Kind {
        NORMAL {
            @Override
            float[] change(float[] row, Random random) {
                return row;
            }
        },
        /** In a plane: nothing is left beside the directions. */
        FLAT {
            @Override
            float[] change(float[] row, Random random) {
                Arrays.fill(row, 2, row.length, row[0]);
                return row;
            }
        },
        /** All far from the origin and near to each other: what is left is a small difference of great numbers. */
        FAR {
            @Override
            float[] change(float[] row, Random random) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = 3000 + row[i] / 100;
                }
                return row;
            }
        },
        /** Of lengths from 10⁻²⁵, whose squares are no floats, to 10¹⁸, whose squares are. */
        OF_ALL_LENGTHS {
            @Override
            float[] change(float[] row, Random random) {
                float scale = (float) Math.pow(10, random.nextInt(44) - 25);
                for (int i = 0; i < row.length; i++) {
                    row[i] *= scale;
                }
                return row;
            }
        },
        /** Every fourth one is zero, and half of the others are the same. */
        REPEATED {
            @Override
            float[] change(float[] row, Random random) {
                switch (random.nextInt(4)) {
                    case 0 -> Arrays.fill(row, 0);
                    case 1 -> Arrays.fill(row, 1);
                    case 2 -> Arrays.fill(row, -2);
                    default -> {}
                }
                return row;
            }
        };

        abstract float[] change(float[] row, Random random);
    }

    @ParameterizedTest
    @EnumSource(
            value = Metric.class,
            names = {"HAMMING"},
            mode = EnumSource.Mode.EXCLUDE)
    void nearest_ofAnyRows_isWhatAScanFinds(Metric metric) {
        for (Kind kind : Kind.values()) {
            Seeded seeded = new Seeded(31);
            GraphRows rows = new GraphRows(DIMENSION, metric, new HnswOptions(4, 8, 1));
            rows.put(changed(seeded, kind, ROWS));
            IntStream.range(0, ROWS).filter(row -> row % 7 == 0).forEach(rows::delete);
            RowView view = rows.view();
            Sketches sketches =
                    Sketches.none(view, metric, FIRST).with(view, 2000).with(view, ROWS - 100);
            float[][] queries = changed(seeded, kind, 18);
            for (int i = 0; i < queries.length; i++) {
                for (int from : new int[] {FIRST, FIRST + 1500}) {
                    Query query = Query.nearest(new VectorBlock.Floats(queries[i], 1, DIMENSION), K);
                    Hits known = ExactScan.best(view, query, metric, live(view, 0, i % 2 == 0 ? from : 3));
                    Hits found = sketches.without(from)
                            .nearest(view, query, known, new Sketches.Span(from, ROWS - (i % 3 == 0 ? 200 : 0)));
                    int end = i % 3 == 0 ? ROWS - 200 : ROWS - 100;
                    int[] all = IntStream.concat(
                                    Arrays.stream(live(view, 0, i % 2 == 0 ? from : 3)),
                                    Arrays.stream(live(view, from, end)))
                            .toArray();
                    Hits right = ExactScan.best(view, query, metric, all);
                    String doing = "%s, %s, %s, query %d from %d".formatted(seeded, metric, kind, i, from);
                    assertThat(found.ids()).as(doing).isEqualTo(right.ids());
                    assertThat(found.scores()).as(doing).isEqualTo(right.scores());
                }
            }
        }
    }

    private static float[][] changed(Seeded seeded, Kind kind, int count) {
        float[][] rows = seeded.clusteredRows(count, DIMENSION, new Seeded.Clusters(20, 0.3));
        for (float[] row : rows) {
            kind.change(row, seeded.random());
        }
        return rows;
    }

    private static int[] live(RowView view, int from, int to) {
        return IntStream.range(from, to).filter(view::isLive).toArray();
    }

    /** Otherwise they would only cost. */
    @ParameterizedTest
    @EnumSource(
            value = Metric.class,
            names = {"HAMMING"},
            mode = EnumSource.Mode.EXCLUDE)
    void compared_ofClusteredRows_areFew(Metric metric) {
        Seeded seeded = new Seeded(32);
        GraphRows rows = new GraphRows(DIMENSION, metric, new HnswOptions(4, 8, 1));
        float[][] vectors = seeded.clusteredRows(ROWS + 50, DIMENSION, new Seeded.Clusters(100, 0.2));
        rows.put(Arrays.copyOf(vectors, ROWS));
        RowView view = rows.view();
        Sketches sketches = Sketches.none(view, metric, 0).with(view, ROWS);
        int compared = 0;
        for (int i = 0; i < 50; i++) {
            Query query = Query.nearest(new VectorBlock.Floats(vectors[ROWS + i], 1, DIMENSION), K);
            Hits known = ExactScan.best(view, query, metric, live(view, 0, ROWS));
            compared += sketches.compared(view, query, known);
        }
        assertThat(compared).as("%s of %d, %s", metric, 50 * ROWS, seeded).isLessThan(50 * ROWS / 5);
    }
}
