package dev.kith.engine.payload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.codec.ValueCodec;
import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowLayout;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.Rows;
import dev.kith.engine.segment.Checkpoint;
import dev.kith.engine.segment.Checkpoints;
import dev.kith.engine.segment.FileRef;
import dev.kith.engine.segment.KeptBlock;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.RecordLog;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadIndexesTest {
    private static final FieldPath FIELD = FieldPath.of("f");
    private static final RowLayout LAYOUT = new RowLayout(ElementType.FLOAT32, 1);

    private final MemoryBudget rowsBudget = new MemoryBudget(1L << 30);
    private final Rows rows = new Rows(LAYOUT, rowsBudget);
    private final List<Value.Fields> payloads = new ArrayList<>();
    private final Deque<Runnable> later = new ArrayDeque<>();
    private final Deque<Runnable> muchLater = new ArrayDeque<>();
    private RowView view = rows.view(0);

    @AfterEach
    void release() {
        rows.release();
    }

    private PayloadIndexes indexes(MemoryBudget budget, SortedSet<FieldPath> fields) {
        PayloadIndexes.Later both = (work, delayMillis) -> (delayMillis == 0 ? later : muchLater).add(work);
        return new PayloadIndexes(new PayloadIndexes.Source(() -> view, budget, both), fields);
    }

    private void add(List<Value.Fields> more) {
        for (Value.Fields payload : more) {
            byte[] encoded = ValueCodec.encode(payload);
            int row = payloads.size();
            rows.reserve(1, i -> row, Rows.describedBytes(null, encoded));
            int staged = rows.stage(MemorySegment.ofArray(new float[1]), 1);
            rows.describe(staged, row, null, payload.values().isEmpty() ? null : encoded);
            var _ = rows.link(1, 1);
            payloads.add(payload);
        }
        view = rows.view(1);
    }

    private void add(int count, Payloads generator) {
        add(IntStream.range(0, count).mapToObj(i -> generator.payload()).toList());
    }

    private void workOff() {
        while (!later.isEmpty()) {
            later.remove().run();
        }
    }

    private void assertRight(PayloadIndexes indexes, Filter filter, RowView of, String about) {
        int[] right = IntStream.range(0, of.rowCount())
                .filter(row -> PayloadTest.accepts(filter, payloads.get(row)))
                .toArray();
        Accepted accepted = indexes.accepted(filter, of);
        assertThat(accepted.rows()).as(about).isEqualTo(right);
        assertThat(IntStream.range(0, of.rowCount()).filter(accepted::test).toArray())
                .as(about)
                .isEqualTo(right);
        assertThat(accepted.candidates()).as(about).isGreaterThanOrEqualTo(right.length);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void accepted_whileRowsCome_isWhatTheMeaningIs(long seed) {
        Seeded seeded = new Seeded(seed);
        Payloads generator = new Payloads(seeded.random());
        try (PayloadIndexes indexes = indexes(new MemoryBudget(1L << 30), generator.someFields())) {
            RowView older = view;
            for (int round = 0; round < 12; round++) {
                add(seeded.random().nextInt(700), generator);
                indexes.wake();
                if (round % 3 != 2) {
                    workOff();
                }
                for (int i = 0; i < 12; i++) {
                    Filter filter = generator.filter();
                    String about = "%s, round %d: %s".formatted(seeded, round, filter);
                    assertRight(indexes, filter, view, about);
                    assertRight(indexes, filter, older, about + " of an older view");
                }
                older = view;
                if (round == 8) {
                    indexes.index(generator.someFields());
                }
            }
        }
    }

    @Test
    void accepted_ofOneIndexedField_looksAtNoPayloadButThoseOfTheNewestRows() {
        add(numbered(1000));
        try (PayloadIndexes indexes = indexes(new MemoryBudget(1L << 30), new TreeSet<>(List.of(FIELD)))) {
            indexes.wake();
            workOff();
            Accepted accepted = indexes.accepted(new Filter.Equals(FIELD, new Value.Int(3)), view);
            assertThat(accepted.isListed()).isTrue();
            assertThat(accepted.candidates()).isEqualTo(1000 / 10);
            assertThat(accepted.isCertain()).isTrue();
            assertThat(indexes.covered(view)).isEqualTo(960);
        }
    }

    /** Objects with the numbers 0 to 9 by turns. */
    private static List<Value.Fields> numbered(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Value.Fields(Map.of("f", new Value.Int(i % 10), "g", new Value.Text("g" + i))))
                .toList();
    }

    /** The answer is right whichever of the ways there are is taken: a list, bits, tests, of values that rows share. */
    @Test
    void accepted_ofAFewAmongMany_isAListOfThem() {
        add(IntStream.range(0, 6000)
                .mapToObj(i -> new Value.Fields(Map.of(
                        "f", new Value.Items(List.of(new Value.Int(i / 20), new Value.Int((i / 20 + 1) % 300))),
                        "g", new Value.Int(i % 7))))
                .toList());
        RowView older = view;
        add(numbered(50));
        try (PayloadIndexes indexes = indexes(new MemoryBudget(1L << 30), Payloads.allFields())) {
            indexes.index(new TreeSet<>(List.of(FIELD, FieldPath.of("g"))));
            indexes.wake();
            workOff();
            Filter few = new Filter.Equals(FIELD, new Value.Int(9));
            Filter range = new Filter.Range(
                    FIELD,
                    java.util.Optional.of(new Filter.Bound(new Value.Int(297), true)),
                    java.util.Optional.of(new Filter.Bound(new Value.Int(298), true)));
            Filter both = new Filter.And(List.of(new Filter.Equals(FieldPath.of("g"), new Value.Int(3)), few));
            for (Filter filter : List.of(few, range, both, new Filter.Not(few))) {
                assertRight(indexes, filter, view, filter.toString());
                assertRight(indexes, filter, older, "of an older view: " + filter);
            }
            assertThat(indexes.accepted(range, view).candidates()).isEqualTo(60);
            assertThat(indexes.accepted(both, older).candidates()).isEqualTo(40);
        }
    }

    /** More of one block than are sorted, twice each, at both ends of blocks as large as they get. */
    @Test
    void accepted_ofSomeHundredsOfEveryBlock_isAListOfThem() {
        add(IntStream.range(0, 2 * FieldBlock.ROWS_MAX + 1_000)
                .mapToObj(i -> {
                    boolean wanted = i % 200 == 0 || i % FieldBlock.ROWS_MAX == FieldBlock.ROWS_MAX - 1;
                    return new Value.Fields(Map.of(
                            "f",
                            new Value.Items(List.of(new Value.Int(wanted ? 1 : 5), new Value.Int(wanted ? 2 : 6)))));
                })
                .toList());
        try (PayloadIndexes indexes = indexes(new MemoryBudget(1L << 30), new TreeSet<>(List.of(FIELD)))) {
            indexes.wake();
            workOff();
            Filter filter = new Filter.In(FIELD, List.of(new Value.Int(1), new Value.Int(2)));
            assertRight(indexes, filter, view, "of whole blocks");
            assertThat(indexes.accepted(filter, view).candidates()).isEqualTo(661 + 2);
        }
    }

    @Test
    void accepted_whereOneOfTwoFieldsIsNotIndexedYet_isNarrowedByTheOther() {
        add(numbered(20_000));
        FieldPath behind = FieldPath.of("g");
        try (PayloadIndexes indexes = indexes(new MemoryBudget(1L << 30), new TreeSet<>(List.of(FIELD)))) {
            indexes.wake();
            workOff();
            Filter both = new Filter.And(
                    List.of(new Filter.Equals(FIELD, new Value.Int(3)), new Filter.Prefix(behind, "g19")));
            indexes.index(new TreeSet<>(List.of(FIELD, behind)));
            assertRight(indexes, both, view, "not begun");
            assertThat(indexes.accepted(both, view).candidates()).isEqualTo(2000);
            workOff();
            assertRight(indexes, both, view, "whole");
            assertThat(indexes.accepted(both, view).candidates()).isLessThan(200);
        }
    }

    @Test
    void accepted_whereOneOfTwoFieldsIsBehind_isNarrowedByTheOther() {
        add(numbered(4_000));
        MemoryBudget budget = new MemoryBudget(1L << 30);
        FieldPath behind = FieldPath.of("g");
        BlockBuilder.Span all = new BlockBuilder.Span(0, 3_968);
        FieldBlock[] whole = {BlockBuilder.build(view, all, FIELD, budget)};
        Filter both =
                new Filter.And(List.of(new Filter.Equals(FIELD, new Value.Int(3)), new Filter.Prefix(behind, "g")));
        for (int rows : new int[] {64, 2_048, 3_072, 3_840}) {
            FieldBlock[] begun = {BlockBuilder.build(view, new BlockBuilder.Span(0, rows), behind, budget)};
            Accepted accepted = Compilation.of(both, view, Map.of(FIELD, whole, behind, begun));
            int[] right = IntStream.range(0, 400).map(i -> 10 * i + 3).toArray();
            assertThat(accepted.rows()).as("%d rows", rows).isEqualTo(right);
            assertThat(accepted.candidates()).as("%d rows", rows).isEqualTo(right.length);
        }
    }

    @Test
    void enter_ofWhatWasKept_answersWithoutAnythingMade() {
        MemoryBudget budget = new MemoryBudget(1L << 30);
        add(5000, new Payloads(new Seeded(3).random()));
        Checkpoints files = new Checkpoints(FaultyDirectory.empty(), 7);
        FileRef file;
        RowView kept = view;
        try (PayloadIndexes indexes = indexes(budget, Payloads.allFields())) {
            indexes.wake();
            workOff();
            file = files.writeFields(2, indexes.blocks(kept), () -> {});
        }
        add(700, new Payloads(new Seeded(4).random()));
        Checkpoint checkpoint =
                new Checkpoint(1, 2, RecordLog.Tip.START, 0, List.of(), new long[0], List.of(), List.of(file));
        try (PayloadIndexes indexes = indexes(budget, Payloads.allFields())) {
            Restored restored = indexes.restored(view);
            files.readFields(checkpoint, restored, 2);
            indexes.enter(restored);
            assertThat(later).isEmpty();
            assertThat(indexes.covered(view)).isEqualTo(4992);
            assertThat(restored.places())
                    .hasSameSizeAs(indexes.blocks(kept))
                    .containsKeys(indexes.blocks(kept).toArray(KeptBlock[]::new));
            assertThat(budget.bytesUsed()).isEqualTo(indexes.bytes()).isPositive();
            Payloads generator = new Payloads(new Seeded(5).random());
            for (int i = 0; i < 100; i++) {
                Filter filter = generator.filter();
                assertRight(indexes, filter, view, "restored: " + filter);
            }
            indexes.wake();
            workOff();
            assertThat(indexes.covered(view)).isGreaterThan(5600);
        }
        assertThat(budget.bytesUsed()).isZero();
        Restored dropped = indexes(budget, Payloads.allFields()).restored(view);
        files.readFields(checkpoint, dropped, 1);
        assertThat(budget.bytesUsed()).isPositive();
        dropped.discard();
        assertThat(budget.bytesUsed()).isZero();
    }

    @Test
    void close_givesAllMemoryBack() {
        MemoryBudget budget = new MemoryBudget(1L << 30);
        add(5000, new Payloads(new Seeded(1).random()));
        PayloadIndexes indexes = indexes(budget, Payloads.allFields());
        indexes.wake();
        workOff();
        assertThat(budget.bytesUsed()).isEqualTo(indexes.bytes()).isPositive();
        add(5000, new Payloads(new Seeded(2).random()));
        indexes.wake();
        workOff();
        assertThat(budget.bytesUsed()).isEqualTo(indexes.bytes());
        indexes.close();
        assertThat(budget.bytesUsed()).isZero();
    }

    @Test
    void index_ofNoFields_givesAllMemoryBack() {
        MemoryBudget budget = new MemoryBudget(1L << 30);
        add(numbered(3000));
        try (PayloadIndexes indexes = indexes(budget, new TreeSet<>(List.of(FIELD)))) {
            indexes.wake();
            workOff();
            assertThat(budget.bytesUsed()).isPositive();
            indexes.index(Collections.emptySortedSet());
            workOff();
            assertThat(budget.bytesUsed()).isZero();
            assertRight(indexes, new Filter.Equals(FIELD, new Value.Int(3)), view, "without an index");
        }
    }

    @Test
    void wake_withoutMemory_testsAndTriesAgainLater() {
        MemoryBudget budget = new MemoryBudget(40_000);
        add(numbered(3000));
        Filter filter = new Filter.Equals(FieldPath.of("g"), new Value.Text("g17"));
        try (PayloadIndexes indexes = indexes(budget, new TreeSet<>(List.of(FieldPath.of("g"))))) {
            indexes.wake();
            workOff();
            assertThat(budget.bytesUsed()).isEqualTo(indexes.bytes());
            assertThat(indexes.covered(view)).isLessThan(2816);
            assertRight(indexes, filter, view, "without memory");
            assertThat(muchLater).hasSize(1);
            muchLater.remove().run();
            workOff();
            assertThat(muchLater).as("it has tried again").hasSize(1);
            assertThat(budget.bytesUsed()).isEqualTo(indexes.bytes());
        }
        assertThat(budget.bytesUsed()).isZero();
    }

    @Test
    void enter_ofPreparedBlocks_answersForTheOtherRows() {
        MemoryBudget budget = new MemoryBudget(1L << 30);
        add(numbered(3000));
        Rows others = new Rows(LAYOUT, rowsBudget);
        try (PayloadIndexes indexes = indexes(budget, new TreeSet<>(List.of(FIELD)))) {
            indexes.wake();
            workOff();
            others.reserve(700, i -> i, 0);
            var _ = others.stage(MemorySegment.ofArray(new float[700]), 700);
            byte[] encoded = ValueCodec.encode(new Value.Fields(Map.of("f", new Value.Int(77))));
            IntStream.range(0, 700).forEach(row -> others.describe(row, row, null, row % 7 == 0 ? encoded : null));
            var _ = others.link(700, 1);
            PayloadIndexes.Prepared prepared = indexes.prepare(others.view(1), () -> {});
            assertRight(indexes, new Filter.Equals(FIELD, new Value.Int(3)), view, "before");
            prepared.enter(others.view(1));
            Accepted accepted = indexes.accepted(new Filter.Equals(FIELD, new Value.Int(77)), others.view(1));
            assertThat(accepted.rows()).hasSize(100);
            assertThat(accepted.candidates()).isLessThan(400);
            assertRight(indexes, new Filter.Equals(FIELD, new Value.Int(3)), view, "a view of the former rows");
            assertThat(budget.bytesUsed()).isEqualTo(indexes.bytes());
        } finally {
            others.release();
        }
        assertThat(budget.bytesUsed()).isZero();
    }
}
