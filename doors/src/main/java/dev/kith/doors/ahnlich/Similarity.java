package dev.kith.doors.ahnlich;

import dev.kith.service.Command;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Neighbours;
import dev.kith.vectors.Points;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import dev.kith.wire.ahnlich.algorithm.algorithms.Algorithm;
import dev.kith.wire.ahnlich.db.query.GetSimN;
import dev.kith.wire.ahnlich.db.server.GetSimNEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Searches. The linear algorithms and KDTree compare every accepted entry, and so are exact; HNSW goes through the
 * store's graph, where there is one already. Safe on any thread.
 */
final class Similarity {
    /** Up to so many bytes of vectors a result is read at the moment of its search. */
    private static final long AT_ONCE_BYTES = 1 << 20;
    /** Results of which the entries are read at once beyond that; their vectors have some megabytes at most. */
    private static final int PAGE = 100;
    /** Memory of a result beside its entry: id and score, as they are found and in their order. */
    private static final long RESULT_BYTES = 24;
    /** The original's breadth of a search that names none. */
    private static final int BREADTH = 50;

    private Similarity() {}

    static dev.kith.wire.ahnlich.db.server.GetSimN search(GetSimN query, Asking asking) {
        String namespace = Asking.namespace(query.hasSchema(), query.getSchema());
        requireSound(query);
        Asking.Store store = asking.require(Asking.ref(namespace, query.getStore()));
        VectorBlock.Floats vector = Entries.vectors(List.of(query.getSearchInput()), store.dimension());
        Filter filter = query.hasCondition() ? Conditions.filter(query.getCondition()) : Filter.ALL;
        requireIndex(query.getAlgorithm(), store.info());
        if (store.info().points() == 0) {
            return dev.kith.wire.ahnlich.db.server.GetSimN.getDefaultInstance();
        }
        // Unsigned on the wire: what looks negative is larger than any store.
        long asked = query.getClosestN() < 0 ? Long.MAX_VALUE : query.getClosestN();
        int wanted = (int) Math.min(Math.min(asked, store.info().points()), Limits.RESULTS_MAX);
        Query search = query(query, store, vector, wanted).where(filter);
        Answer answer = new Answer(asking, store, query.getAlgorithm(), new ArrayList<>());
        if (Entries.bytes(store, wanted) <= AT_ONCE_BYTES) {
            answer.atOnce(search, wanted);
        } else {
            answer.inPages(search, filter.equals(Filter.ALL) ? wanted : 0);
        }
        return dev.kith.wire.ahnlich.db.server.GetSimN.newBuilder()
                .addAllEntries(answer.entries())
                .build();
    }

    static void requireSound(GetSimN query) {
        if (!query.hasSearchInput()) {
            throw Rejection.invalid("Search input is required");
        }
        if (query.getClosestN() == 0) {
            throw Rejection.invalid("closest_n must be > 0");
        }
        if (query.getAlgorithm() == Algorithm.UNRECOGNIZED) {
            throw Rejection.invalid("Invalid algorithm");
        }
        if (query.hasEfSearch() && query.getEfSearch() == 0) {
            throw Rejection.invalid("ef_search must be > 0");
        }
    }

    private static void requireIndex(Algorithm algorithm, CollectionInfo info) {
        if (algorithm == Algorithm.KDTree && !NonLinear.hasKdTree(info.spec())) {
            throw Refusals.noAlgorithm("KdTree");
        }
        if (algorithm == Algorithm.HNSW && !NonLinear.hasHnsw(info.spec())) {
            throw Refusals.noAlgorithm("Hnsw");
        }
    }

    /** More results than a search through a graph keeps are found exactly. */
    private static Query query(GetSimN query, Asking.Store store, VectorBlock vector, int wanted) {
        boolean exact = query.getAlgorithm() != Algorithm.HNSW || wanted > Limits.K_MAX;
        long breadth = query.hasEfSearch() ? Integer.toUnsignedLong(query.getEfSearch()) : BREADTH;
        int efSearch = exact ? 0 : Math.clamp(breadth, wanted, Limits.K_MAX);
        return new Query(
                vector,
                Optional.of(metric(query.getAlgorithm(), store.info())),
                new Query.Reach.Nearest(wanted, efSearch, exact),
                Filter.ALL);
    }

    private static Metric metric(Algorithm algorithm, CollectionInfo info) {
        return switch (algorithm) {
            case EuclideanDistance, KDTree -> Metric.L2;
            case DotProductSimilarity -> Metric.INNER_PRODUCT;
            case CosineSimilarity -> Metric.COSINE;
            case HNSW, UNRECOGNIZED -> info.spec().index().searchMetric();
        };
    }

    /** The entries of a reply, each read once there is room for it. */
    private record Answer(Asking asking, Asking.Store store, Algorithm algorithm, List<GetSimNEntry> entries) {
        void atOnce(Query search, int wanted) {
            asking.call().take(Entries.bytes(store, wanted));
            Neighbours found = asking.ask(new Command.FindNeighbours(store.ref(), search), store.ref())
                    .getFirst();
            for (int number = 0; number < found.scores().length; number++) {
                add(found.points(), number, found.scores()[number]);
            }
        }

        /**
         * A condition may accept few of very many, so what is found is known before room is taken for its entries. One
         * deleted since the search is left out.
         *
         * @param sure results that there will be
         */
        void inPages(Query search, long sure) {
            asking.call().take(RESULT_BYTES * sure);
            Hits found = asking.ask(new Command.Search(store.ref(), search), store.ref())
                    .getFirst();
            asking.call().take(RESULT_BYTES * (found.count() - sure));
            for (int from = 0; from < found.count(); from += PAGE) {
                long[] ids = Arrays.copyOfRange(found.ids(), from, Math.min(found.count(), from + PAGE));
                asking.call().take(Entries.bytes(store, ids.length));
                try {
                    Points points = asking.ask(new Command.Get(store.ref(), ids), store.ref());
                    for (int number = 0; number < ids.length; number++) {
                        add(points, number, found.scores()[from + number]);
                    }
                } catch (Rejection refused) {
                    if (refused.code() != Rejection.Code.NOT_FOUND) {
                        throw refused;
                    }
                    for (int number = 0; number < ids.length; number++) {
                        addIfThere(ids[number], found.scores()[from + number]);
                    }
                }
            }
        }

        private void addIfThere(long id, float score) {
            Points next = asking.ask(new Command.Select(store.ref(), Filter.ALL, id - 1, 1), store.ref());
            if (next.ids().length == 1 && next.ids()[0] == id) {
                add(next, 0, score);
            }
        }

        private void add(Points points, int number, float score) {
            float value = value(score, algorithm, metric(algorithm, store.info()));
            entries.add(GetSimNEntry.newBuilder()
                    .setKey(Entries.key(points.vectors(), number))
                    .setValue(Entries.value(asking, points, number))
                    .setSimilarity(dev.kith.wire.ahnlich.similarity.Similarity.newBuilder()
                            .setValue(value))
                    .build());
        }
    }

    /** The original's number: a distance with its root but for KDTree, a product, or a cosine. */
    static float value(float score, Algorithm algorithm, Metric metric) {
        return switch (metric) {
            case L2, NORMALISED_L2 -> {
                float squared = 0 - score;
                yield algorithm == Algorithm.KDTree ? squared : (float) Math.sqrt(squared);
            }
            // A zero vector has no cosine: it ranks last, and its number is none, as in the original.
            case COSINE -> score == Float.NEGATIVE_INFINITY ? Float.NaN : score;
            case INNER_PRODUCT, NORMALISED_INNER_PRODUCT, HAMMING -> score;
        };
    }
}
