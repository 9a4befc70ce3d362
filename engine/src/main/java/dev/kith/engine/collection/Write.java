package dev.kith.engine.collection;

/**
 * A change that a client asked for, on its way through a commit.
 *
 * @param <R> what is answered
 */
interface Write<R> {
    /**
     * Whether it must have a commit for itself, because what it means depends on points that others before it in the
     * same commit would change, or the other way round.
     */
    boolean alone();

    /**
     * Resolves the change and hands its mutation to the commit, or refuses and leaves nothing.
     *
     * @return false when nothing has to be changed
     */
    boolean prepare(Commit commit);

    /** The answer, once the mutation is durable and applied. */
    R applied(PointStore.Applied effect);

    /** The answer when nothing had to be changed. */
    R unchanged(PointStore store);

    /** A change of which is answered how many points it ended: removed or replaced. */
    interface Ending extends Write<Long> {
        @Override
        default Long applied(PointStore.Applied effect) {
            return effect.ended();
        }

        @Override
        default Long unchanged(PointStore store) {
            return 0L;
        }
    }
}
