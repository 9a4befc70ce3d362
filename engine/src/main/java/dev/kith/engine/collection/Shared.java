package dev.kith.engine.collection;

import dev.kith.engine.index.Indexer;
import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.scan.ExactScan;
import dev.kith.storage.LogOptions;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;

/**
 * What all collections of an engine share.
 *
 * @param forces bounds how many logs are forced at the same time
 */
public record Shared(
        MemoryBudget budget,
        ExactScan scan,
        Indexer indexer,
        Buffers buffers,
        Semaphore forces,
        LogOptions logOptions,
        CheckpointOptions checkpoints,
        InstantSource clock) {}
