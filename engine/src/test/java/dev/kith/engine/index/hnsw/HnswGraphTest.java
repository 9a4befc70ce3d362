package dev.kith.engine.index.hnsw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.engine.rows.RowView;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.Metric;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Graphs of all shapes find what an exact scan finds, and keep their invariants, before and after deletions. */
class HnswGraphTest {
    private static final HnswOptions OPTIONS = new HnswOptions(16, 100, 1);
    private static final Seeded.Clusters CLUSTERS = new Seeded.Clusters(50, 0.7);

    @ParameterizedTest
    @EnumSource(
            value = Metric.class,
            names = {"L2", "INNER_PRODUCT", "COSINE"})
    void search_ofAGrownGraph_findsWhatAScanFinds(Metric metric) {
        GraphRows under = new GraphRows(24, metric, OPTIONS);
        Seeded seeded = new Seeded(7);
        under.put(seeded.clusteredRows(6000, 24, CLUSTERS));
        float[][] queries = seeded.normalRows(100, 24);

        under.link();
        assertThat(under.recall(queries, 100)).as("%s growing", metric).isGreaterThan(0.95);

        under.seal();
        GraphCheck.requireSound(under, metric + " sealed");
        assertThat(under.recall(queries, 100)).as("%s sealed", metric).isGreaterThan(0.95);
    }

    /** Cluster after cluster, as a client sends that reads its documents one after the other. */
    @ParameterizedTest
    @CsvSource({"200, 0.1", "200, 0.3", "1000, 0.3"})
    void insert_ofOneClusterAfterTheOther_findsThemAll(int clusters, double spread) {
        Seeded seeded = new Seeded(5);
        float[][] centres = seeded.normalRows(clusters, 64);
        float[][] vectors = around(centres, seeded.normalRows(12_000, 64), spread);
        GraphRows under = new GraphRows(64, Metric.L2, new HnswOptions(32, 40, 1));
        under.put(vectors);
        under.link();
        under.seal();
        GraphCheck.requireSound(under, "ordered by cluster");
        float[][] queries = around(centres, seeded.normalRows(200, 64), spread);
        assertThat(under.recall(queries, 64)).isGreaterThan(0.97);
    }

    /** Adds to the noise the centres, the first ones to the first. */
    private static float[][] around(float[][] centres, float[][] noise, double spread) {
        for (int i = 0; i < noise.length; i++) {
            float[] centre = centres[(int) ((long) i * centres.length / noise.length)];
            for (int at = 0; at < centre.length; at++) {
                noise[i][at] = (float) (centre[at] + spread * noise[i][at]);
            }
        }
        return noise;
    }

    /** Where a list has room for all candidates, all are linked: without direction, the diverse ones are too few. */
    @Test
    void insert_ofRowsWithoutClusters_linksAllCandidates() {
        Seeded seeded = new Seeded(22);
        GraphRows under = new GraphRows(64, Metric.L2, new HnswOptions(32, 40, 1));
        under.put(seeded.normalRows(8000, 64));
        under.link();
        under.seal();
        assertThat(under.recall(seeded.normalRows(100, 64), 64)).isGreaterThan(0.955);
    }

    @Test
    void insert_afterSealing_findsOldAndNew() {
        GraphRows under = new GraphRows(16, Metric.L2, OPTIONS);
        Seeded seeded = new Seeded(8);
        under.put(seeded.normalRows(3000, 16));
        under.link();
        under.seal();
        under.put(seeded.normalRows(3000, 16));
        under.link();
        assertThat(under.recall(seeded.normalRows(100, 16), 100)).isGreaterThan(0.95);
        under.seal();
        GraphCheck.requireSound(under, "sealed again");
        assertThat(under.recall(seeded.normalRows(100, 16), 100)).isGreaterThan(0.95);
    }

    @Test
    void insert_byOneThread_givesTheSameGraphAgain() {
        GraphRows first = new GraphRows(8, Metric.L2, OPTIONS);
        GraphRows second = new GraphRows(8, Metric.L2, OPTIONS);
        for (GraphRows under : new GraphRows[] {first, second}) {
            under.put(new Seeded(9).normalRows(2000, 8));
            under.link();
            under.seal();
        }
        for (int row = 0; row < 2000; row++) {
            assertThat(Soundness.neighbours(first.graph, row, 0)).isEqualTo(Soundness.neighbours(second.graph, row, 0));
        }
    }

    /** The level above leads to nodes that level 0 does not lead to, from which no link is of use. */
    @Test
    void connect_whereTheLevelAboveLeadsBeyondLevel0_linksFromWhatIsReached() {
        GraphRows under = new GraphRows(1, Metric.L2, OPTIONS);
        under.put(new float[][] {{0}, {5}, {6}});
        HnswGraph graph = under.graph;
        graph.reserve(3);
        graph.links().open(0, 1);
        graph.links().open(1, 1);
        graph.raise(0, 1);
        graph.links().add(0, 1, Candidates.pack(25, 1));
        graph.links().add(1, 1, Candidates.pack(25, 0));
        graph.links().add(1, 0, Candidates.pack(1, 2));
        graph.links().add(2, 0, Candidates.pack(1, 1));
        under.linkedTo(3);
        assertThat(graph.connect(under.view(), 3)).isEqualTo(1);
        assertThat(Soundness.neighbours(graph, 0, 0)).containsExactly(1);
        GraphCheck.requireSound(under, "connected");
    }

