package dev.kith.shell.language;

import java.util.Optional;
import java.util.OptionalInt;

/** An index over vectors that a store may have. */
public sealed interface Index {
    /** The indexes without their settings, as searches and drops name them. */
    enum Kind {
        KDTREE,
        HNSW
    }

    enum Distance {
        EUCLIDEAN,
        DOTPRODUCT,
        COSINE
    }

    record KdTree() implements Index {}

    /** A graph; what is absent is left to the server. */
    record Hnsw(
            Optional<Distance> distance,
            OptionalInt efConstruction,
            OptionalInt maximumConnections,
            OptionalInt maximumConnectionsZero,
            Optional<Boolean> extendCandidates,
            Optional<Boolean> keepPrunedConnections)
            implements Index {}
}
