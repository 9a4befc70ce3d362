package dev.kith.engine.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.testkit.Seeded;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Put;
import dev.kith.vectors.Rejection;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
            MemoryBudget budget = new MemoryBudget(1 << 29);
            Rows rows = new Rows(layout, budget);
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
                assertThat(budget.bytesUsed()).isEqualTo(rows.bytes());
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
                assertThat(budget.bytesUsed() == 0).isEqualTo(each == held.getLast());
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
            byte[] payload = {1};
            int next = nextRow(rows);
            rows.reserve(count, i -> next + i, count * Rows.describedBytes(null, payload));
            int first = rows.stage(
                    MemorySegment.ofArray(new float[count * rows.layout().dimension()]), count);
            assertThat(first).isEqualTo(next);
            for (int i = 0; i < count; i++) {
                rows.describe(first + i, next + i, null, payload);
            }
            rows.abandon();
        }
    }

    private static int nextRow(Rows rows) {
        return rows.view(Long.MAX_VALUE).rowCount();
    }

    private static long put(Rows rows, long[] ids, long sequence, TreeMap<Long, Float> points) {
        int dimension = rows.layout().dimension();
        float[] vectors = new float[ids.length * dimension];
        for (int i = 0; i < ids.length; i++) {
            vectors[i * dimension] = sequence + i / 100f;
        }
        rows.reserve(ids.length, i -> ids[i], 0);
        int first = rows.stage(MemorySegment.ofArray(vectors), ids.length);
        for (int i = 0; i < ids.length; i++) {
            rows.describe(first + i, ids[i], null, null);
            points.put(ids[i], vectors[i * dimension]);
        }
        return rows.link(ids.length, sequence).cardinality();
    }

    @Test
    void stage_whereRowsWereStagedInVain_leavesNothingOfThem() {
        Rows rows = new Rows(SMALL, new MemoryBudget(1 << 20));
        rows.reserve(2, i -> 5 + i, 0);
        int vain = rows.stage(MemorySegment.ofArray(new float[] {1, 2, 3, 4, 5, 6}), 2);
        rows.describe(vain, 5, Put.Key.of("old").bytes(), new byte[] {9});
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
        rows.reserve(1, i -> id, Rows.describedBytes(key.bytes(), null));
        rows.describe(rows.stage(MemorySegment.ofArray(new float[3]), 1), id, key.bytes(), null);
        assertThat(rows.link(1, sequence).cardinality()).isZero();
    }

    @Test
    void reserve_ofOwnIdsKeysOrPayloads_takesThemOfTheBudget() {
        MemoryBudget budget = new MemoryBudget(1 << 24);
        Rows rows = new Rows(SMALL, budget);
        rows.reserve(1000, i -> i, 0);
        assertThat(budget.bytesUsed()).isEqualTo(1000 * SMALL.residentBytes());
        rows.reserve(1000, i -> 5L * i, 0);
        assertThat(budget.bytesUsed()).isEqualTo(1000 * SMALL.residentBytes() + 2048 * 12);
        long before = budget.bytesUsed();
        long payload = Rows.describedBytes(null, new byte[1000]);
        rows.reserve(1, i -> 0, payload);
        long references = budget.bytesUsed() - before - payload;
        assertThat(references).isBetween(4L * SMALL.rowsPerChunk(), 16L * SMALL.rowsPerChunk());
        // What is staged counts beside what is asked for, until it is forgotten.
        rows.describe(rows.stage(MemorySegment.ofArray(new float[3]), 1), 0, null, new byte[1000]);
        rows.reserve(1, i -> 0, payload);
        assertThat(budget.bytesUsed()).isEqualTo(before + references + 2 * payload);
        rows.abandon();
        rows.reserve(1, i -> 0, 2 * payload);
        assertThat(budget.bytesUsed()).isEqualTo(before + references + 2 * payload);
        rows.release();
        assertThat(budget.bytesUsed()).isZero();
    }

    @Test
    void reserve_beyondTheBudget_refusesAndTakesNothing() {
        MemoryBudget budget = new MemoryBudget(1 << 20, 30_000);
        Rows rows = new Rows(SMALL, budget);
        put(rows, new long[] {0, 1, 2}, 1, new TreeMap<>());
        long used = budget.bytesUsed();
        assertThatThrownBy(() -> rows.reserve(2000, i -> 9L * i, 0))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("Heap");
        assertThatThrownBy(() -> rows.reserve(20_000, i -> i, 0)).isInstanceOf(Rejection.class);
        assertThat(budget.bytesUsed()).isEqualTo(used);
        put(rows, new long[] {77}, 2, new TreeMap<>());
        assertThat(rows.view(2).rowOf(77L)).isEqualTo(3);
        assertThat(rows.view(2).rowOf(1L)).isEqualTo(1);
        rows.release();
        assertThat(budget.bytesUsed()).isZero();
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

    @Test
    void mappedVectors_areLetGoAfterTheLastView() {
        RowLayout layout = new RowLayout(ElementType.FLOAT32, 32_768); // 64 rows a chunk.
        MemoryBudget budget = new MemoryBudget(5 << 20);
        Rows rows = new Rows(layout, budget);
        List<Arena> arenas = new ArrayList<>();
        RowsLoader loader = new RowsLoader(rows, RowsLoader.Place.FILES);
        // Rows 10 to 200: the second and the third chunk are whole; the file has them from row 10 on.
        loader.offer(10, 200, (offset, bytes, arena) -> {
            assertThat(offset).isEqualTo(54L * layout.strideBytes());
            assertThat(bytes).isEqualTo(128L * layout.strideBytes());
            arenas.add(arena);
            MemorySegment file = arena.allocate(bytes, 64);
            for (int row = 0; row < 128; row++) {
                file.set(ValueLayout.JAVA_FLOAT, (long) row * layout.strideBytes(), 64 + row);
            }
            return file.asReadOnly();
        });
        assertThatThrownBy(() -> loader.begin(200, new long[0])).isInstanceOf(Rejection.class);
        rows.release();
        assertThat(arenas).singleElement().matches(arena -> !arena.scope().isAlive());
        assertThat(budget.bytesUsed()).isZero();
    }

    @Test
    void mappedRows_takeTheirSidesOnly_andStayUntilTheLastView() {
        RowLayout layout = new RowLayout(ElementType.FLOAT32, 32_768);
        MemoryBudget budget = new MemoryBudget(20 << 20);
        Rows rows = new Rows(layout, budget);
        List<Arena> arenas = new ArrayList<>();
        RowsLoader loader = new RowsLoader(rows, RowsLoader.Place.FILES);
        loader.offer(0, 150, (offset, bytes, arena) -> {
            arenas.add(arena);
            MemorySegment file = arena.allocate(bytes, 64);
            for (int row = 0; row < 128; row++) {
                file.set(ValueLayout.JAVA_FLOAT, (long) row * layout.strideBytes(), row);
            }
            return file.asReadOnly();
        });
        loader.begin(150, new long[] {1L << 5});
        assertThat(budget.bytesUsed())
                .isEqualTo(150 * layout.residentBytes() - 128L * layout.strideBytes())
                .isEqualTo(rows.bytes());
        for (int row = 0; row < 150; row++) {
            assertThat(loader.isMapped(row)).isEqualTo(row < 128);
            loader.ids(row, 1).set(ValueLayout.JAVA_LONG, 0, row);
            assertThat(loader.checkIds(row, 1)).isTrue();
        }
        loader.finish(7);
        RowView view = rows.view(7);
        assertThat(view.isMapped()).isTrue();
        assertThat(view.live()).isEqualTo(149);
        assertThat(first(view, 127)).isEqualTo(127);
        assertThat(view.norm(3)).isEqualTo(9);
        assertThat(view.acquire()).isTrue();
        rows.release();
        assertThat(arenas).singleElement().matches(arena -> arena.scope().isAlive());
        assertThat(first(view, 1)).isEqualTo(1);
        view.release();
        assertThat(arenas).singleElement().matches(arena -> !arena.scope().isAlive());
        assertThat(budget.bytesUsed()).isZero();
    }
}
