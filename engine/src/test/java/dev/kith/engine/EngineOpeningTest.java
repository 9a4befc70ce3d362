package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.LogOptions;
import dev.kith.storage.StorageException;
import dev.kith.testkit.Await;
import dev.kith.testkit.ManualClock;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A collection that cannot be opened: who is told what, and when it is tried again. */
@ExtendWith(Quiet.class)
class EngineOpeningTest {
    private static final CollectionName NAME = new CollectionName("t", "n", "points");
    private static final CollectionName OTHER = new CollectionName("t", "n", "other");
    private static final String MANIFEST = "0000000000000001/manifest";
    private static final int POINTS = 1000;
    private static final Duration SOON = Duration.ofMillis(9_999);

    private final FaultyDirectory disk = FaultyDirectory.empty();
    private final GatedDirectory.Gate gate = new GatedDirectory.Gate();
    private final ManualClock clock = ManualClock.atNewYear();
    private final AtomicInteger attempts = new AtomicInteger();

    private static VectorBlock vectors(int count) {
        return new VectorBlock.Floats(new float[count * 8], count, 8);
    }

    @BeforeEach
    void fill() {
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 1 << 24, 1))) {
            engine.create(NAME, CollectionSpec.floats(8, Metric.L2));
            engine.put(NAME, Put.append(vectors(POINTS)));
            engine.create(OTHER, CollectionSpec.floats(8, Metric.L2));
            engine.put(OTHER, Put.append(vectors(POINTS)));
        }
        gate.onRead(path -> attempts.addAndGet(path.endsWith(MANIFEST) ? 1 : 0));
    }

    private Engine open(long memory) {
        return Engine.open(
                EngineOptions.durable(new GatedDirectory(disk, gate), memory, 1).with(LogOptions.DEFAULT, clock));
    }

    private static String refusal(Engine engine, Rejection.Code code) {
        Rejection told = engine.find(NAME).orElseThrow().unavailable().orElseThrow();
        assertThat(told.code()).isEqualTo(code);
        assertThatThrownBy(() -> engine.scan(NAME, 0, 1)).isSameAs(told);
        return told.text();
    }

    @Test
    void open_ofDamage_isNeverTriedAgain() {
        disk.flipBit("collections/" + MANIFEST, 20, 3);
        try (Engine engine = open(1 << 24)) {
            for (int i = 0; i < 20; i++) {
                assertThat(refusal(engine, Rejection.Code.UNAVAILABLE)).contains(MANIFEST);
                clock.advance(Duration.ofHours(i));
            }
            assertThat(attempts).hasValue(1);
            assertThat(engine.find(OTHER).orElseThrow().points()).isEqualTo(POINTS);
        }
    }

    @Test
    void open_beyondTheBudget_isTriedAgainAfterAWhile() {
        try (Engine engine = open(POINTS * 100)) {
            // Whoever comes first has the room; the test wants it to be the other one.
            boolean first = engine.find(NAME).orElseThrow().unavailable().isEmpty();
            CollectionName shut = first ? OTHER : NAME;
            String manifest = first ? "0000000000000002/manifest" : MANIFEST;
            attempts.set(0);
            gate.onRead(path -> attempts.addAndGet(path.endsWith(manifest) ? 1 : 0));
            assertThat(engine.find(shut)
                            .orElseThrow()
                            .unavailable()
                            .orElseThrow()
                            .text())
                    .contains("Memory budget reached", "needed");
            int before = attempts.get();
            engine.drop(first ? NAME : OTHER);
            clock.advance(SOON);
            for (int i = 0; i < 20; i++) {
                assertThat(engine.find(shut).orElseThrow().unavailable()).isPresent();
            }
            assertThat(attempts).hasValue(before);
            clock.advance(Duration.ofMillis(1));
            assertThat(engine.find(shut).orElseThrow().points()).isEqualTo(POINTS);
            assertThat(engine.stats().damaged()).isZero();
            assertThat(engine.put(shut, Put.append(vectors(1))).points()).isEqualTo(POINTS + 1);
        }
    }

    @Test
    void open_afterTheClockStepsBack_isTriedAgainAtOnce() {
        gate.onRead(trouble(() -> new StorageException("no such luck")));
        try (Engine engine = open(1 << 24)) {
            refusal(engine, Rejection.Code.UNAVAILABLE);
            int before = attempts.get();
            clock.advance(Duration.ofDays(-1));
            refusal(engine, Rejection.Code.UNAVAILABLE);
            assertThat(attempts).hasValue(before + 1);
        }
    }

    /** What may go wrong for a while. */
    enum Trouble {
        DISK(() -> new StorageException("the disk failed")),
        MEMORY(() -> new OutOfMemoryError("as if there were none")),
        FAULT(() -> new IllegalStateException("a fault of ours"));

        private final Supplier<Throwable> thrown;

        Trouble(Supplier<Throwable> thrown) {
            this.thrown = thrown;
        }
    }

    private java.util.function.Consumer<String> trouble(Supplier<Throwable> thrown) {
        return path -> {
            if (path.endsWith(MANIFEST)) {
                attempts.incrementAndGet();
                switch (thrown.get()) {
                    case RuntimeException e -> throw e;
                    case Error e -> throw e;
                    case Throwable e -> throw new AssertionError(e);
                }
            }
        };
    }

    @ParameterizedTest
    @EnumSource
    void open_inTrouble_concernsThatCollectionOnlyAndIsTriedAgain(Trouble trouble) {
        gate.onRead(trouble(trouble.thrown));
        try (Engine engine = open(1 << 24)) {
            for (int i = 0; i < 20; i++) {
                assertThat(refusal(engine, Rejection.Code.UNAVAILABLE))
                        .startsWith("The collection cannot be opened: ")
                        .doesNotContain("luck", "ours");
                assertThat(engine.find(OTHER).orElseThrow().points()).isEqualTo(POINTS);
            }
            assertThat(attempts).hasValue(1);
            assertThat(engine.stats().damaged()).isEqualTo(1);
            clock.advance(SOON);
            refusal(engine, Rejection.Code.UNAVAILABLE);
            assertThat(attempts).hasValue(1);
            clock.advance(Duration.ofMillis(1));
            refusal(engine, Rejection.Code.UNAVAILABLE);
            assertThat(attempts).hasValue(2);
            gate.onRead(path -> {});
            clock.advance(Duration.ofSeconds(10));
            assertThat(engine.find(NAME).orElseThrow().points()).isEqualTo(POINTS);
            assertThat(engine.stats().damaged()).isZero();
        }
    }

    /** Names of the log's files that are read while one is opened that is told to stop at the first of them. */
    private List<String> filesReadUntil(Consumer<Engine> stop) throws Exception {
        LogOptions small = new LogOptions(1 << 12, 1 << 10, 1 << 12);
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 1 << 24, 1).with(small, clock))) {
            for (int i = 0; i < 20; i++) {
                engine.put(NAME, Put.append(vectors(100)));
            }
        }
        assertThat(disk.folder("collections").folder("0000000000000001").names())
                .filteredOn(name -> name.startsWith("log-"))
                .hasSizeGreaterThan(10);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        List<String> read = new CopyOnWriteArrayList<>();
        gate.onRead(path -> {
            if (path.contains("0000000000000001/log-")) {
                read.add(path);
                begun.countDown();
                uninterruptibly(told);
            }
        });
        try (Engine engine = open(1 << 24)) {
            uninterruptibly(begun);
            FutureTask<Throwable> asked = new FutureTask<>(() -> catchThrowable(() -> engine.scan(NAME, 0, 1)));
            Await.parked(Thread.ofPlatform().start(asked));
            stop.accept(engine);
            told.countDown();
            assertThat(asked.get(20, TimeUnit.SECONDS)).hasMessageContaining("stopping");
        }
        return read;
    }

    private static void uninterruptibly(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void close_whileALogIsReplayed_doesNotWaitForItsEnd() throws Exception {
        Consumer<Engine> close = engine -> Await.parked(Thread.ofPlatform().start(engine::close));
        assertThat(filesReadUntil(close)).hasSize(1);
    }

    @Test
    void stopOpening_whileALogIsReplayed_refusesWhoWaits() throws Exception {
        assertThat(filesReadUntil(Engine::stopOpening)).hasSize(1);
    }

    /** Nobody asks for a collection: the start alone must go on to those behind the one that fails. */
    @ParameterizedTest
    @EnumSource
    void start_withOneInTrouble_opensTheOthers(Trouble trouble) {
        gate.onRead(trouble(trouble.thrown));
        try (Engine engine = open(1 << 24)) {
            Await.until("one open", () -> engine.stats().open() == 1);
            assertThat(engine.stats().damaged()).isEqualTo(1);
        }
    }
}
