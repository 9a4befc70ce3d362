package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.FaultyDirectory;
import dev.kith.testkit.Await;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for a slow disk, and who does not. */
@Timeout(60)
class EngineWaitingTest {
    private static final CollectionName NAME = new CollectionName("t", "n", "points");
    private static final CollectionName OTHER = new CollectionName("t", "n", "other");

    private final GatedDirectory.Gate gate = new GatedDirectory.Gate();
    private final FaultyDirectory disk = FaultyDirectory.empty();
    private final Engine engine = Engine.open(EngineOptions.durable(new GatedDirectory(disk, gate), 1 << 28, 2));

    @AfterEach
    void close() {
        gate.open();
        engine.close();
    }

    private static VectorBlock one(float value) {
        return new VectorBlock.Floats(new float[] {value}, 1, 1);
    }

    private Thread start(Runnable action) {
        return Thread.ofPlatform().start(action);
    }

    private static void requireEnd(Thread thread) throws InterruptedException {
        assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void reading_whileAWriterIsForcing_goesOnAndSeesNothingUnforced() throws Exception {
        engine.create(NAME, CollectionSpec.floats(1, Metric.L2));
        engine.put(NAME, Put.append(one(1)));
        gate.shut();
        Thread writer = start(() -> engine.put(NAME, Put.append(one(2))));
        assertThat(gate.reached(1)).isTrue();
        for (int i = 0; i < 100; i++) {
            assertThat(engine.search(NAME, Query.nearest(one(2), 5)).getFirst().ids())
                    .containsExactly(0);
            assertThat(engine.get(NAME, new long[] {0}).total()).isEqualTo(1);
            assertThatThrownBy(() -> engine.get(NAME, new long[] {1})).isInstanceOf(Rejection.class);
            assertThat(engine.scan(NAME, 0, 10).ids()).containsExactly(0);
            assertThat(engine.find(NAME).orElseThrow().points()).isEqualTo(1);
            assertThat(engine.list("t")).hasSize(1);
        }
        gate.open();
        requireEnd(writer);
        assertThat(engine.scan(NAME, 0, 10).ids()).containsExactly(0, 1);
    }

    @Test
    void reading_whileClosingWaitsForAWriter_isRefusedAtOnce() throws Exception {
        engine.create(NAME, CollectionSpec.floats(1, Metric.L2));
        gate.shut();
        Thread writer = start(() -> engine.put(NAME, Put.append(one(2))));
        assertThat(gate.reached(1)).isTrue();
        // Closing waits for the writer and keeps the name known meanwhile.
        Thread closing = start(engine::close);
        Await.until("reading refused", () -> {
            try {
                engine.scan(NAME, 0, 1);
                return false;
            } catch (Rejection e) {
                return true;
            }
        });
        assertThat(closing.isAlive()).isTrue();
        gate.open();
        requireEnd(writer);
        requireEnd(closing);
    }

    @Test
    void writers_thatWaitTogether_shareForces() throws Exception {
        engine.create(NAME, CollectionSpec.floats(1, Metric.L2));
        gate.shut();
        int before = gate.forces();
        // The first goes to the disk alone; the others find it there and wait for the next turn together.
        List<Thread> writers = new ArrayList<>(List.of(start(() -> engine.put(NAME, Put.append(one(-1))))));
        assertThat(gate.reached(1)).isTrue();
        for (int i = 0; i < 50; i++) {
            float value = i;
            long id = i;
            writers.add(start(
                    id % 2 == 0
                            ? () -> engine.put(NAME, Put.append(one(value)))
                            : () -> engine.delete(NAME, new Selection.Ids(new long[] {id}))));
        }
        writers.forEach(Await::parked);
        gate.open();
        for (Thread writer : writers) {
            requireEnd(writer);
        }
        assertThat(gate.forces() - before).isLessThanOrEqualTo(3);
    }

    @Test
    void delete_ofIdsThatAreNotThere_writesNothing() {
        engine.create(NAME, CollectionSpec.floats(1, Metric.L2));
        engine.put(NAME, Put.withIds(one(1), new long[] {5}));
        assertThat(engine.delete(NAME, new Selection.Ids(new long[] {5}))).isEqualTo(1);
        long calls = disk.calls();
        int forces = gate.forces();
        long bytes = engine.find(NAME).orElseThrow().logBytes();
        for (long[] ids : new long[][] {{5}, {0, 4, 6}, {-1, Long.MAX_VALUE}, {}}) {
            assertThat(engine.delete(NAME, new Selection.Ids(ids))).isZero();
        }
        assertThat(disk.calls()).isEqualTo(calls);
        assertThat(gate.forces()).isEqualTo(forces);
        assertThat(engine.find(NAME).orElseThrow().logBytes()).isEqualTo(bytes);
        assertThat(engine.delete(NAME, new Selection.Ids(new long[] {7, 5}))).isZero();
        engine.put(NAME, Put.withIds(one(1), new long[] {7}));
        assertThat(engine.delete(NAME, new Selection.Ids(new long[] {7, 5}))).isEqualTo(1);
    }

    /** The id is not there yet when the removal is prepared: it comes with the write before it in the same commit. */
    @Test
    void delete_behindAPutOfTheSameIdInFlight_removesItDurably() throws Exception {
        engine.create(NAME, CollectionSpec.floats(1, Metric.L2));
        gate.shut();
        Thread first = start(() -> engine.put(NAME, Put.withIds(one(1), new long[] {1})));
        assertThat(gate.reached(1)).isTrue();
        Thread put = startWaiting(() -> engine.put(NAME, Put.withIds(one(5), new long[] {5})));
        AtomicLong removed = new AtomicLong(-1);
        Thread delete = startWaiting(() -> removed.set(engine.delete(NAME, new Selection.Ids(new long[] {5}))));
        gate.open();
        requireEnd(first);
        requireEnd(put);
        requireEnd(delete);
        assertThat(removed).hasValue(1);
        assertThat(engine.scan(NAME, 0, 10).ids()).containsExactly(1);
        engine.close();
        try (Engine again = Engine.open(EngineOptions.durable(disk, 1 << 28, 1))) {
            assertThat(again.scan(NAME, 0, 10).ids()).containsExactly(1);
        }
    }

    private Thread startWaiting(Runnable action) {
        Thread thread = start(action);
        Await.parked(thread);
        return thread;
    }

    @Test
    void forces_ofDifferentCollections_runAtTheSameTime() throws Exception {
        engine.create(NAME, CollectionSpec.floats(1, Metric.L2));
        engine.create(OTHER, CollectionSpec.floats(1, Metric.L2));
        gate.shut();
        Thread one = start(() -> engine.put(NAME, Put.append(one(1))));
        Thread two = start(() -> engine.put(OTHER, Put.append(one(1))));
        assertThat(gate.reached(2)).isTrue();
        gate.open();
        requireEnd(one);
        requireEnd(two);
    }

    @Test
    void groupCommit_withRefusedWritesBetween_leavesNoGapsAndMixesNoKeys() throws Exception {
        // Each put beyond the budget is refused within a commit that others share.
        Engine tight = Engine.open(EngineOptions.durable(new GatedDirectory(FaultyDirectory.empty(), gate), 200_000, 1)
                .with(dev.kith.storage.LogOptions.DEFAULT, dev.kith.testkit.ManualClock.atNewYear()));
        tight.create(NAME, CollectionSpec.floats(1, Metric.L2));
        gate.shut();
        Thread first = start(() -> tight.put(NAME, Put.append(one(0))));
        assertThat(gate.reached(1)).isTrue();
        AtomicLong refusals = new AtomicLong();
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Put put =
                    i % 2 == 0 ? Put.append(one(i)) : Put.append(new VectorBlock.Floats(new float[10_000], 10_000, 1));
            writers.add(start(() -> {
                try {
                    tight.put(NAME, put);
                } catch (Rejection refused) {
                    assertThat(refused.code()).isEqualTo(Rejection.Code.EXHAUSTED);
                    refusals.incrementAndGet();
                }
            }));
        }
        writers.forEach(Await::parked);
        gate.open();
        requireEnd(first);
        for (Thread writer : writers) {
            requireEnd(writer);
        }
        assertThat(refusals).hasValue(20);
        assertThat(tight.scan(NAME, 0, 100).ids())
                .containsExactly(java.util.stream.LongStream.range(0, 21).toArray());
        tight.close();
    }
}
