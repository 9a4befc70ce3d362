package dev.kith.engine.index.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.RowsCopy;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.Metric;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows that are there many times are found and hide no others, whatever becomes of the one that is linked for all. */
class CopiesTest {
    private static final HnswOptions OPTIONS = new HnswOptions(8, 60, 5);
    private static final int DIMENSION = 16;
    private static final int EF = 64;
    private final Seeded seeded = new Seeded(31);

    /** Of {@code count} rows the last ones are copies of {@code of} vectors. */
    private float[][] withCopies(int different, int of, int count) {
        float[][] all = Arrays.copyOf(seeded.clusteredRows(different, DIMENSION, new Seeded.Clusters(100, 0.5)), count);
        for (int i = different; i < count; i++) {
            all[i] = all[i % of].clone();
        }
        return all;
    }

    private float[][] near(float[][] vectors, int count) {
        float[][] queries = seeded.normalRows(count, DIMENSION);
        for (int i = 0; i < count; i++) {
            float[] vector = vectors[(int) ((long) i * vectors.length / count)];
            for (int at = 0; at < DIMENSION; at++) {
                queries[i][at] = vector[at] + 0.1f * queries[i][at];
            }
        }
        return queries;
    }

    @ParameterizedTest
    @CsvSource({
        "L2, 16, 6000, 6, 12000",
        "L2, 32, 6000, 6, 12000",
        "L2, 16, 3000, 1, 12000",
        "L2, 32, 3000, 1, 12000",
        "INNER_PRODUCT, 16, 3000, 3, 9000",
        "COSINE, 16, 3000, 3000, 9000"
    })
    void search_amongVectorsThatAreThereManyTimes_findsThemAndOthers(
            Metric metric, int m, int different, int of, int count) {
        float[][] all = withCopies(different, of, count);
        GraphRows under = new GraphRows(DIMENSION, metric, new HnswOptions(m, 60, 1));
        under.put(all);
        under.link();
        under.seal();
        GraphCheck.requireSound(under, metric + " with copies");
        assertThat(under.recallByScore(near(all, 100), EF)).isGreaterThan(0.98);
        under.release();
    }

    @ParameterizedTest
    @CsvSource({"16", "32"})
    void search_withHalfOfTheRowsZero_findsThemAndOthers(int m) {
        float[][] all = withCopies(6000, 1, 12_000);
        Arrays.fill(all, 6000, all.length, new float[DIMENSION]);
        GraphRows under = new GraphRows(DIMENSION, Metric.L2, new HnswOptions(m, 60, 1));
        under.put(all);
        under.link();
        under.seal();
        GraphCheck.requireSound(under, "half zero");
        assertThat(under.recallByScore(near(all, 100), EF)).isGreaterThan(0.98);
        under.release();
    }

    @Test
    void insert_byFourThreads_linksOrChainsThemAll() throws Exception {
        float[][] all = withCopies(500, 3, 4000);
        GraphRows under = new GraphRows(DIMENSION, Metric.L2, OPTIONS);
        under.put(all);
        RowView view = under.view();
        under.graph.reserve(all.length);
        int[] order = under.graph.order(0, all.length);
        AtomicInteger next = new AtomicInteger();
        Callable<Boolean> worker = () -> {
            for (int i = next.getAndIncrement(); i < order.length; i = next.getAndIncrement()) {
                under.graph.insert(order[i], view);
            }
            return true;
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (Future<Boolean> each : threads.invokeAll(List.of(worker, worker, worker, worker))) {
                assertThat(each.get()).isTrue();
            }
        }
        under.linkedTo(all.length);
        under.seal();
        GraphCheck.requireSound(under, "by four threads");
        assertThat(under.recallByScore(near(all, 100), EF)).isGreaterThan(0.98);
        under.release();
    }

