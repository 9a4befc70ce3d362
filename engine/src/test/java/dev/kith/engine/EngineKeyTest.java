package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Neighbours;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Points that are known by keys of bytes. */
@ExtendWith(Quiet.class)
class EngineKeyTest {
    private static final CollectionName NAME = Graphs.NAME;

    private Engine engine;

    @BeforeEach
    void open() {
        engine = Engines.inMemory();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private static CollectionSpec spec(int dimension, IndexSpec index) {
        return CollectionSpec.of(ElementType.FLOAT32, dimension, KeyPolicy.BYTES, index);
    }

    private void create() {
        engine.create(NAME, spec(2, IndexSpec.flat(Metric.L2)));
    }

    private static Put put(Put.Known known, String... keys) {
        VectorBlock vectors = new VectorBlock.Floats(new float[keys.length * 2], keys.length, 2);
        List<Value.Fields> payloads = IntStream.range(0, keys.length)
                .mapToObj(i -> new Value.Fields(Map.of("n", new Value.Int(i))))
                .toList();
        List<Put.Key> bytes = java.util.stream.Stream.of(keys).map(Put.Key::of).toList();
        return Put.withKeys(vectors, bytes, payloads).with(known);
    }

    private List<String> keys(String after, int limit) {
        return engine
                .keys(NAME, Optional.of(after).filter(text -> !text.isEmpty()).map(Put.Key::of), limit)
                .stream()
                .map(Put.Key::text)
                .toList();
    }

    private long number(String key) {
        Value value = engine.getByKeys(NAME, List.of(Put.Key.of(key)))
                .payloads()
                .getFirst()
                .values()
                .get("n");
        return ((Value.Int) value).value();
    }

    @Test
    void put_ofKnownKeys_replacesRequiresOrKeeps() {
        create();
        Put.Result first = engine.put(NAME, put(Put.Known.KEEP, "b", "a", "b"));
        assertThat(first.ids()).containsExactly(0, 1, 0);
        assertThat(first.existed()).containsExactly(false, false, true);
        assertThat(number("b")).isZero();
        Put.Result kept = engine.put(NAME, put(Put.Known.KEEP, "c", "b"));
        assertThat(kept.existed()).containsExactly(false, true);
        assertThat(kept.ids()).containsExactly(2, 0);
        assertThat(number("b")).isZero();
        assertThat(engine.put(NAME, put(Put.Known.KEEP, "c", "b")).points()).isEqualTo(3);
        Put.Result replaced = engine.put(NAME, put(Put.Known.REPLACE, "b", "d", "b"));
        assertThat(replaced.existed()).containsExactly(true, false, true);
        assertThat(replaced.replaced()).isEqualTo(2);
        assertThat(number("b")).isEqualTo(2);
        assertThatThrownBy(() -> engine.put(NAME, put(Put.Known.REQUIRE, "a", "e")))
                .isInstanceOfSatisfying(
                        Rejection.class, e -> assertThat(e.code()).isEqualTo(Rejection.Code.NOT_FOUND))
                .hasMessage("Key e not found");
        assertThat(number("a")).isEqualTo(1);
        assertThat(engine.put(NAME, put(Put.Known.REQUIRE, "a")).existed()).containsExactly(true);
        assertThat(number("a")).isZero();
    }

    @Test
    void keys_withCursors_comeInTheOrderOfTheirBytes() {
        create();
        engine.put(NAME, put(Put.Known.REPLACE, "b", "é", "a", "aa", "B", "z"));
        assertThat(keys("", 10)).containsExactly("B", "a", "aa", "b", "z", "é");
        assertThat(keys("a", 2)).containsExactly("aa", "b");
        assertThat(keys("ab", 2)).containsExactly("b", "z");
        assertThat(keys("é", 2)).isEmpty();
        assertThat(keys("", 0)).isEmpty();
        engine.delete(NAME, new Selection.Keys(List.of(Put.Key.of("aa"), Put.Key.of("B"))));
        assertThat(keys("", Integer.MAX_VALUE)).containsExactly("a", "b", "z", "é");
        Points page = engine.scanByKey(NAME, Optional.of(Put.Key.of("a")), 2);
        assertThat(page.keys()).containsExactly(Put.Key.of("b"), Put.Key.of("z"));
        assertThat(page.ids()).containsExactly(0, 5);
        assertThat(page.total()).isEqualTo(4);
        engine.reset(NAME);
        assertThat(keys("", 10)).isEmpty();
    }

    @Test
    void scanByKey_whereThereIsNoSuchKey_isRefused() {
        engine.create(NAME, CollectionSpec.floats(2, Metric.L2));
        assertThatThrownBy(() -> engine.keys(NAME, Optional.empty(), 1)).isInstanceOf(Rejection.class);
        assertThatThrownBy(() -> engine.scanByKey(NAME, Optional.empty(), 1)).isInstanceOf(Rejection.class);
        engine.drop(NAME);
        create();
        assertThatThrownBy(() -> engine.keys(NAME, Optional.empty(), -1)).isInstanceOf(Rejection.class);
        assertThatThrownBy(() -> engine.scanByKey(NAME, Optional.empty(), -1)).isInstanceOf(Rejection.class);
    }

    @Test
    void put_keepingTheSameKeysAtOnce_storesEachOnce() {
        create();
        int clients = 8;
        int rounds = 50;
        List<CompletableFuture<Integer>> running = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int client = 0; client < clients; client++) {
                running.add(CompletableFuture.supplyAsync(
                        () -> IntStream.range(0, rounds)
                                .map(i -> {
                                    Put.Result result = engine.put(NAME, put(Put.Known.KEEP, "k" + i));
                                    return result.existed()[0] ? 0 : 1;
                                })
                                .sum(),
                        threads));
            }
            assertThat(running.stream().mapToInt(CompletableFuture::join).sum()).isEqualTo(rounds);
        }
        assertThat(keys("", Integer.MAX_VALUE)).hasSize(rounds);
    }

    @ParameterizedTest
    @EnumSource(
            value = Metric.class,
            names = {"COSINE", "INNER_PRODUCT"})
    void neighbours_ofAKeyedGraph_haveTheirKeys(Metric metric) {
        int dimension = 128;
        int count = 9000;
        Seeded seeded = new Seeded(11);
        engine.create(NAME, spec(dimension, Graphs.index(metric, "", 8, 40)));
        var all = (VectorBlock.Floats) Graphs.clustered(seeded, count, dimension, 50);
        List<Put.Key> keys = IntStream.range(0, count)
                .mapToObj(i -> Put.Key.of("http://there/" + i))
                .toList();
        engine.put(NAME, Put.withKeys(all, keys, List.of()));
        Graphs.awaitGrown(engine);
        assertThat(Graphs.info(engine).isServedByGraph()).isTrue();
        float[] some = Arrays.copyOf(all.values(), 50 * dimension);
        Query query = Query.nearest(new VectorBlock.Floats(some, 50, dimension), 10);
        assertThat(Graphs.recall(engine, query)).as("%s", seeded).isGreaterThan(0.85);
        Neighbours found = engine.neighbours(NAME, query).getFirst();
        assertThat(found.points().ids()).hasSize(10);
        for (int i = 0; i < 10; i++) {
            int id = (int) found.points().ids()[i];
            assertThat(found.points().keys().get(i)).isEqualTo(keys.get(id));
        }
    }
}
