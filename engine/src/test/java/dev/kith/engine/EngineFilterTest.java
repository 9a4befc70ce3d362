package dev.kith.engine;

import static dev.kith.engine.Graphs.NAME;
import static dev.kith.engine.Graphs.awaitGrown;
import static dev.kith.engine.Graphs.info;
import static dev.kith.engine.Graphs.recall;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.storage.FaultyDirectory;
import dev.kith.testkit.Await;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Searches, selections and deletions with filters, with and without indexes of payload fields and of vectors. */
@Timeout(120)
@ExtendWith(Quiet.class)
class EngineFilterTest {
    private static final int DIMENSION = 64;
    private static final int K = 10;
    private static final int GROUPS = 5;
    private static final FieldPath RANK = FieldPath.of("rank");
    private static final FieldPath PLAIN = FieldPath.of("plain");

    private final Seeded seeded = new Seeded(77);

    private VectorBlock rows(int count) {
        return Graphs.clustered(seeded, count, DIMENSION, 50);
    }

    private static CollectionSpec spec(IndexSpec index) {
        return Graphs.spec(DIMENSION, index).withPayloadIndexes(new TreeSet<>(List.of(RANK)));
    }

    private static Put put(VectorBlock vectors, IntFunction<Value.Fields> payload) {
        return new Put(
                vectors,
                Optional.empty(),
                List.of(),
                IntStream.range(0, vectors.count()).mapToObj(payload).toList(),
                Put.Known.REPLACE,
                Optional.empty());
    }

    private static Value.Fields ranked(long rank) {
        return new Value.Fields(Map.of("rank", new Value.Int(rank), "plain", new Value.Int(rank)));
    }

    private static Filter below(FieldPath field, long end) {
        return new Filter.Range(field, Optional.empty(), Optional.of(new Filter.Bound(new Value.Int(end), false)));
    }

    @Test
    void search_ofAGraphAtEverySelectivity_findsKWheneverKMatch() {
        int count = 20_000;
        long[] ranks = seeded.shuffledIds(count);
        try (Engine engine = Engine.open(EngineOptions.inMemory(1L << 30, 2))) {
            engine.create(NAME, spec(Graphs.index(Metric.L2, "", 16, 60)));
            for (int from = 0; from < count; from += 5000) {
                int first = from;
                engine.put(NAME, put(rows(5000), i -> ranked(ranks[first + i])));
            }
            awaitGrown(engine);
            engine.delete(NAME, new Selection.Ids(LongStream.range(0, 300).toArray()));
            VectorBlock queries = rows(20);
            for (FieldPath field : List.of(RANK, PLAIN)) {
                for (int matching : new int[] {0, 1, 9, 10, 11, 200, 2_000, 6_000, 10_000, 20_000}) {
                    Query query = Query.nearest(queries, K).where(below(field, matching));
                    if (matching > 0) {
                        assertThat(recall(engine, query))
                                .as("%d match by %s", matching, field)
                                .isGreaterThanOrEqualTo(0.95);
                    }
                    for (Hits hits : engine.search(NAME, query)) {
                        assertThat(LongStream.of(hits.ids()).map(id -> ranks[(int) id]))
                                .allMatch(rank -> rank < matching);
                    }
                }
            }
        }
    }

    @Test
    void search_forWhatLiesFarFromTheQuery_findsItAll() {
        try (Engine engine = Engine.open(EngineOptions.inMemory(1L << 30, 2))) {
            engine.create(NAME, spec(Graphs.index(Metric.L2, "", 16, 60)));
            float[][] near = seeded.normalRows(18_000, DIMENSION);
            float[][] far = seeded.normalRows(2_000, DIMENSION);
            for (float[] row : far) {
                row[0] += 100;
            }
            engine.put(NAME, put(Engines.block(near), i -> ranked(5)));
            engine.put(NAME, put(Engines.block(far), i -> ranked(7)));
            awaitGrown(engine);
            Query query = Query.nearest(Engines.block(seeded.normalRows(20, DIMENSION)), K)
                    .where(new Filter.Equals(RANK, new Value.Int(7)));
            assertThat(recall(engine, query)).isGreaterThan(0.9);
        }
    }

