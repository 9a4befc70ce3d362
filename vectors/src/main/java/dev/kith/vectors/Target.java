package dev.kith.vectors;

/** Which collection a call means: the one that has a name now, or one and no other that gets its name. */
public sealed interface Target permits CollectionName, Target.Exactly {
    CollectionName fullName();

    /** Whether the collection of that name, which has this id, is meant. */
    boolean means(long id);

    /**
     * One collection: what a caller has looked at before, and relies on. A call is refused with NOT_FOUND once it was
     * dropped, whatever has its name then.
     *
     * @param id of the collection, as {@link CollectionInfo} tells it
     */
    record Exactly(CollectionName fullName, long id) implements Target {
        @Override
        public boolean means(long other) {
            return id == other;
        }
    }
}
