package dev.kith.engine.index.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.RowsCopy;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.Metric;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A graph whose nodes are called otherwise, and one that is made of its pages, are as good as they were. */
class RenumberingTest {
    private static final HnswOptions OPTIONS = new HnswOptions(8, 60, 5);
    private final Seeded seeded = new Seeded(17);
    private final GraphRows rows = new GraphRows(16, Metric.L2, OPTIONS);

    private float[][] vectors(int count) {
        return seeded.clusteredRows(count, 16, new Seeded.Clusters(50, 0.5));
    }

    @Test
    void renumbered_afterHalfHasEnded_findsTheSame() {
        rows.put(vectors(5000));
        rows.link();
        Random random = new Random(3);
        for (int row = 0; row < 5000; row++) {
            if (random.nextBoolean()) {
                rows.delete(row);
            }
        }
        RowView view = rows.view();
        Renumbering numbers = new Renumbering(rows.graph, 5000, view);
        numbers.settle(false, () -> {});
        int[] order = numbers.order();
        assertThat(order).hasSize((int) view.live()).doesNotHaveDuplicates();
        HnswGraph renamed = numbers.graph(order);
        RowsCopy copy = new RowsCopy(view, new MemoryBudget(1 << 28), order.length);
        copy.copy(view, order, () -> {});
        RowView next = copy.rows().view(view.sequence());
        int same = 0;
        float[][] queries = vectors(100);
        for (float[] query : queries) {
            int[] before = rows.graph
                    .search(view, new HnswGraph.Query(query, 0), 60, null)
                    .rows();
            int[] after = renamed.search(next, new HnswGraph.Query(query, 0), 60, null)
                    .rows();
            for (int i = 0; i < GraphRows.K; i++) {
                same += next.id(after[i]) == view.id(before[i]) ? 1 : 0;
            }
        }
        assertThat(same).isGreaterThan(990);
        assertThat(renamed.connect(next, order.length))
                .as("nodes that no way led to")
                .isZero();
        copy.rows().release();
    }

    @Test
    void nodesApart_renumberedOrReadAgain_areKnownAgain() {
        GraphRows under = new GraphRows(16, Metric.NORMALISED_L2, OPTIONS);
        float[][] all = vectors(3000);
        for (int row = 0; row < all.length; row += 3) {
            all[row] = new float[16];
        }
        under.put(all);
        under.link();
        under.seal();
        RowView view = under.view();
        int[] apart = under.graph.rowsApart(3000, row -> true);
        assertThat(IntStream.of(apart)).hasSize(1000).allMatch(row -> row % 3 == 0);
        LinkPages pages = new LinkPages(under.graph, 3000);
        HnswGraph again = new HnswGraph(OPTIONS, Metric.NORMALISED_L2);
        LinkPages target = new LinkPages(again, 3000);
        target.begin();
        for (int page = 0; page < pages.count(); page++) {
            assertThat(target.decode(page, bytes(pages, page))).isTrue();
        }
        assertThat(target.enter(pages.entry())).isTrue();
        again.restoreApart(view, 3000);
        assertThat(again.rowsApart(3000, row -> true)).isEqualTo(apart);
        IntStream.range(0, 1500).forEach(under::delete);
        Renumbering numbers = new Renumbering(again, 3000, under.view());
        numbers.settle(false, () -> {});
        int[] order = numbers.order();
        assertThat(IntStream.of(numbers.graph(order).rowsApart(3000, row -> true)))
                .hasSize(500)
                .allMatch(node -> order[node] % 3 == 0 && order[node] >= 1500);
    }

    @Test
    void pages_readAgain_makeTheSameGraph_andBadLinksAreRefused() {
        rows.put(vectors(3000));
        rows.link();
        rows.seal();
        RowView view = rows.view();
        LinkPages pages = new LinkPages(rows.graph, 3000);
        HnswGraph again = new HnswGraph(OPTIONS, Metric.L2);
        LinkPages target = new LinkPages(again, 3000);
        target.begin();
        for (int page = 0; page < pages.count(); page++) {
            ByteBuffer bytes = bytes(pages, page);
            assertThat(target.decode(page, bytes)).isTrue();
        }
        assertThat(target.enter(pages.entry())).isTrue();
        assertThat(target.enter(pages.entry() + (1L << 32))).isFalse();
        assertThat(target.enter(3000)).isFalse();
        for (float[] query : vectors(50)) {
            HnswGraph.Query one = new HnswGraph.Query(query, 0);
            assertThat(again.search(view, one, 30, null).rows())
                    .isEqualTo(rows.graph.search(view, one, 30, null).rows());
        }
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            ByteBuffer bytes = bytes(pages, 0);
            int at = random.nextInt(bytes.limit() / 4) * 4;
            bytes.putInt(at, random.nextBoolean() ? -1 - random.nextInt(5000) : 3000 + random.nextInt(1 << 20));
            assertThat(target.decode(0, bytes)).as("at %d", at).isFalse();
        }
        assertThat(target.decode(0, bytes(pages, 0).limit(400))).isFalse();
        assertThat(target.decode(0, bytes(pages, 1))).isFalse();
    }

    private static ByteBuffer bytes(LinkPages pages, int page) {
        ByteBuffer bytes = ByteBuffer.allocate(pages.bytes(page)).order(ByteOrder.LITTLE_ENDIAN);
        pages.encode(page, bytes);
        return bytes.flip();
    }
}
