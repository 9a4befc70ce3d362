package dev.kith.engine;

/**
 * The engine at one moment, for gauges. Collections that are not open yet count only as collections.
 *
 * @param points live points
 * @param memoryBytes resident bytes of rows, keys, payloads and maps, of at most {@code memoryBytesMax}
 * @param logBytes bytes of logs on disk
 * @param damaged collections in quarantine, or that could not be opened
 */
public record EngineStats(
        int collections, int open, int damaged, long points, long memoryBytes, long memoryBytesMax, long logBytes) {}
