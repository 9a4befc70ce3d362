package dev.kith.vectors;

import java.util.Optional;

/**
 * A collection at one moment.
 *
 * @param id of the collection: another one of the same name has another
 * @param points live points; the accessor refuses where the collection cannot be opened, since nobody knows then
 * @param tailRows rows that the index has not reached yet, and that every search scans; 0 where there is no index
 * @param memoryBytes resident bytes of its rows, maps and index
 * @param logBytes bytes of its log on disk; 0 in memory
 * @param durability what acknowledgements promise
 * @param servedBy the structure that answers searches: {@link #EXACT} or {@link #HNSW}
 * @param damage where and how the collection's files are damaged; it is then read-only
 * @param unavailable why the collection cannot be opened now; its name and specification are all that is known then
 */
public record CollectionInfo(
        long id,
        CollectionName name,
        CollectionSpec spec,
        long points,
        long tailRows,
        long memoryBytes,
        long logBytes,
        Durability durability,
        String servedBy,
        Optional<String> damage,
        Optional<Rejection> unavailable) {
    /** What {@link #servedBy} says where every row is compared. */
    public static final String EXACT = "exact";

    /** What {@link #servedBy} says where a graph answers, and a scan of the rows that it has not reached. */
    public static final String HNSW = "hnsw";

    public boolean isServedByGraph() {
        return servedBy.equals(HNSW);
    }

    @Override
    public long points() {
        requireAvailable();
        return points;
    }

    /** This collection, and no other that gets its name. */
    public Target exactly() {
        return new Target.Exactly(name, id);
    }

    /** Refuses where the collection cannot be opened, and says why. */
    public void requireAvailable() {
        unavailable.ifPresent(reason -> {
            throw reason;
        });
    }
}
