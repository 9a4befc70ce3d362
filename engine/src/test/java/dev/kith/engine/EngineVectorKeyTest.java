package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.FaultyDirectory;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Neighbours;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Revision;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Collections whose points are known by their vectors, bit for bit. */
class EngineVectorKeyTest {
    private static final CollectionName NAME = new CollectionName("t", "n", "keyed");
    private static final FieldPath N = FieldPath.of("n");

    private final FaultyDirectory disk = FaultyDirectory.empty();
    private Engine engine = open();

    private Engine open() {
        return Engine.open(EngineOptions.durable(disk, Engines.MEMORY, 2));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void create() {
        engine.create(
                NAME, CollectionSpec.of(ElementType.FLOAT32, 2, KeyPolicy.VECTOR_BITS, IndexSpec.flat(Metric.L2)));
    }

    private static VectorBlock block(float... values) {
        return new VectorBlock.Floats(values, values.length / 2, 2);
    }

    private static Value.Fields payload(long n) {
        return Value.Fields.EMPTY.with("n", new Value.Int(n));
    }

    private Put.Result put(VectorBlock vectors, Value.Fields... payloads) {
        return engine.put(
                NAME,
                new Put(vectors, Optional.empty(), List.of(), List.of(payloads), Put.Known.REPLACE, Optional.empty()));
    }

    private static Filter n(long n) {
        return new Filter.Equals(N, new Value.Int(n));
    }

    @Test
    void put_ofTheSameVectorTwice_replacesItAndTheLastStays() {
        create();
        Put.Result result = put(block(1, 2, 3, 4, 1, 2), payload(1), payload(2), payload(3));
        assertThat(result.replaced()).isEqualTo(1);
        assertThat(result.points()).isEqualTo(2);
        Points found = engine.getByVectors(NAME, block(3, 4, 9, 9, 1, 2, 1, 2));
        assertThat(found.payloads()).containsExactly(payload(2), payload(3), payload(3));
    }

    @Test
    void zeroAndNegativeZero_areTwoKeys() {
        create();
        assertThat(put(block(0f, 1, -0f, 1)).points()).isEqualTo(2);
        assertThat(engine.delete(NAME, new Selection.Vectors(block(-0f, 1)))).isEqualTo(1);
        assertThat(engine.getByVectors(NAME, block(-0f, 1)).ids()).isEmpty();
        assertThat(engine.getByVectors(NAME, block(0f, 1)).ids()).hasSize(1);
    }

    @Test
    void revise_changesTheOnlyPointThatMatches() {
        create();
        put(block(1, 1, 2, 2, 3, 3), payload(1), payload(2), payload(2));
        Revision toFour = new Revision(n(1), Optional.of(block(4, 4)), Optional.empty(), false);
        assertThat(engine.revise(NAME, toFour)).isEqualTo(1);
        assertThat(engine.getByVectors(NAME, block(1, 1)).ids()).isEmpty();
        assertThat(engine.getByVectors(NAME, block(4, 4)).payloads()).containsExactly(payload(1));

        Value.Fields more = Value.Fields.EMPTY.with("m", new Value.Text("x"));
        assertThat(engine.revise(NAME, new Revision(n(1), Optional.empty(), Optional.of(more), true)))
                .isEqualTo(1);
        assertThat(engine.getByVectors(NAME, block(4, 4)).payloads())
                .containsExactly(payload(1).with("m", new Value.Text("x")));

        assertThat(engine.revise(NAME, new Revision(n(2), Optional.of(block(5, 5)), Optional.empty(), false)))
                .isEqualTo(2);
        assertThat(engine.revise(NAME, new Revision(n(7), Optional.of(block(5, 5)), Optional.empty(), false)))
                .isZero();
        assertThat(engine.getByVectors(NAME, block(2, 2, 3, 3, 5, 5)).ids()).hasSize(2);
    }

    @Test
    void revise_toTheVectorOfAnotherPoint_isRefusedAndChangesNothing() {
        create();
        put(block(1, 1, 2, 2), payload(1), payload(2));
        Revision onto = new Revision(n(1), Optional.of(block(2, 2)), Optional.of(payload(9)), false);
        assertThatThrownBy(() -> engine.revise(NAME, onto))
                .isInstanceOfSatisfying(
                        Rejection.class, refused -> assertThat(refused.code()).isEqualTo(Rejection.Code.CONFLICT));
        Revision wrong = new Revision(
                n(1), Optional.of(new VectorBlock.Floats(new float[3], 1, 3)), Optional.of(payload(9)), false);
        assertThatThrownBy(() -> engine.revise(NAME, wrong)).isInstanceOf(Rejection.class);
        assertThat(engine.getByVectors(NAME, block(1, 1, 2, 2)).payloads()).containsExactly(payload(1), payload(2));
    }

    @Test
    void select_pagesInIdOrder() {
        create();
        put(block(1, 1, 2, 2, 3, 3, 4, 4), payload(1), payload(0), payload(1), payload(1));
        Points first = engine.select(NAME, n(1), -1, 2);
        assertThat(first.ids()).containsExactly(0, 2);
        assertThat(engine.select(NAME, n(1), first.ids()[1], 2).ids()).containsExactly(3);
        assertThat(engine.select(NAME, Filter.ALL, 3, 2).ids()).isEmpty();
    }

    @Test
    void neighbours_bringTheirPoints() {
        create();
        put(block(1, 0, 5, 0), payload(1), payload(5));
        List<Neighbours> found =
                engine.neighbours(NAME, Query.nearest(block(2, 0), 5).where(new Filter.Not(n(5))));
        assertThat(found).hasSize(1);
        assertThat(found.getFirst().scores()).containsExactly(-1);
        assertThat(found.getFirst().points().payloads()).containsExactly(payload(1));
    }

    @Test
    void keysOfOtherKinds_areRefused() {
        create();
        assertThatThrownBy(() -> engine.put(NAME, Put.withIds(block(1, 1), new long[] {4})))
                .isInstanceOf(Rejection.class);
        assertThatThrownBy(() -> engine.put(NAME, Put.withKeys(block(1, 1), List.of(Put.Key.of("a")), List.of())))
                .isInstanceOf(Rejection.class);
        CollectionName other = new CollectionName("t", "n", "other");
        engine.create(other, CollectionSpec.floats(2, Metric.L2));
        assertThatThrownBy(() -> engine.getByVectors(other, block(1, 1))).isInstanceOf(Rejection.class);
        assertThatThrownBy(() -> engine.delete(other, new Selection.Vectors(block(1, 1))))
                .isInstanceOf(Rejection.class);
    }

    /** Random changes, restarts, checkpoints and compactions; the truth is a map. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void aLongLife_isThatOfAMap(long seed) {
        Random random = new Random(seed);
        create();
        Map<List<Float>, Value.Fields> truth = new HashMap<>();
        for (int step = 0; step < 300; step++) {
            switch (random.nextInt(12)) {
                case 0 -> {
                    engine.close();
                    engine = open();
                }
                case 1 -> engine.checkpoint(NAME);
                case 2 -> engine.compact(NAME);
                case 3, 4, 5 -> delete(random, truth);
                case 6, 7 -> revise(random, truth);
                default -> put(random, truth);
            }
            assertThat(content()).as("seed %d, step %d", seed, step).isEqualTo(truth);
        }
    }

    private static float[] some(Random random, int count) {
        float[] values = new float[count * 2];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(6);
        }
        return values;
    }

    private static List<List<Float>> keys(float[] values) {
        List<List<Float>> keys = new ArrayList<>();
        for (int i = 0; i < values.length; i += 2) {
            keys.add(List.of(values[i], values[i + 1]));
        }
        return keys;
    }

    private void put(Random random, Map<List<Float>, Value.Fields> truth) {
        int count = 1 + random.nextInt(8);
        float[] values = some(random, count);
        Value.Fields[] payloads = new Value.Fields[count];
        Arrays.setAll(payloads, i -> payload(random.nextInt(9)));
        int before = truth.size();
        List<List<Float>> keys = keys(values);
        for (int i = 0; i < count; i++) {
            truth.put(keys.get(i), payloads[i]);
        }
        Put.Result result = put(block(values), payloads);
        assertThat(count - result.replaced()).isEqualTo(truth.size() - before);
    }

    private void delete(Random random, Map<List<Float>, Value.Fields> truth) {
        float[] values = some(random, 1 + random.nextInt(4));
        int before = truth.size();
        keys(values).forEach(truth::remove);
        assertThat(engine.delete(NAME, new Selection.Vectors(block(values)))).isEqualTo(before - truth.size());
    }

    private void revise(Random random, Map<List<Float>, Value.Fields> truth) {
        long wanted = random.nextInt(9);
        float[] to = some(random, 1);
        List<List<Float>> matching = truth.entrySet().stream()
                .filter(entry -> entry.getValue().equals(payload(wanted)))
                .map(Map.Entry::getKey)
                .toList();
        List<Float> next = keys(to).getFirst();
        Revision revision = new Revision(n(wanted), Optional.of(block(to)), Optional.empty(), false);
        if (matching.size() == 1 && truth.containsKey(next) && !matching.contains(next)) {
            assertThatThrownBy(() -> engine.revise(NAME, revision)).isInstanceOf(Rejection.class);
            return;
        }
        assertThat(engine.revise(NAME, revision)).isEqualTo(matching.size());
        if (matching.size() == 1) {
            truth.remove(matching.getFirst());
            truth.put(next, payload(wanted));
        }
    }

    /** All points, read in order and asked for by vector. */
    private Map<List<Float>, Value.Fields> content() {
        Points points = engine.select(NAME, Filter.ALL, -1, 1000);
        float[] values = ((VectorBlock.Floats) points.vectors()).values();
        Map<List<Float>, Value.Fields> content = new HashMap<>();
        List<List<Float>> keys = keys(values);
        for (int i = 0; i < keys.size(); i++) {
            content.put(keys.get(i), points.payloads().get(i));
        }
        assertThat(engine.getByVectors(NAME, points.vectors()).ids()).isEqualTo(points.ids());
        assertThat(content).hasSize(points.ids().length);
        return content;
    }
}
