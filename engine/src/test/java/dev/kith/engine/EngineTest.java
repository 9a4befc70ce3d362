package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.FileDirectory;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine as the rooms above see it, over a real folder. */
class EngineTest {
    private static final CollectionName NAME = new CollectionName("default", "faissx", "points");
    private static final long MEMORY = 1L << 30;

    @TempDir
    private Path folder;

    private Engine open() {
        return Engine.open(EngineOptions.durable(FileDirectory.open(folder), MEMORY, 2));
    }

    private static VectorBlock floats(int dimension, float... values) {
        return new VectorBlock.Floats(values, values.length / dimension, dimension);
    }

    @Test
    void search_afterReopen_findsWhatWasPut() {
        try (Engine engine = open()) {
            engine.create(NAME, CollectionSpec.floats(2, Metric.L2));
            Put.Result put = engine.put(NAME, Put.append(floats(2, 0, 0, 1, 0, 5, 5)));
            assertThat(put.ids()).containsExactly(0, 1, 2);
        }
        try (Engine engine = open()) {
            List<Hits> hits = engine.search(NAME, Query.nearest(floats(2, 0.9f, 0), 2));
            assertThat(hits).hasSize(1);
            assertThat(hits.getFirst().ids()).containsExactly(1, 0);
            assertThat(hits.getFirst().scores()[0]).isCloseTo(-0.01f, org.assertj.core.data.Offset.offset(1e-6f));
        }
    }

    @Test
    void put_ofKnownId_replacesAndKeepsCount() {
        try (Engine engine = open()) {
            engine.create(NAME, CollectionSpec.floats(1, Metric.L2));
            engine.put(NAME, Put.withIds(floats(1, 1, 2, 3), new long[] {10, 20, 30}));
            Put.Result replaced = engine.put(NAME, Put.withIds(floats(1, 9), new long[] {20}));
            assertThat(replaced.replaced()).isEqualTo(1);
            assertThat(replaced.points()).isEqualTo(3);
            assertThat(engine.delete(NAME, new Selection.Ids(new long[] {10, 77})))
                    .isEqualTo(1);
        }
        try (Engine engine = open()) {
            assertThat(engine.search(NAME, Query.nearest(floats(1, 9), 5))
                            .getFirst()
                            .ids())
                    .containsExactly(20, 30);
            assertThatThrownBy(() -> engine.get(NAME, new long[] {10}))
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.NOT_FOUND));
            assertThat(engine.put(NAME, Put.append(floats(1, 4))).ids()).containsExactly(31);
        }
    }

    @Test
    void reset_startsIdsFromZero_alsoAfterReopen() {
        try (Engine engine = open()) {
            engine.create(NAME, CollectionSpec.floats(1, Metric.L2));
            engine.put(NAME, Put.append(floats(1, 1, 2)));
            engine.reset(NAME);
            assertThat(engine.put(NAME, Put.append(floats(1, 7))).ids()).containsExactly(0);
        }
        try (Engine engine = open()) {
            assertThat(engine.find(NAME).orElseThrow().points()).isEqualTo(1);
            engine.drop(NAME);
            assertThat(engine.find(NAME)).isEmpty();
            engine.create(NAME, CollectionSpec.floats(3, Metric.INNER_PRODUCT));
        }
        try (Engine engine = open()) {
            assertThat(engine.list("default")).hasSize(1);
            assertThat(engine.find(NAME).orElseThrow().spec().dimension()).isEqualTo(3);
        }
    }
}
