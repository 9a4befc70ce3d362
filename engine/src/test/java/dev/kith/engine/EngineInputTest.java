package dev.kith.engine;

import static dev.kith.engine.Engines.block;
import static dev.kith.engine.Engines.inMemory;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Values that can never be served are refused, and nothing of them stays. */
class EngineInputTest {
    private static final CollectionName NAME = new CollectionName("t", "n", "points");

    @Test
    void put_bitsBeyondTheDimension_areRefused() {
        try (Engine engine = inMemory()) {
            engine.create(NAME, CollectionSpec.of(ElementType.BIT, 10, KeyPolicy.NONE, IndexSpec.flat(Metric.HAMMING)));
            VectorBlock wrong = new VectorBlock.Bits(new byte[] {1, 2, 1, 4}, 2, 10);
            assertThatThrownBy(() -> engine.put(NAME, Put.append(wrong))).isInstanceOf(Rejection.class);
            assertThatThrownBy(() -> engine.search(NAME, Query.nearest(wrong, 1)))
                    .isInstanceOf(Rejection.class);
            assertThat(engine.put(NAME, Put.append(new VectorBlock.Bits(new byte[] {1, 3}, 1, 10)))
                            .points())
                    .isEqualTo(1);
        }
    }

    @Test
    void calls_withBadValues_areRefusedAndChangeNothing() {
        try (Engine engine = inMemory()) {
            engine.create(NAME, CollectionSpec.floats(2, Metric.L2));
            VectorBlock fine = block(new float[][] {{1, 2}});
            for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                VectorBlock bad = block(new float[][] {{1, 2}, {3, wrong}});
                assertThatThrownBy(() -> engine.put(NAME, Put.append(bad))).isInstanceOf(Rejection.class);
                assertThatThrownBy(() -> engine.search(NAME, Query.nearest(bad, 1)))
                        .isInstanceOf(Rejection.class);
            }
            for (int k : new int[] {Integer.MIN_VALUE, -1, 0, 10_001, Integer.MAX_VALUE}) {
                assertThatThrownBy(() -> Query.nearest(fine, k)).isInstanceOf(Rejection.class);
            }
            for (int dimension : new int[] {0, -1, 10_001, 65_536}) {
                assertThatThrownBy(() -> CollectionSpec.floats(dimension, Metric.L2))
                        .isInstanceOf(Rejection.class);
            }
            VectorBlock many = new VectorBlock.Floats(new float[10_001 * 2], 10_001, 2);
            assertThatThrownBy(() -> engine.search(NAME, Query.nearest(many, 1)))
                    .isInstanceOf(Rejection.class);
            VectorBlock none = new VectorBlock.Floats(new float[0], 0, 2);
            assertThat(engine.search(NAME, Query.nearest(none, 1))).isEmpty();
            assertThat(engine.put(NAME, Put.append(none)).points()).isZero();
            assertThat(engine.search(NAME, Query.nearest(fine, 1)).getFirst().count())
                    .isZero();
            VectorBlock other = block(new float[][] {{1}});
            assertThatThrownBy(() -> engine.put(NAME, Put.append(other))).isInstanceOf(Rejection.class);
            VectorBlock huge = new VectorBlock.Floats(new float[200_002], 100_001, 2);
            assertThatThrownBy(() -> engine.put(NAME, Put.append(huge))).isInstanceOf(Rejection.class);
            Put noIds = new Put(fine, Optional.empty(), List.of(), List.of(), Put.Known.REQUIRE, Optional.empty());
            assertThatThrownBy(() -> engine.put(NAME, noIds)).isInstanceOf(Rejection.class);
            for (long id : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
                assertThatThrownBy(() -> engine.put(NAME, Put.withIds(fine, new long[] {id})))
                        .isInstanceOf(Rejection.class);
                assertThat(engine.delete(NAME, new Selection.Ids(new long[] {id})))
                        .isZero();
            }
            assertThat(engine.put(NAME, Put.append(fine)).ids()).containsExactly(0);
            assertThat(engine.put(NAME, Put.withIds(fine, new long[] {Long.MAX_VALUE - 1}))
                            .points())
                    .isEqualTo(2);
            assertThatThrownBy(() -> engine.put(NAME, Put.append(fine)))
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.EXHAUSTED));
            assertThat(engine.get(NAME, new long[] {Long.MAX_VALUE - 1}).total())
                    .isEqualTo(2);
        }
    }
}
