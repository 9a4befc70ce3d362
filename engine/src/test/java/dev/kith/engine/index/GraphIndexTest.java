package dev.kith.engine.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.index.hnsw.GraphRows;
import dev.kith.engine.index.hnsw.HnswOptions;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.scan.Asked;
import dev.kith.engine.scan.ComputePool;
import dev.kith.engine.scan.ExactScan;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Query;
import dev.kith.vectors.VectorBlock;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Searches while the graph has nodes that it had not when they began: what a walk may then meet at any step. */
class GraphIndexTest {
    private static final int DIMENSION = 16;
    private static final int ROWS = 1000;
    /** As many as a walk keeps candidates: one newer row among them is one too many. */
    private static final int K = 64;

    private final ComputePool pool = new ComputePool(2);
    private final ExactScan scan = new ExactScan(pool);
    private final Seeded seeded = new Seeded(41);
    private final GraphRows rows = new GraphRows(DIMENSION, Metric.L2, new HnswOptions(16, 100, 1));
    private final GraphIndex index = new GraphIndex(rows.graph);

    @AfterEach
    void close() {
        pool.close();
    }

    /** A graph of so many rows, with as many new ones that searches which have begun do not know to be in it. */
    private RowView grownBehindTheSearch() {
        rows.put(seeded.normalRows(ROWS, DIMENSION));
        rows.link();
        RowView before = rows.view();
        index.reached(new GraphIndex.Reach(ROWS, ROWS, 0));
        rows.put(seeded.normalRows(ROWS, DIMENSION));
        rows.link();
        return before;
    }

    private List<Hits> search(RowView view, int queries) {
        float[] values = new float[queries * DIMENSION];
        for (int i = 0; i < queries; i++) {
            System.arraycopy(seeded.normalRow(DIMENSION), 0, values, i * DIMENSION, DIMENSION);
        }
        List<Hits> found = index.search(
                Asked.ofAll(view, Query.nearest(new VectorBlock.Floats(values, queries, DIMENSION), K), Metric.L2),
                scan,
                Optional.empty());
        assertThat(found).as("answers of the graph").isNotNull();
        return found;
    }

    @Test
    void search_ofTheNewestView_findsNoRowTwice() {
        var _ = grownBehindTheSearch();
        for (Hits hits : search(rows.view(), 50)) {
            assertThat(hits.count()).isEqualTo(K);
            assertThat(hits.ids()).doesNotHaveDuplicates();
        }
    }

    @Test
    void search_ofAnOlderView_findsKRowsAndNoneThatIsNewer() {
        RowView before = grownBehindTheSearch();
        for (Hits hits : search(before, 50)) {
            assertThat(hits.count()).isEqualTo(K);
            assertThat(LongStream.of(hits.ids()).filter(id -> id >= ROWS)).isEmpty();
        }
    }

    @Test
    void search_ofAnOlderViewOfACoveringGraph_findsKRowsAndNoneThatIsNewer() {
        RowView before = grownBehindTheSearch();
        index.reached(new GraphIndex.Reach(2 * ROWS, 2 * ROWS, 0));
        for (Hits hits : search(before, 50)) {
            assertThat(hits.count()).isEqualTo(K);
            assertThat(LongStream.of(hits.ids()).filter(id -> id >= ROWS)).isEmpty();
        }
    }
}
