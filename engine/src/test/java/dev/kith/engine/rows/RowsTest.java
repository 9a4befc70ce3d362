package dev.kith.engine.rows;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Seeded;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Put;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Views show what was there when they were made, whatever happens to the rows meanwhile. */
class RowsTest {
    private static final RowLayout WIDE = new RowLayout(ElementType.FLOAT32, 10_000);
    private static final RowLayout SMALL = new RowLayout(ElementType.FLOAT32, 3);

    /** A view, held, and what it must show: ids and the first component of each. */
    private record Held(RowView view, TreeMap<Long, Float> points) {}

    private static float first(RowView view, int row) {
        ByteBuffer vector = ByteBuffer.allocate(view.layout().vectorBytes()).order(ByteOrder.LITTLE_ENDIAN);
        view.copyVector(row, vector);
        return vector.getFloat(0);
    }

    private static void requireShows(Held held, String doing) {
        RowView view = held.view();
        assertThat(view.live()).as(doing).isEqualTo(held.points().size());
        assertThat(view.orderedIds())
                .as(doing)
                .containsExactly(held.points().keySet().stream()
                        .mapToLong(Long::longValue)
                        .toArray());
        int n = 0;
        for (Map.Entry<Long, Float> point : held.points().entrySet()) {
            int row = view.rowOf(point.getKey());
            assertThat(row).as("%s, id %d", doing, point.getKey()).isNotNegative();
            assertThat(view.id(row)).isEqualTo(point.getKey());
            assertThat(first(view, row)).as("%s, id %d", doing, point.getKey()).isEqualTo(point.getValue());
            assertThat(view.idAt(n++)).isEqualTo(point.getKey());
        }
        int live = 0;
        for (int row = 0; row < view.rowCount(); row++) {
            live += view.isLive(row) ? 1 : 0;
        }
        assertThat(live).as(doing).isEqualTo(held.points().size());
        for (long id : new long[] {-1, Long.MIN_VALUE, 77_777, Long.MAX_VALUE}) {
            assertThat(view.rowOf(id)).as(doing).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void views_heldAcrossChanges_showTheirMoment(boolean manyChunks) {
        RowLayout layout = manyChunks ? WIDE : SMALL;
        for (long seed = 0; seed < (manyChunks ? 1 : 8); seed++) {
            Random random = new Seeded(seed).random();
            Rows rows = new Rows(layout, new MemoryBudget(1 << 29));
            TreeMap<Long, Float> points = new TreeMap<>();
            List<Held> held = new ArrayList<>();
            long sequence = 0;
            long next = 0;
            for (int step = 0; step < 60; step++) {
                sequence++;
                // Ids in order at first, so that the map is made while views are held.
                boolean anyId = step > 20;
                if (random.nextInt(3) == 0) {
                    for (int i = 0; i < 5; i++) {
                        long id = random.nextInt(60);
                        assertThat(rows.delete(id, sequence)).isEqualTo(points.remove(id) != null);
                    }
                } else {
                    int count = 1 + random.nextInt(12);
                    long[] ids = new long[count];
                    for (int i = 0; i < count; i++) {
                        ids[i] = anyId ? random.nextInt(60) : next++;
                    }
                    stageInVain(rows, random);
                    long replaced = put(rows, ids, sequence, points);
                    assertThat(rows.live()).isEqualTo(points.size());
                    assertThat(replaced).isBetween(0L, (long) count);
                }
                if (random.nextInt(4) == 0) {
                    RowView view = rows.view(sequence);
                    assertThat(view.acquire()).isTrue();
                    held.add(new Held(view, new TreeMap<>(points)));
                }
                for (Held each : held) {
                    requireShows(each, "seed %d, step %d".formatted(seed, step));
                }
            }
            rows.release();
            for (Held each : held) {
                requireShows(each, "seed %d, released".formatted(seed));
                each.view().release();
                assertThat(each.view().acquire() || each == held.getLast()).isTrue();
                if (each != held.getLast()) {
                    each.view().release();
                }
            }
        }
    }

    private static void stageInVain(Rows rows, Random random) {
        int count = random.nextInt(4);
        if (count > 0) {
            rows.reserve(count);
            int first = rows.stage(
                    MemorySegment.ofArray(new float[count * rows.layout().dimension()]), count);
            for (int i = 0; i < count; i++) {
                rows.describe(first + i, 3, null, new byte[] {1});
            }
            rows.abandon();
        }
    }

    private static long put(Rows rows, long[] ids, long sequence, TreeMap<Long, Float> points) {
        int dimension = rows.layout().dimension();
        float[] vectors = new float[ids.length * dimension];
        for (int i = 0; i < ids.length; i++) {
            vectors[i * dimension] = sequence + i / 100f;
        }
        rows.reserve(ids.length);
        int first = rows.stage(MemorySegment.ofArray(vectors), ids.length);
        for (int i = 0; i < ids.length; i++) {
            rows.describe(first + i, ids[i], null, null);
            points.put(ids[i], vectors[i * dimension]);
        }
        return rows.link(ids.length, sequence);
    }

    @Test
    void stage_whereRowsWereStagedInVain_leavesNothingOfThem() {
        Rows rows = new Rows(SMALL, new MemoryBudget(1 << 20));
        rows.reserve(2);
        int vain = rows.stage(MemorySegment.ofArray(new float[] {1, 2, 3, 4, 5, 6}), 2);
        rows.describe(vain, 5, Put.Key.of("old"), new byte[] {9});
        assertThat(rows.view(0).rowCount()).isZero();
        rows.abandon();
        put(rows, new long[] {0, 1}, 1, new TreeMap<>());
        RowView view = rows.view(1);
        assertThat(view.payload(0)).isNull();
        assertThat(view.key(0)).isNull();
        assertThat(view.norm(0)).isEqualTo(1);
        assertThat(rows.idOf(Put.Key.of("old"))).isEmpty();
        rows.release();
    }

    @Test
    void rowOfKey_removedAfterTheViewWasMade_isStillFound() {
        Rows rows = new Rows(SMALL, new MemoryBudget(1 << 20));
        Put.Key key = Put.Key.of("k");
        putKeyed(rows, 0, key, 1);
        RowView before = rows.view(1);
        assertThat(rows.delete(0, 2)).isTrue();
        assertThat(before.rowOf(key)).isZero();
        assertThat(rows.view(2).rowOf(key)).isEqualTo(-1);
        putKeyed(rows, 1, key, 3);
        assertThat(before.rowOf(key)).isZero();
        assertThat(rows.view(3).rowOf(key)).isEqualTo(1);
        assertThat(before.rowOf(Put.Key.of("never"))).isEqualTo(-1);
        rows.release();
    }

    private static void putKeyed(Rows rows, long id, Put.Key key, long sequence) {
        rows.reserve(1);
        rows.describe(rows.stage(MemorySegment.ofArray(new float[3]), 1), id, key, null);
        assertThat(rows.link(1, sequence)).isZero();
    }

    @Test
    void release_byTheLast_givesTheBudgetBack() {
        MemoryBudget budget = new MemoryBudget(1 << 20);
        Rows rows = new Rows(SMALL, budget);
        put(rows, new long[] {0, 1, 2}, 1, new TreeMap<>());
        assertThat(budget.bytesUsed()).isPositive();
        RowView view = rows.view(1);
        assertThat(view.acquire()).isTrue();
        rows.release();
        assertThat(budget.bytesUsed()).isPositive();
        assertThat(first(view, 2)).isEqualTo(1.02f);
        view.release();
        assertThat(budget.bytesUsed()).isZero();
        assertThat(view.acquire()).isFalse();
    }
}
