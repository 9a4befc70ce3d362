package dev.kith.doors.ahnlich;

import dev.kith.service.Command;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Neighbours;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import dev.kith.wire.ahnlich.algorithm.algorithms.Algorithm;
import dev.kith.wire.ahnlich.db.query.GetSimN;
import dev.kith.wire.ahnlich.db.server.GetSimNEntry;
import java.util.List;

/**
 * Searches. The linear algorithms and KDTree compare every accepted entry, and so are exact; HNSW goes through the
 * store's graph, where there is one already. Safe on any thread.
 */
final class Similarity {
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
        long wanted = Math.min(asked, store.info().points());
        asking.call().take(Entries.bytes(store, wanted));
        Query search = query(query, store, vector, wanted).where(filter);
        Neighbours found = asking.ask(new Command.FindNeighbours(store.ref(), search), store.ref())
                .getFirst();
        return reply(asking, store, query.getAlgorithm(), found);
    }

    private static void requireSound(GetSimN query) {
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

    /** More results than one search keeps in its heap are those within any distance, and so exact. */
    private static Query query(GetSimN query, Asking.Store store, VectorBlock vector, long wanted) {
        Metric metric = metric(query.getAlgorithm(), store.info());
        if (wanted > Limits.K_MAX) {
            return Query.within(vector, Float.NEGATIVE_INFINITY).by(metric);
        }
        Query nearest = Query.nearest(vector, (int) wanted).by(metric);
        if (query.getAlgorithm() != Algorithm.HNSW) {
            return nearest.exactly();
        }
        long breadth = query.hasEfSearch() ? Integer.toUnsignedLong(query.getEfSearch()) : BREADTH;
        return nearest.withEfSearch((int) Math.clamp(breadth, wanted, Limits.K_MAX));
    }

    private static Metric metric(Algorithm algorithm, CollectionInfo info) {
        return switch (algorithm) {
            case EuclideanDistance, KDTree -> Metric.L2;
            case DotProductSimilarity -> Metric.INNER_PRODUCT;
            case CosineSimilarity -> Metric.COSINE;
            case HNSW, UNRECOGNIZED -> info.spec().index().searchMetric();
        };
    }

    private static dev.kith.wire.ahnlich.db.server.GetSimN reply(
            Asking asking, Asking.Store store, Algorithm algorithm, Neighbours found) {
        Metric metric = metric(algorithm, store.info());
        var reply = dev.kith.wire.ahnlich.db.server.GetSimN.newBuilder();
        for (int number = 0; number < found.scores().length; number++) {
            float value = value(found.scores()[number], algorithm, metric);
            reply.addEntries(GetSimNEntry.newBuilder()
                    .setKey(Entries.key(found.points().vectors(), number))
                    .setValue(Entries.value(asking, found.points(), number))
                    .setSimilarity(dev.kith.wire.ahnlich.similarity.Similarity.newBuilder()
                            .setValue(value)));
        }
        return reply.build();
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