    /** Every point's group stays what it is, whatever else of it changes. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void filters_whileRowsAreReplacedAndCompacted_seeEveryPointOnce(boolean indexed) {
        int count = 2_000;
        long[] ids = LongStream.range(0, count).toArray();
        try (Engine engine = Engine.open(EngineOptions.inMemory(1L << 30, 2))) {
            CollectionSpec spec = spec(IndexSpec.flat(Metric.L2));
            engine.create(NAME, indexed ? spec : spec.withPayloadIndexes(Collections.emptySortedSet()));
            engine.put(NAME, grouped(ids));
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                for (int round = 0; round < 60; round++) {
                    int from = round * 97 % (count - 500);
                    engine.put(NAME, grouped(LongStream.range(from, from + 500).toArray()));
                    if (round % 20 == 19) {
                        var _ = engine.compact(NAME);
                    }
                }
            });
            for (int turn = 0; turn < 20 || !writing.isDone(); turn++) {
                int group = turn % GROUPS;
                Filter filter = new Filter.Equals(RANK, new Value.Int(group));
                Points points = engine.select(NAME, filter, -1, count);
                assertThat(points.ids())
                        .containsExactly(LongStream.of(ids)
                                .filter(id -> id % GROUPS == group)
                                .toArray());
                Hits hits = engine.search(NAME, Query.nearest(rows(1), K).where(filter))
                        .getFirst();
                assertThat(LongStream.of(hits.ids())).hasSize(K).allMatch(id -> id % GROUPS == group);
            }
            writing.join();
        }
    }

    private Put grouped(long[] ids) {
        List<Value.Fields> payloads =
                LongStream.of(ids).mapToObj(id -> ranked(id % GROUPS)).toList();
        return new Put(rows(ids.length), Optional.of(ids), List.of(), payloads, Put.Known.REPLACE, Optional.empty());
    }

    @Test
    void alter_ofPayloadIndexes_takesMemoryAndGivesItBack() {
        try (Engine engine = Engine.open(EngineOptions.inMemory(1L << 30, 2))) {
            engine.create(NAME, Graphs.spec(DIMENSION, IndexSpec.flat(Metric.L2)));
            engine.put(NAME, put(rows(5_000), EngineFilterTest::ranked));
            long without = info(engine).memoryBytes();
            Filter filter = below(RANK, 17);
            engine.alter(NAME, spec -> spec.withPayloadIndexes(new TreeSet<>(List.of(RANK))));
            Await.until("the field is indexed", () -> info(engine).memoryBytes() > without + 4_864 * 2);
            assertThat(engine.select(NAME, filter, -1, 100).ids()).hasSize(17);
            engine.alter(NAME, spec -> spec.withPayloadIndexes(Collections.emptySortedSet()));
            Await.until("the index is gone", () -> info(engine).memoryBytes() == without);
            assertThat(engine.delete(NAME, new Selection.Matching(filter))).isEqualTo(17);
            assertThat(engine.select(NAME, filter, -1, 100).ids()).isEmpty();
        }
    }

    @Test
    void open_afterAStop_indexesWhatIsThere() {
        FaultyDirectory disk = FaultyDirectory.empty();
        long indexedBytes;
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 1L << 30, 2))) {
            engine.create(NAME, spec(IndexSpec.flat(Metric.L2)));
            long empty = info(engine).memoryBytes();
            engine.put(NAME, put(rows(5_000), EngineFilterTest::ranked));
            Await.until("the field is indexed", () -> info(engine).memoryBytes() > empty + 5_000 * 256 + 4_864 * 2);
            indexedBytes = info(engine).memoryBytes();
        }
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 1L << 30, 2))) {
            Await.until("the field is indexed again", () -> info(engine).memoryBytes() >= indexedBytes);
            assertThat(engine.select(NAME, below(RANK, 17), -1, 100).ids())
                    .containsExactly(LongStream.range(0, 17).toArray());
        }
    }

    @Test
    void put_whereIndexesHaveNoMemory_isTakenAndFound() {
        try (Engine engine = Engine.open(EngineOptions.inMemory(4L << 20, 2))) {
            engine.create(NAME, spec(IndexSpec.flat(Metric.L2)));
            for (int i = 0; i < 30; i++) {
                engine.put(NAME, put(rows(100), EngineFilterTest::ranked));
            }
            assertThat(engine.select(NAME, below(RANK, 3), -1, 1_000).ids()).hasSize(90);
        }
    }
}
