package dev.kith.embed.run;

/**
 * The embedder at one moment, for gauges and counters.
 *
 * @param callers that are being served or wait
 * @param refused callers for whom there was no place
 * @param waiting inputs that are ready and wait for a thread
 * @param batches done since the start
 * @param items inputs of these batches
 * @param loaded towers of models that are in memory
 * @param loadedBytes what they are priced at
 * @param loads of towers since the start, with those after an unloading
 */
public record EmbedStats(
        int callers, long refused, int waiting, long batches, long items, int loaded, long loadedBytes, long loads) {}
