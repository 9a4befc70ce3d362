package dev.kith.vectors;

import java.util.Optional;

/**
 * Vectors to find neighbours of.
 *
 * @param vectors one to {@link Limits#QUERIES_MAX} query vectors of the collection's dimension
 * @param metric how to compare; empty: the metric of the collection's index
 * @param reach how far a search goes
 * @param filter which points may be found
 */
public record Query(VectorBlock vectors, Optional<Metric> metric, Reach reach, Filter filter) {

    /** How far a search goes. */
    public sealed interface Reach {
        /**
         * The k best: 1 to {@link Limits#K_MAX}, or to {@link Limits#RESULTS_MAX} where the search is exact.
         *
         * @param efSearch candidates that a search through a graph keeps: more find better and take longer. 0: the
         *     engine chooses; fewer than k count as k. An exact search does not look at it
         * @param exact compare every point, whatever index there is
         */
        record Nearest(int k, int efSearch, boolean exact) implements Reach {
            public Nearest {
                int most = exact ? Limits.RESULTS_MAX : Limits.K_MAX;
                if (k < 1 || k > most) {
                    throw Rejection.invalid("k=%d out of range (1-%d)".formatted(k, most));
                }
                if (efSearch < 0) {
                    throw Rejection.invalid("ef_search=%d must not be negative".formatted(efSearch));
                }
            }

            public Nearest(int k) {
                this(k, 0, false);
            }
        }

        /** Every point whose score is strictly greater than this one. */
        record Within(float scoreAbove) implements Reach {}
    }

    public static Query nearest(VectorBlock vectors, int k) {
        return new Query(vectors, Optional.empty(), new Reach.Nearest(k), Filter.ALL);
    }

    public static Query within(VectorBlock vectors, float scoreAbove) {
        return new Query(vectors, Optional.empty(), new Reach.Within(scoreAbove), Filter.ALL);
    }

    /** The same search for the nearest, with so many candidates; see {@link Reach.Nearest}. */
    public Query withEfSearch(int efSearch) {
        return reach instanceof Reach.Nearest(int k, int _, boolean exact)
                ? new Query(vectors, metric, new Reach.Nearest(k, efSearch, exact), filter)
                : this;
    }

    /** The same search, exact whatever index there is. */
    public Query exactly() {
        return reach instanceof Reach.Nearest(int k, int efSearch, boolean _)
                ? new Query(vectors, metric, new Reach.Nearest(k, efSearch, true), filter)
                : this;
    }

    /** The same search among the points that a filter accepts. */
    public Query where(Filter accepted) {
        return new Query(vectors, metric, reach, accepted);
    }

    /** The same search by another metric than the index's. */
    public Query by(Metric other) {
        return new Query(vectors, Optional.of(other), reach, filter);
    }
}
