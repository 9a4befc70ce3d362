package dev.kith.engine.rows;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Seeded;
import dev.kith.vectors.Put;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTreeTest {
    private final List<byte[]> keys = new ArrayList<>();
    private final KeyTree tree = new KeyTree(keys::get);
    private final TreeMap<Put.Key, Integer> truth = new TreeMap<>();

    private void put(int value) {
        byte[] key = key(value).bytes();
        keys.add(key);
        int row = keys.size() - 1;
        Integer before = truth.put(new Put.Key(key), row);
        assertThat(tree.put(key, row)).isEqualTo(before == null ? -1 : before);
    }

    private void remove(int value) {
        Integer row = truth.remove(key(value));
        tree.remove(key(value).bytes(), row == null ? 0 : row);
    }

    /** Not in the order of the numbers, of several lengths, with bytes that are negative as signed ones. */
    private static Put.Key key(int value) {
        return Put.Key.of("%sé%d".formatted("k".repeat(value % 3), value));
    }

    private void requireSame(KeyTree.Picture picture, TreeMap<Put.Key, Integer> expected, Random random) {
        assertThat(rows(picture, null, Integer.MAX_VALUE)).isEqualTo(List.copyOf(expected.values()));
        for (int i = 0; i < 20; i++) {
            Put.Key key = key(random.nextInt(3000));
            assertThat(picture.row(key.bytes())).isEqualTo(expected.getOrDefault(key, -1));
            int limit = random.nextInt(40);
            assertThat(rows(picture, key, limit))
                    .isEqualTo(expected.tailMap(key, false).values().stream()
                            .limit(limit)
                            .toList());
        }
    }

    private static List<Integer> rows(KeyTree.Picture picture, Put.@Nullable Key after, int limit) {
        return java.util.stream.IntStream.of(picture.rows(after == null ? null : after.bytes(), limit))
                .boxed()
                .toList();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void changes_inAnyOrder_agreeWithAMapAndLeavePicturesAlone(long seed) {
        Seeded seeded = new Seeded(seed);
        Random random = seeded.random();
        List<Map.Entry<KeyTree.Picture, TreeMap<Put.Key, Integer>>> taken = new ArrayList<>();
        for (int round = 0; round < 60; round++) {
            boolean growing = random.nextInt(5) > 1;
            for (int i = random.nextInt(400); i > 0; i--) {
                int value = random.nextInt(3000);
                if (random.nextInt(10) < 8 == growing) {
                    put(value);
                } else {
                    remove(value);
                }
            }
            taken.add(Map.entry(tree.picture(), new TreeMap<>(truth)));
            for (var one : taken.subList(Math.max(0, taken.size() - 3), taken.size())) {
                requireSame(one.getKey(), one.getValue(), random);
            }
        }
        taken.forEach(one -> requireSame(one.getKey(), one.getValue(), random));
    }

    @Test
    void put_inOrderAndAgainstIt_staysInOrderThroughRemovals() {
        Random random = new Seeded(7).random();
        int count = 3000;
        for (IntUnaryOperator order : List.<IntUnaryOperator>of(i -> i, i -> count - 1 - i)) {
            for (int i = 0; i < count; i++) {
                put(order.applyAsInt(i));
            }
            requireSame(tree.picture(), truth, random);
            for (int i = 0; i < count; i++) {
                if (i % 10 != 3) {
                    remove(order.applyAsInt(i));
                }
            }
            requireSame(tree.picture(), truth, random);
        }
        for (int i = 0; i < count; i++) {
            remove(i);
        }
        assertThat(tree.picture().rows(null, 10)).isEmpty();
        put(5);
        assertThat(tree.picture().rows(null, 10)).hasSize(1);
    }

    @Test
    void remove_whereAnotherRowHasTheKey_doesNothing() {
        put(1);
        put(1);
        tree.remove(key(1).bytes(), 0);
        assertThat(tree.row(key(1).bytes())).isEqualTo(1);
        assertThat(tree.picture().rows(null, 0)).isEmpty();
    }
}