    /** In every round what is linked for copies ends, and a quarter of all; at last there is nothing left. */
    @Test
    void mend_afterTheLinkedOnesEnded_linksCopiesInTheirPlace() {
        float[][] all = withCopies(1000, 40, 5000);
        GraphRows under = new GraphRows(DIMENSION, Metric.L2, OPTIONS);
        under.put(all);
        under.link();
        float[][] queries = near(all, 100);
        Copies copies = under.graph.copies();
        for (int round = 0; round < 3; round++) {
            assertThat(IntStream.range(0, all.length).filter(row -> linkedForCopies(copies, row)))
                    .as("rows linked for copies in round %d", round)
                    .hasSizeGreaterThan(30);
            for (int row = 0; row < all.length; row++) {
                if (under.view().isLive(row) && (row / 40 % 4 == round || linkedForCopies(copies, row))) {
                    under.delete(row);
                }
            }
            assertThat(under.recallByScore(queries, EF))
                    .as("ended, round %d", round)
                    .isGreaterThan(0.95);
            new Mender(under.graph, under.view(), all.length).mend(0, all.length);
            for (float[] query : queries) {
                assertThat(under.search(query, EF))
                        .as("before ended ones are forgotten")
                        .doesNotHaveDuplicates();
            }
            assertThat(under.recallByScore(queries, EF))
                    .as("mended, round %d", round)
                    .isGreaterThan(0.95);
            under.graph.finish(under.view(), all.length);
            GraphCheck.requireSound(under, "copies, round " + round);
            assertThat(under.recallByScore(queries, EF))
                    .as("finished, round %d", round)
                    .isGreaterThan(0.98);
        }
        IntStream.range(0, all.length).filter(under.view()::isLive).forEach(under::delete);
        under.mend();
        assertThat(under.graph.entry()).isEqualTo(HnswGraph.NO_ENTRY);
        assertThat(IntStream.range(0, all.length)).allMatch(row -> copies.word(row) == 0);
        under.release();
    }

    /** As a client leaves it that adds everything again, under other ids, and removes the old. */
    @Test
    void mend_afterAllThatHadOneCopyEnded_keepsTheLevels() {
        float[][] all = withCopies(4000, 4000, 8000);
        GraphRows under = new GraphRows(DIMENSION, Metric.L2, OPTIONS);
        under.put(all);
        under.link();
        int level = HnswGraph.entryLevel(under.graph.entry());
        IntStream.range(0, 8000)
                .filter(row -> linkedForCopies(under.graph.copies(), row))
                .forEach(under::delete);
        assertThat(under.view().live()).isEqualTo(4000);
        under.mend();
        under.seal();
        GraphCheck.requireSound(under, "the copies of all");
        assertThat(HnswGraph.entryLevel(under.graph.entry())).isEqualTo(level).isPositive();
        assertThat(under.recallByScore(near(all, 100), EF)).isGreaterThan(0.98);
        under.release();
    }

    private static boolean linkedForCopies(Copies copies, int row) {
        return !copies.isCopy(row) && copies.next(row) >= 0;
    }

    @Test
    void insert_ofACopyWhereTheLinkedOneHasEnded_joinsTheOthers() {
        float[][] all = withCopies(500, 1, 600);
        GraphRows under = new GraphRows(DIMENSION, Metric.L2, OPTIONS);
        under.put(all);
        under.link();
        Copies copies = under.graph.copies();
        int linked = IntStream.range(0, 600)
                .filter(row -> linkedForCopies(copies, row))
                .findFirst()
                .orElseThrow();
        under.delete(linked);
        under.put(new float[][] {all[0]});
        under.link();
        assertThat(copies.isCopy(600)).isTrue();
        assertThat(copies.next(linked)).isEqualTo(600);
        under.mend();
        GraphCheck.requireSound(under, "a copy of an ended row");
        assertThat(linkedForCopies(copies, 600)).isTrue();
        under.release();
    }

