package dev.kith.engine;

import dev.kith.engine.collection.Upkeep;

/**
 * The engine at one moment, for gauges. Collections that are not open yet count only as collections.
 *
 * @param mapped open collections of which not all vectors are in memory, since there was none for them
 * @param graphs open collections whose searches a graph answers
 * @param points live points
 * @param tailRows rows that indexes have not reached yet
 * @param pacedSeconds for how long acknowledgements were held back so that indexes keep up, all writers together
 * @param memoryBytes resident bytes of rows, keys, payloads, maps and graphs, and what others have taken of the same
 *     budget, of at most {@code memoryBytesMax}
 * @param logBytes bytes of logs on disk
 * @param upkeep of all open collections together; the age is that of the oldest checkpoint
 * @param damaged collections in quarantine, or that could not be opened
 */
public record EngineStats(
        int collections,
        int open,
        int damaged,
        int mapped,
        int graphs,
        long points,
        long tailRows,
        double pacedSeconds,
        long memoryBytes,
        long memoryBytesMax,
        long logBytes,
        Upkeep upkeep) {}