    @Test
    void insert_afterEverythingWasDeleted_findsTheNewOnes() {
        GraphRows under = new GraphRows(8, Metric.L2, OPTIONS);
        Seeded seeded = new Seeded(12);
        under.put(seeded.normalRows(1000, 8));
        under.link();
        IntStream.range(0, 1000).forEach(under::delete);
        assertThat(under.search(new float[8], 50)).isEmpty();
        // Once without mending in between, and once after it.
        under.put(seeded.normalRows(500, 8));
        under.link();
        assertThat(under.recall(seeded.normalRows(50, 8), 64))
                .as("among ended rows, which are taken out before a keeper links so many new ones")
                .isGreaterThan(0.25);
        under.mend();
        GraphCheck.requireSound(under, "mended with new rows");
        IntStream.range(1000, 1500).forEach(under::delete);
        under.mend();
        assertThat(under.graph.entry()).isEqualTo(HnswGraph.NO_ENTRY);
        under.put(seeded.normalRows(500, 8));
        under.link();
        under.seal();
        GraphCheck.requireSound(under, "grown from nothing");
        assertThat(under.recall(seeded.normalRows(50, 8), 64)).isGreaterThan(0.95);
    }

    @ParameterizedTest
    @CsvSource({"1, 300", "2, 300", "3, 1000", "10000, 40"})
    void search_inAnyDimension_findsWhatAScanFinds(int dimension, int count) {
        GraphRows under = new GraphRows(dimension, Metric.L2, new HnswOptions(8, 64, 2));
        Seeded seeded = new Seeded(13);
        under.put(seeded.normalRows(count, dimension));
        under.link();
        under.seal();
        GraphCheck.requireSound(under, "dimension " + dimension);
        assertThat(under.recall(seeded.normalRows(20, dimension), 64)).isGreaterThan(0.95);
    }

    @ParameterizedTest
    @ValueSource(floats = {0f, 3f})
    void link_ofEqualVectors_reachesThemAll(float value) {
        for (Metric metric : new Metric[] {Metric.L2, Metric.INNER_PRODUCT, Metric.COSINE}) {
            GraphRows under = new GraphRows(5, metric, OPTIONS);
            float[][] equal = new float[1200][5];
            for (float[] row : equal) {
                Arrays.fill(row, value);
            }
            under.put(equal);
            under.link();
            under.seal();
            GraphCheck.requireSound(under, metric + " of equal rows " + value);
            assertThat(under.search(new float[] {1, 2, 3, 4, 5}, 64)).hasSize(GraphRows.K);
        }
    }

    @Test
    void search_amongDuplicates_findsTheOthersToo() {
        Seeded seeded = new Seeded(14);
        float[][] different = seeded.normalRows(500, 8);
        GraphRows under = new GraphRows(8, Metric.L2, OPTIONS);
        float[][] all = new float[1500][];
        for (int i = 0; i < all.length; i++) {
            // A thousand times the same one, among all the others.
            all[i] = i % 3 == 0 ? different[i / 3] : different[0];
        }
        under.put(all);
        under.link();
        under.seal();
        GraphCheck.requireSound(under, "duplicates");
        int found = 0;
        for (int i = 1; i < different.length; i++) {
            found += IntStream.of(under.search(different[i], 64)).anyMatch(row -> row % 3 == 0) ? 1 : 0;
        }
        assertThat(found).isGreaterThan(490);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1, 513, 10_000})
    void options_withMOutOfRange_areRefused(int m) {
        assertThatThrownBy(() -> new HnswOptions(m, 10, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("m=" + m);
    }

    /** As many links on level 0 as on the others find less than three times as many. */
    @Test
    void link_withOtherNumbersOfLinksOnLevelZero_keepsSoMany() {
        float[][] rows = new Seeded(16).normalRows(3000, 24);
        double[] recalls = new double[2];
        int[] numbers = {8, 24};
        for (int i = 0; i < numbers.length; i++) {
            GraphRows under = new GraphRows(24, Metric.L2, new HnswOptions(8, numbers[i], 60, 3));
            under.put(rows);
            under.link();
            under.seal();
            GraphCheck.requireSound(under, "m0 " + numbers[i]);
            recalls[i] = under.recall(new Seeded(17).normalRows(100, 24), 20);
        }
        assertThat(recalls[0]).isLessThan(recalls[1] - 0.05);
        assertThatThrownBy(() -> new HnswOptions(8, 7, 60, 3)).hasMessageContaining("m0=7");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 512})
    void link_withTheLeastAndTheMostLinks_works(int m) {
        GraphRows under = new GraphRows(6, Metric.L2, new HnswOptions(m, 50, 3));
        under.put(new Seeded(15).normalRows(700, 6));
        under.link();
        under.seal();
        GraphCheck.requireSound(under, "m " + m);
    }

    /** Either may be the entry, and the other one finds that and not itself. */
    @Test
    void insert_ofTheFirstTwoAtOnce_linksThemToEachOther() throws InterruptedException {
        HnswOptions options = new HnswOptions(4, 20, 1);
        int high = IntStream.range(0, 200)
                .filter(node -> options.level(node) > 0)
                .findFirst()
                .orElseThrow();
        int low = IntStream.range(0, 200)
                .filter(node -> options.level(node) == 0)
                .findFirst()
                .orElseThrow();
        GraphRows rows = new GraphRows(16, Metric.L2, options);
        rows.put(new Seeded(3).normalRows(200, 16));
        RowView view = rows.view();
        for (int round = 0; round < 3000; round++) {
            HnswGraph graph = new HnswGraph(options, Metric.L2);
            graph.reserve(200);
            Thread other = Thread.ofPlatform().start(() -> graph.insert(low, view));
            graph.insert(high, view);
            other.join();
            for (int node : new int[] {low, high}) {
                assertThat(graph.copies().word(node)).as("round %d", round).isZero();
                int[] array = graph.links().array(node, 0);
                assertThat(array[graph.links().from(array, node, 0)])
                        .as("round %d", round)
                        .isEqualTo(1);
            }
        }
        rows.release();
    }
}
