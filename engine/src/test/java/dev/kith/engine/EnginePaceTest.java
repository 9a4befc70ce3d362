package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.StorageException;
import dev.kith.testkit.Await;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.VectorBlock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Writers that are faster than checkpoints: a start has little to replay, and nobody waits for ever. */
@Timeout(60)
@ExtendWith(Quiet.class)
class EnginePaceTest {
    private static final CollectionName NAME = new CollectionName("t", "n", "points");
    private static final int DIMENSION = 256;
    /** Rows of 4 KiB. */
    private static final int ROWS = 4;

    private static final long LOG_BYTES = 64 << 10;

    private final GatedDirectory.Gate gate = new GatedDirectory.Gate();
    private final CountDownLatch released = new CountDownLatch(1);
    private final Engine engine =
            Engine.open(EngineOptions.durable(new GatedDirectory(FaultyDirectory.empty(), gate), 1 << 26, 1)
                    .with(new CheckpointOptions(LOG_BYTES, 0)));

    @BeforeEach
    void create() {
        engine.create(NAME, CollectionSpec.floats(DIMENSION, Metric.L2));
    }

    @AfterEach
    void close() {
        released.countDown();
        engine.close();
    }

    private long put() {
        engine.put(NAME, Put.append(new VectorBlock.Floats(new float[ROWS * DIMENSION], ROWS, DIMENSION)));
        return replayBytes();
    }

    private long replayBytes() {
        return engine.stats().upkeep().replayBytes();
    }

    @Test
    void put_fasterThanACheckpoint_waitsForItWithinTheBound() throws Exception {
        gate.onRead(path -> {
            if (path.contains("/segment-")) {
                awaitRelease();
            }
        });
        while (replayBytes() <= LOG_BYTES + LOG_BYTES / 2) {
            put();
        }
        FutureTask<Long> held = new FutureTask<>(this::put);
        Await.parked(Thread.ofPlatform().start(held));
        assertThat(replayBytes()).isLessThanOrEqualTo(2 * LOG_BYTES);
        released.countDown();
        assertThat(held.get(20, TimeUnit.SECONDS)).isLessThanOrEqualTo(LOG_BYTES);
        assertThat(engine.stats().pacedSeconds()).isPositive();
    }

    private void awaitRelease() {
        try {
            assertThat(released.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void put_whereCheckpointsFail_isDoneAllTheSame() {
        gate.onRead(path -> {
            if (path.contains("/segment-")) {
                throw new StorageException("no such luck");
            }
        });
        while (replayBytes() <= LOG_BYTES + LOG_BYTES / 2) {
            put();
        }
        assertThat(engine.stats().pacedSeconds()).isZero();
        long before = engine.find(NAME).orElseThrow().points();
        put();
        assertThat(engine.stats().pacedSeconds()).isPositive();
        assertThat(engine.find(NAME).orElseThrow().points()).isEqualTo(before + ROWS);
    }
}
