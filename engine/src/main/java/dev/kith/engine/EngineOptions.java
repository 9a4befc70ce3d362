package dev.kith.engine;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.storage.Directory;
import dev.kith.storage.LogOptions;
import java.time.InstantSource;
import java.util.Optional;

/**
 * What an engine needs.
 *
 * @param root the data folder; empty: everything lives in memory and is gone with the process
 * @param memoryBytesMax resident bytes of all points together: rows, keys, payloads, maps of ids
 * @param computeThreads threads that compute; usually the number of cores
 * @param logOptions sizes of log files
 * @param checkpoints when collections are written to segments
 * @param clock for the wall clock in records, and for when a collection that could not be opened is tried again
 */
public record EngineOptions(
        Optional<Directory> root,
        long memoryBytesMax,
        int computeThreads,
        LogOptions logOptions,
        CheckpointOptions checkpoints,
        InstantSource clock) {

    /** The same with other log files, and another clock. */
    public EngineOptions with(LogOptions others, InstantSource other) {
        return new EngineOptions(root, memoryBytesMax, computeThreads, others, checkpoints, other);
    }

    /** The same with other checkpoints. */
    public EngineOptions with(CheckpointOptions others) {
        return new EngineOptions(root, memoryBytesMax, computeThreads, logOptions, others, clock);
    }

    /** An engine that keeps nothing. */
    public static EngineOptions inMemory(long memoryBytesMax, int computeThreads) {
        return new EngineOptions(
                Optional.empty(),
                memoryBytesMax,
                computeThreads,
                LogOptions.DEFAULT,
                CheckpointOptions.DEFAULT,
                InstantSource.system());
    }

    /** An engine that keeps everything in {@code root}. */
    public static EngineOptions durable(Directory root, long memoryBytesMax, int computeThreads) {
        return new EngineOptions(
                Optional.of(root),
                memoryBytesMax,
                computeThreads,
                LogOptions.DEFAULT,
                CheckpointOptions.DEFAULT,
                InstantSource.system());
    }
}
