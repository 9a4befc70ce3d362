package dev.kith.doors.ahnlich;

import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.wire.ahnlich.algorithm.algorithms.DistanceMetric;
import dev.kith.wire.ahnlich.algorithm.nonlinear.HNSWConfig;
import dev.kith.wire.ahnlich.algorithm.nonlinear.KDTreeConfig;
import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The non-linear indexes of a store. HNSW is the collection's index; the configuration as it was asked for, and whether
 * there is a KDTree, are kept among its attributes. A KDTree is a promise that every search keeps: to find exactly.
 */
final class NonLinear {
    private static final String HNSW = "ahnlich_hnsw";
    private static final String KDTREE = "ahnlich_kdtree";
    private static final String DISTANCE = "distance";
    private static final String EF_CONSTRUCTION = "ef_construction";
    private static final String M = "maximum_connections";
    private static final String M_ZERO = "maximum_connections_zero";
    private static final String EXTEND = "extend_candidates";
    private static final String KEEP = "keep_pruned_connections";

    private static final int EF_CONSTRUCTION_DEFAULT = 100;
    private static final int M_DEFAULT = 16;
    private static final int M_ZERO_DEFAULT = 32;

    private NonLinear() {}

    static boolean hasKdTree(CollectionSpec spec) {
        return spec.attributes().values().containsKey(KDTREE);
    }

    static boolean hasHnsw(CollectionSpec spec) {
        return spec.index().kind() == IndexSpec.Kind.HNSW;
    }

    /** As replies list them. */
    static List<NonLinearIndex> of(CollectionSpec spec) {
        List<NonLinearIndex> indexes = new ArrayList<>();
        if (hasHnsw(spec)) {
            indexes.add(NonLinearIndex.newBuilder().setHnsw(config(spec)).build());
        }
        if (hasKdTree(spec)) {
            indexes.add(NonLinearIndex.newBuilder()
                    .setKdtree(KDTreeConfig.getDefaultInstance())
                    .build());
        }
        return indexes;
    }

    /** The specification with the indexes that it lacks; one that is there stays, and one without a kind is none. */
    static CollectionSpec with(CollectionSpec spec, List<NonLinearIndex> indexes) {
        CollectionSpec next = spec;
        for (NonLinearIndex index : indexes) {
            next = switch (index.getIndexCase()) {
                case HNSW -> hasHnsw(next) ? next : withHnsw(next, index.getHnsw());
                case KDTREE -> next.withAttributes(next.attributes().with(KDTREE, new Value.Bool(true)));
                case INDEX_NOT_SET -> next;
            };
        }
        return next;
    }

    /** Refuses configurations that no graph can have. */
    static void requireSound(List<NonLinearIndex> indexes) {
        for (NonLinearIndex index : indexes) {
            HNSWConfig hnsw = index.getHnsw();
            // The numbers are unsigned on the wire.
            if (hnsw.hasMaximumConnections() && Integer.compareUnsigned(hnsw.getMaximumConnections(), 2) < 0) {
                throw Rejection.invalid(
                        "HNSW maximum_connections must be above 1, not %d".formatted(hnsw.getMaximumConnections()));
            }
        }
    }

    static CollectionSpec withoutHnsw(CollectionSpec spec) {
        return spec.withIndex(IndexSpec.flat(Metric.L2)).withAttributes(without(spec.attributes(), HNSW));
    }

    static CollectionSpec withoutKdTree(CollectionSpec spec) {
        return spec.withAttributes(without(spec.attributes(), KDTREE));
    }

    private static Value.Fields without(Value.Fields fields, String name) {
        Map<String, Value> next = new TreeMap<>(fields.values());
        next.remove(name);
        return new Value.Fields(next);
    }

