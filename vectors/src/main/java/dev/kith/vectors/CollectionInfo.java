package dev.kith.vectors;

import java.util.Optional;

/**
 * A collection at one moment.
 *
 * @param points live points
 * @param tailRows rows that the index has not reached yet, and that every search scans; 0 where there is no index
 * @param memoryBytes resident bytes of its rows, maps and index
 * @param logBytes bytes of its log on disk; 0 in memory
 * @param durability what acknowledgements promise
 * @param servedBy the structure that answers searches: {@link #EXACT} or {@link #HNSW}
 * @param damage where and how the collection's files are damaged; it is then read-only
 */
public record CollectionInfo(
        CollectionName name,
        CollectionSpec spec,
        long points,
        long tailRows,
        long memoryBytes,
        long logBytes,
        Durability durability,
        String servedBy,
        Optional<String> damage) {
    /** What {@link #servedBy} says where every row is compared. */
    public static final String EXACT = "exact";

    /** What {@link #servedBy} says where a graph answers, and a scan of the rows that it has not reached. */
    public static final String HNSW = "hnsw";

    public boolean isServedByGraph() {
        return servedBy.equals(HNSW);
    }
}
