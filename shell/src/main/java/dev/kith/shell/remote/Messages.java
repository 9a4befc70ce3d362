package dev.kith.shell.remote;

import com.google.protobuf.ByteString;
import dev.kith.shell.language.Condition;
import dev.kith.shell.language.Index;
import dev.kith.shell.language.Key;
import dev.kith.shell.language.Statement;
import dev.kith.shell.language.Value;
import dev.kith.wire.ahnlich.algorithm.algorithms.Algorithm;
import dev.kith.wire.ahnlich.algorithm.algorithms.DistanceMetric;
import dev.kith.wire.ahnlich.algorithm.nonlinear.HNSWConfig;
import dev.kith.wire.ahnlich.algorithm.nonlinear.KDTreeConfig;
import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearAlgorithm;
import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearIndex;
import dev.kith.wire.ahnlich.keyval.StoreInput;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import dev.kith.wire.ahnlich.predicates.AndCondition;
import dev.kith.wire.ahnlich.predicates.Equals;
import dev.kith.wire.ahnlich.predicates.In;
import dev.kith.wire.ahnlich.predicates.NotEquals;
import dev.kith.wire.ahnlich.predicates.NotIn;
import dev.kith.wire.ahnlich.predicates.OrCondition;
import dev.kith.wire.ahnlich.predicates.Predicate;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import java.util.List;
import java.util.Map;

/** The messages that requests to both servers are made of. */
final class Messages {
    private Messages() {}

    /** The key of an entry in a DB. */
    static StoreKey vector(Key key) {
        return switch (key) {
            case Key.Vector(float[] components) -> {
                StoreKey.Builder vector = StoreKey.newBuilder();
                for (float component : components) {
                    vector.addKey(component);
                }
                yield vector.build();
            }
            case Key.Input input -> throw new IllegalStateException("An input as the key of a DB: " + input);
        };
    }

    /** The key of an entry in an AI store. */
    static StoreInput input(Key key) {
        StoreInput.Builder input = StoreInput.newBuilder();
        switch (key) {
            case Key.Vector _ -> throw new IllegalStateException("A vector as the key of an AI store");
            case Key.Input(Value.Text(String text)) -> input.setRawString(text);
            case Key.Input(Value.Image(byte[] bytes)) -> input.setImage(ByteString.copyFrom(bytes));
            case Key.Input(Value.Audio(byte[] bytes)) -> input.setAudio(ByteString.copyFrom(bytes));
        }
        return input.build();
    }

    static StoreValue values(Map<String, Value> values) {
        StoreValue.Builder map = StoreValue.newBuilder();
        values.forEach((key, value) -> map.putValue(key, value(value)));
        return map.build();
    }

    static List<NonLinearIndex> indexes(List<Index> indexes) {
        return indexes.stream().map(Messages::index).toList();
    }

    static NonLinearAlgorithm kind(Index.Kind kind) {
        return switch (kind) {
            case KDTREE -> NonLinearAlgorithm.KDTree;
            case HNSW -> NonLinearAlgorithm.HNSW;
        };
    }

    static Algorithm algorithm(Statement.Algorithm algorithm) {
        return switch (algorithm) {
            case EUCLIDEANDISTANCE -> Algorithm.EuclideanDistance;
            case DOTPRODUCTSIMILARITY -> Algorithm.DotProductSimilarity;
            case COSINESIMILARITY -> Algorithm.CosineSimilarity;
            case KDTREE -> Algorithm.KDTree;
            case HNSW -> Algorithm.HNSW;
        };
    }

    static PredicateCondition condition(Condition condition) {
        PredicateCondition.Builder message = PredicateCondition.newBuilder();
        switch (condition) {
            case Condition.Comparison comparison -> message.setValue(comparison(comparison));
            case Condition.And(Condition left, Condition right) ->
                message.setAnd(
                        AndCondition.newBuilder().setLeft(condition(left)).setRight(condition(right)));
            case Condition.Or(Condition left, Condition right) ->
                message.setOr(OrCondition.newBuilder().setLeft(condition(left)).setRight(condition(right)));
        }
        return message.build();
    }

    private static Predicate comparison(Condition.Comparison comparison) {
        String key = comparison.key();
        List<MetadataValue> values =
                comparison.values().stream().map(Messages::value).toList();
        Predicate.Builder predicate = Predicate.newBuilder();
        switch (comparison.operator()) {
            case EQUALS -> predicate.setEquals(Equals.newBuilder().setKey(key).setValue(values.getFirst()));
            case NOT_EQUALS ->
                predicate.setNotEquals(NotEquals.newBuilder().setKey(key).setValue(values.getFirst()));
            case IN -> predicate.setIn(In.newBuilder().setKey(key).addAllValues(values));
            case NOT_IN -> predicate.setNotIn(NotIn.newBuilder().setKey(key).addAllValues(values));
        }
        return predicate.build();
    }

    private static MetadataValue value(Value value) {
        MetadataValue.Builder message = MetadataValue.newBuilder();
        switch (value) {
            case Value.Text(String text) -> message.setRawString(text);
            case Value.Image(byte[] bytes) -> message.setImage(ByteString.copyFrom(bytes));
            case Value.Audio(byte[] bytes) -> message.setAudio(ByteString.copyFrom(bytes));
        }
        return message.build();
    }

    private static NonLinearIndex index(Index index) {
        return switch (index) {
            case Index.KdTree() ->
                NonLinearIndex.newBuilder()
                        .setKdtree(KDTreeConfig.getDefaultInstance())
                        .build();
            case Index.Hnsw hnsw -> {
                HNSWConfig.Builder settings = HNSWConfig.newBuilder();
                hnsw.distance().ifPresent(distance -> settings.setDistance(metric(distance)));
                hnsw.efConstruction().ifPresent(settings::setEfConstruction);
                hnsw.maximumConnections().ifPresent(settings::setMaximumConnections);
                hnsw.maximumConnectionsZero().ifPresent(settings::setMaximumConnectionsZero);
                hnsw.extendCandidates().ifPresent(settings::setExtendCandidates);
                hnsw.keepPrunedConnections().ifPresent(settings::setKeepPrunedConnections);
                yield NonLinearIndex.newBuilder().setHnsw(settings).build();
            }
        };
    }

    private static DistanceMetric metric(Index.Distance distance) {
        return switch (distance) {
            case EUCLIDEAN -> DistanceMetric.Euclidean;
            case DOTPRODUCT -> DistanceMetric.DotProduct;
            case COSINE -> DistanceMetric.Cosine;
        };
    }
}