    private static CollectionSpec withHnsw(CollectionSpec spec, HNSWConfig asked) {
        HNSWConfig config = filledIn(asked);
        IndexSpec index = new IndexSpec(
                IndexSpec.Kind.HNSW,
                metric(config.getDistance()),
                "",
                new TreeMap<>(Map.of(
                        "m", Integer.toUnsignedLong(config.getMaximumConnections()),
                        "m0", Integer.toUnsignedLong(config.getMaximumConnectionsZero()),
                        "ef_construction", Integer.toUnsignedLong(config.getEfConstruction()))));
        Value.Fields kept = Value.Fields.EMPTY
                .with(DISTANCE, new Value.Int(config.getDistanceValue()))
                .with(EF_CONSTRUCTION, new Value.Int(config.getEfConstruction()))
                .with(M, new Value.Int(config.getMaximumConnections()))
                .with(M_ZERO, new Value.Int(config.getMaximumConnectionsZero()))
                .with(EXTEND, new Value.Bool(config.getExtendCandidates()))
                .with(KEEP, new Value.Bool(config.getKeepPrunedConnections()));
        return spec.withIndex(index).withAttributes(spec.attributes().with(HNSW, kept));
    }

    /** Every field given; an unknown distance is the default one. */
    private static HNSWConfig filledIn(HNSWConfig asked) {
        DistanceMetric distance = asked.getDistance();
        return HNSWConfig.newBuilder()
                .setDistance(distance == DistanceMetric.UNRECOGNIZED ? DistanceMetric.Euclidean : distance)
                .setEfConstruction(asked.hasEfConstruction() ? asked.getEfConstruction() : EF_CONSTRUCTION_DEFAULT)
                .setMaximumConnections(asked.hasMaximumConnections() ? asked.getMaximumConnections() : M_DEFAULT)
                .setMaximumConnectionsZero(
                        asked.hasMaximumConnectionsZero() ? asked.getMaximumConnectionsZero() : M_ZERO_DEFAULT)
                .setExtendCandidates(asked.getExtendCandidates())
                .setKeepPrunedConnections(asked.getKeepPrunedConnections())
                .build();
    }

    private static Metric metric(DistanceMetric distance) {
        return switch (distance) {
            case DotProduct -> Metric.INNER_PRODUCT;
            case Cosine -> Metric.COSINE;
            case Euclidean, UNRECOGNIZED -> Metric.L2;
        };
    }

    /** As it was asked for; of a graph that another door made, what its index says. */
    private static HNSWConfig config(CollectionSpec spec) {
        Value.Fields kept =
                spec.attributes().values().get(HNSW) instanceof Value.Fields fields ? fields : Value.Fields.EMPTY;
        int m = (int)
                number(kept, M).orElse(spec.index().parameter("m", M_DEFAULT)).longValue();
        int distance = switch (spec.index().searchMetric()) {
            case INNER_PRODUCT -> DistanceMetric.DotProduct_VALUE;
            case COSINE, NORMALISED_INNER_PRODUCT -> DistanceMetric.Cosine_VALUE;
            case L2, NORMALISED_L2, HAMMING -> DistanceMetric.Euclidean_VALUE;
        };
        return HNSWConfig.newBuilder()
                .setDistanceValue(distance)
                .setEfConstruction((int) number(kept, EF_CONSTRUCTION)
                        .orElse(spec.index().parameter("ef_construction", EF_CONSTRUCTION_DEFAULT))
                        .longValue())
                .setMaximumConnections(m)
                .setMaximumConnectionsZero(
                        (int) number(kept, M_ZERO).orElse(2L * m).longValue())
                .setExtendCandidates(flag(kept, EXTEND))
                .setKeepPrunedConnections(flag(kept, KEEP))
                .build();
    }

    private static Optional<Long> number(Value.Fields fields, String name) {
        return fields.values().get(name) instanceof Value.Int(long value) ? Optional.of(value) : Optional.empty();
    }

    private static boolean flag(Value.Fields fields, String name) {
        return fields.values().get(name) instanceof Value.Bool(boolean value) && value;
    }
}