    @Test
    void pages_readAgain_haveTheSameCopies_andBadOnesAreRefused() {
        GraphRows under = new GraphRows(DIMENSION, Metric.L2, OPTIONS);
        under.put(withCopies(1000, 30, 3000));
        under.link();
        under.seal();
        LinkPages pages = new LinkPages(under.graph, 3000);
        HnswGraph again = read(pages);
        assertThat(new LinkPages(again, 3000).enter(pages.entry())).isTrue();
        for (int row = 0; row < 3000; row++) {
            assertThat(again.copies().word(row)).isEqualTo(under.graph.copies().word(row));
        }
        RowView view = under.view();
        for (float[] query : seeded.normalRows(20, DIMENSION)) {
            HnswGraph.Query one = new HnswGraph.Query(query, 0);
            assertThat(again.search(view, one, EF, null).rows())
                    .isEqualTo(under.graph.search(view, one, EF, null).rows());
        }
        int copy = IntStream.range(0, 3000)
                .filter(again.copies()::isCopy)
                .findFirst()
                .orElseThrow();
        int word = again.copies().word(copy);
        again.copies().set(copy, Copies.word(true, copy));
        assertThat(new LinkPages(again, 3000).enter(pages.entry())).as("a ring").isFalse();
        again.copies().set(copy, 0);
        assertThat(new LinkPages(again, 3000).enter(pages.entry()))
                .as("a linked one in a chain")
                .isFalse();
        again.copies().set(copy, word);
        assertThat(new LinkPages(again, 3000).enter(pages.entry())).isTrue();
        again.copies().set(copy, Copies.word(true, 3000));
        LinkPages bad = new LinkPages(again, 3000);
        ByteBuffer page = bytes(bad, copy / Links.firstNode(1));
        assertThat(bad.decode(copy / Links.firstNode(1), page))
                .as("a copy that is no node")
                .isFalse();
        under.release();
    }

    private static HnswGraph read(LinkPages pages) {
        HnswGraph again = new HnswGraph(OPTIONS, Metric.L2);
        LinkPages target = new LinkPages(again, 3000);
        target.begin();
        for (int page = 0; page < pages.count(); page++) {
            assertThat(target.decode(page, bytes(pages, page))).isTrue();
        }
        return again;
    }

    private static ByteBuffer bytes(LinkPages pages, int page) {
        ByteBuffer bytes = ByteBuffer.allocate(pages.bytes(page)).order(ByteOrder.LITTLE_ENDIAN);
        pages.encode(page, bytes);
        return bytes.flip();
    }

    @Test
    void renumbered_afterAThirdHasEnded_hasTheSameCopies() {
        float[][] all = withCopies(1000, 30, 3000);
        GraphRows under = new GraphRows(DIMENSION, Metric.L2, OPTIONS);
        under.put(all);
        under.link();
        IntStream.range(0, 3000).filter(row -> row % 3 == 0).forEach(under::delete);
        RowView view = under.view();
        Renumbering numbers = new Renumbering(under.graph, 3000, view);
        numbers.settle(false, () -> {});
        int[] order = numbers.order();
        HnswGraph renamed = numbers.graph(order);
        RowsCopy copied = new RowsCopy(view, new MemoryBudget(1 << 28), order.length);
        copied.copy(view, order, () -> {});
        RowView next = copied.rows().view(view.sequence());
        assertThat(order).hasSize(2000).doesNotHaveDuplicates();
        assertThat(renamed.copies().areSound(order.length)).isTrue();
        assertThat(renamed.connect(next, order.length))
                .as("nodes that no way led to")
                .isZero();
        for (int node = 0; node < order.length; node++) {
            int following = under.graph.copies().next(order[node]);
            int now = renamed.copies().next(node);
            assertThat(now < 0 ? -1 : order[now]).isEqualTo(following);
            assertThat(renamed.copies().isCopy(node))
                    .isEqualTo(under.graph.copies().isCopy(order[node]));
        }
        copied.rows().release();
        under.release();
    }
}
