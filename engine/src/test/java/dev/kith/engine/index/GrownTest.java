package dev.kith.engine.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.index.hnsw.GraphRows;
import dev.kith.engine.index.hnsw.HnswOptions;
import dev.kith.engine.rows.RowView;
import dev.kith.vectors.Metric;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/** How long a tail may be before writers are held back. */
class GrownTest {
    /** So many components that 10,000 rows, the least that a tail may have, are the most that it may have, too. */
    private static final int DIMENSION = 4_500;

    private static final int ROWS = 10_002;

    private final GraphRows rows = new GraphRows(DIMENSION, Metric.L2, new HnswOptions(4, 8, 1));

    private RowView with(int count) {
        rows.put(Collections.nCopies(count, new float[DIMENSION]).toArray(float[][]::new));
        return rows.view();
    }

    @Test
    void isTooFarBehind_withATailThatIsLongerThanEver_isTrue() {
        RowView some = with(ROWS);
        GraphIndex index = new GraphIndex(rows.graph);
        assertThat(new Grown(index, some, 0).isTooFarBehind(some)).isTrue();
        Grown begun = new Grown(index, some, ROWS);
        assertThat(begun.isTooFarBehind(some))
                .as("while it is made of rows that there were")
                .isFalse();
        RowView more = with(2);
        assertThat(begun.isTooFarBehind(more))
                .as("when more come than it links")
                .isTrue();
        index.reached(new GraphIndex.Reach(2, 2, 0));
        assertThat(begun.isTooFarBehind(more))
                .as("when as many came as it linked")
                .isFalse();
        index.reached(new GraphIndex.Reach(4, 4, 0));
        assertThat(begun.caughtUp().isTooFarBehind(more))
                .as("once it had caught up")
                .isFalse();
        assertThat(begun.caughtUp().isTooFarBehind(with(3)))
                .as("once it had caught up, and is behind again")
                .isTrue();
    }
}
