package dev.kith.shell.snapshot;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.kith.wire.ahnlich.algorithm.algorithms.DistanceMetric;
import dev.kith.wire.ahnlich.algorithm.nonlinear.HNSWConfig;
import dev.kith.wire.ahnlich.algorithm.nonlinear.KDTreeConfig;
import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearIndex;
import java.io.IOException;

/** Reads which indexes a store has and their settings; graphs and trees are passed over. */
final class IndexReader {
    private final JsonParser json;
    private final Visitor visitor;

    IndexReader(JsonParser json, Visitor visitor) {
        this.json = json;
        this.visitor = visitor;
    }

    void read() throws IOException {
        SnapshotReader.expect(json, JsonToken.START_OBJECT, "indexes");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean byAlgorithm = json.currentName().equals("algorithm_to_index");
            json.nextToken();
            if (byAlgorithm) {
                indexes();
            } else {
                json.skipChildren();
            }
        }
    }

    private void indexes() throws IOException {
        SnapshotReader.expect(json, JsonToken.START_OBJECT, "indexes by their algorithms");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String algorithm = json.currentName();
            json.nextToken();
            switch (algorithm) {
                case "Hnsw" -> hnsw();
                case "KdTree" -> {
                    json.skipChildren();
                    visitor.index(NonLinearIndex.newBuilder()
                            .setKdtree(KDTreeConfig.getDefaultInstance())
                            .build());
                }
                default -> {
                    json.skipChildren();
                    visitor.loss("an index of the unknown kind " + algorithm);
                }
            }
        }
    }

    /** The settings stand in an object named for the algorithm once more. */
    private void hnsw() throws IOException {
        SnapshotReader.expect(json, JsonToken.START_OBJECT, "an index");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            json.nextToken();
            SnapshotReader.expect(json, JsonToken.START_OBJECT, "the settings of an index");
            HNSWConfig.Builder settings = HNSWConfig.newBuilder();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                json.nextToken();
                setting(settings, name);
            }
            visitor.index(NonLinearIndex.newBuilder().setHnsw(settings).build());
        }
    }

    private void setting(HNSWConfig.Builder settings, String name) throws IOException {
        switch (name) {
            case "distance_algorithm" -> distance(settings);
            case "ef_construction" -> settings.setEfConstruction(json.getIntValue());
            case "maximum_connections" -> settings.setMaximumConnections(json.getIntValue());
            case "maximum_connections_zero" -> settings.setMaximumConnectionsZero(json.getIntValue());
            case "extend_candidates" -> settings.setExtendCandidates(json.getBooleanValue());
            case "keep_pruned_connections" -> settings.setKeepPrunedConnections(json.getBooleanValue());
            default -> json.skipChildren();
        }
    }

    private void distance(HNSWConfig.Builder settings) throws IOException {
        switch (json.getText()) {
            case "EuclideanDistance" -> settings.setDistance(DistanceMetric.Euclidean);
            case "DotProductSimilarity" -> settings.setDistance(DistanceMetric.DotProduct);
            case "CosineSimilarity" -> settings.setDistance(DistanceMetric.Cosine);
            default ->
                visitor.loss("the distance %s of an hnsw index; it is built with the Euclidean one"
                        .formatted(json.getText()));
        }
    }
}
