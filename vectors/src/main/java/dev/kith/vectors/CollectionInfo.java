package dev.kith.vectors;

import java.util.Optional;

/**
 * A collection at one moment.
 *
 * @param id of the collection: another one of the same name has another
 * @param points live points; the accessor refuses where the collection cannot be opened, since nobody knows then
 * @param memoryBytes resident bytes of its rows and maps
 * @param logBytes bytes of its log on disk; 0 in memory
 * @param durability what acknowledgements promise
 * @param servedBy the structure that answers searches: {@code exact}, or the name of a built index
 * @param damage where and how the collection's files are damaged; it is then read-only
 * @param unavailable why the collection cannot be opened now; its name and specification are all that is known then
 */
public record CollectionInfo(
        long id,
        CollectionName name,
        CollectionSpec spec,
        long points,
        long memoryBytes,
        long logBytes,
        Durability durability,
        String servedBy,
        Optional<String> damage,
        Optional<Rejection> unavailable) {

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
