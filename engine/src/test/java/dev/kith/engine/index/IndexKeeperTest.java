package dev.kith.engine.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.Quiet;
import dev.kith.engine.index.hnsw.GraphRows;
import dev.kith.engine.index.hnsw.HnswOptions;
import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowView;
import dev.kith.testkit.Await;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Metric;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A graph that could not grow grows when it can, and one of rows that are no more is let go. */
@Timeout(60)
@ExtendWith(Quiet.class)
class IndexKeeperTest {
    private static final int DIMENSION = 512;
    private static final int ROWS = 2100;
    private static final long MEMORY = 1L << 28;
    private static final IndexSpec SPEC =
            new IndexSpec(IndexSpec.Kind.HNSW, Metric.L2, "", new TreeMap<>(Map.of("m", 4L, "ef_construction", 8L)));

    private final MemoryBudget budget = new MemoryBudget(MEMORY);
    private final AtomicReference<RowView> newest = new AtomicReference<>(rows(ROWS));

    private static RowView rows(int count) {
        GraphRows made = new GraphRows(DIMENSION, Metric.L2, new HnswOptions(4, 8, 1));
        made.put(new Seeded(count).normalRows(count, DIMENSION));
        return made.view();
    }

    private IndexKeeper keeper(Supplier<RowView> views, Indexer indexer) {
        return IndexKeeper.of(SPEC, new IndexKeeper.Source(views, budget, indexer))
                .orElseThrow();
    }

    private static void awaitGrown(IndexKeeper keeper, RowView view) {
        Await.until("a graph of all rows", () -> keeper.tail(view) == 0 && keeper.serves(view));
    }

    /** One that takes a thousandth of the time between failures, and before what no longer grows is sealed. */
    private static Indexer hasty(BlockingQueue<Optional<Runnable>> queue) {
        return new Indexer(2, () -> {}, queue, TimeUnit.MICROSECONDS);
    }

    @Test
    void growth_thatMemoryWasMissingFor_goesOnWhenItIsThere() {
        budget.reserve(MEMORY - 1000);
        try (Indexer indexer = hasty(new LinkedBlockingQueue<>());
                IndexKeeper keeper = keeper(newest::get, indexer)) {
            keeper.wake();
            Await.until("refusal", () -> keeper.isStuck(newest.get()));
            keeper.wake();
            budget.release(MEMORY - 1000);
            awaitGrown(keeper, newest.get());
        }
        assertThat(budget.bytesUsed()).isZero();
    }

    @Test
    void growth_thatMemoryWasMissingFor_doesNotWaitWhereRowsAreOthers() {
        budget.reserve(MEMORY - 1000);
        try (Indexer indexer = new Indexer(2);
                IndexKeeper keeper = keeper(newest::get, indexer)) {
            keeper.wake();
            Await.until("refusal", () -> keeper.isStuck(newest.get()));
            newest.set(rows(ROWS + 1));
            assertThat(keeper.isStuck(newest.get())).isFalse();
            budget.release(MEMORY - 1000);
            keeper.wake();
            awaitGrown(keeper, newest.get());
        }
    }

    @Test
    void aPause_whileTheGraphCannotGrow_comesAtOnce() throws InterruptedException {
        budget.reserve(MEMORY - 1000);
        try (Indexer indexer = new Indexer(2);
                IndexKeeper keeper = keeper(newest::get, indexer)) {
            keeper.wake();
            Await.until("refusal", () -> keeper.isStuck(newest.get()));
            CountDownLatch paused = new CountDownLatch(1);
            keeper.pauseFor(paused::countDown);
            paused.await();
        }
    }

    /** Who waits to write the graph must hear of its end, or would wait for ever. */
    @Test
    void aWriteThatWaits_whenTheGraphIsClosed_runsInVain() throws InterruptedException {
        RowView old = newest.get();
        old.release(); // By its owner: nothing is done on a view that cannot be acquired.
        CountDownLatch ran = new CountDownLatch(2);
        try (Indexer indexer = new Indexer(2)) {
            IndexKeeper keeper = keeper(() -> old, indexer);
            Runnable write = () -> {
                if (keeper.heldInPause(old).isEmpty()) {
                    ran.countDown();
                }
            };
            keeper.pauseToWrite(write);
            assertThat(ran.getCount()).isEqualTo(2);
            keeper.close();
            keeper.pauseToWrite(write);
            ran.await();
        }
    }

    @Test
    void aGraph_ofRowsThatAreNoMore_isLetGo() {
        try (Indexer indexer = new Indexer(2);
                IndexKeeper keeper = keeper(newest::get, indexer)) {
            keeper.wake();
            awaitGrown(keeper, newest.get());
            // What the last batch took beyond the estimate is counted just after it.
            Await.until("paid for", () -> keeper.bytes() > 0 && budget.bytesUsed() == keeper.bytes());
            newest.set(rows(3));
            keeper.wake();
            Await.until("the old graph's memory is free", () -> budget.bytesUsed() == 0);
            assertThat(keeper.bytes()).isZero();
        }
    }

    @Test
    void aWake_whileRowsAreExchanged_isNotLost() {
        RowView old = newest.get();
        old.release(); // By its owner: it cannot be acquired any more.
        RowView next = rows(ROWS);
        AtomicInteger asked = new AtomicInteger();
        // Asked for when it is woken, and when it begins: only then the new rows are published.
        try (Indexer indexer = new Indexer(2);
                IndexKeeper keeper = keeper(() -> asked.incrementAndGet() <= 2 ? old : next, indexer)) {
            keeper.wake();
            awaitGrown(keeper, next);
        }
    }

    private static boolean isHeld(IndexKeeper keeper, RowView view) {
        Optional<HeldGraph> held = keeper.hold(view);
        held.ifPresent(HeldGraph::close);
        return held.filter(graph -> graph.isOf(view)).isPresent();
    }

    /** The first and the second thread to be asked, for the only batch of rows and for the sealing. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void aBatch_thatFails_isBegunAnew(int failing) {
        IndexerTest.FullOnce queue = new IndexerTest.FullOnce(failing, new CountDownLatch(0));
        try (Indexer indexer = hasty(queue);
                IndexKeeper keeper = keeper(newest::get, indexer)) {
            keeper.wake();
            Await.until("failure", queue::hasFailed);
            Await.until("sealing", () -> isHeld(keeper, newest.get()));
            awaitGrown(keeper, newest.get());
        }
        assertThat(budget.bytesUsed()).isZero();
    }
}
