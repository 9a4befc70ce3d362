package dev.kith.vectors;

import java.util.List;

/** Points to act on. What is not there is passed over. */
public sealed interface Selection {
    /** @param ids owned */
    record Ids(long[] ids) implements Selection {}

    /** Points of a collection whose keys are its vectors. */
    record Vectors(VectorBlock vectors) implements Selection {}

    record Keys(List<Put.Key> keys) implements Selection {}

    record Matching(Filter filter) implements Selection {}
}
