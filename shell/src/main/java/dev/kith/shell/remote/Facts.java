package dev.kith.shell.remote;

import dev.kith.wire.ahnlich.algorithm.nonlinear.HNSWConfig;
import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearIndex;
import dev.kith.wire.ahnlich.client.ConnectedClient;
import dev.kith.wire.ahnlich.keyval.StoreInput;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import dev.kith.wire.ahnlich.shared.info.ErrorResponse;
import dev.kith.wire.ahnlich.shared.info.ServerInfo;
import dev.kith.wire.ahnlich.shared.info.StoreUpsert;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Messages that replies of both servers are made of, as facts for people and programs. */
final class Facts {
    private Facts() {}

    static Reply done(String name) {
        return new Reply.One(name, Map.of());
    }

    static Reply count(String name, String fact, long value) {
        return new Reply.One(name, Map.of(fact, new Cell.Count(value)));
    }

    static <T> Reply many(String name, List<T> all, Function<T, Map<String, Cell>> row) {
        return new Reply.Many(name, all.stream().map(row).toList(), Map.of());
    }

    static Reply refusal(ErrorResponse error) {
        return new Reply.Refusal(error.getCode(), error.getMessage());
    }

    static Reply set(StoreUpsert counts) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("inserted", new Cell.Count(counts.getInserted()));
        facts.put("updated", new Cell.Count(counts.getUpdated()));
        return new Reply.One("Set", facts);
    }

    static Reply server(ServerInfo info) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("address", new Cell.Text(info.getAddress()));
        facts.put("version", new Cell.Text(info.getVersion()));
        facts.put("type", new Cell.Text(info.getType().name()));
        facts.put("limit", new Cell.Count(info.getLimit()));
        facts.put("remaining", new Cell.Count(info.getRemaining()));
        return new Reply.One("InfoServer", facts);
    }

    static Map<String, Cell> client(ConnectedClient client) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("address", new Cell.Text(client.getAddress()));
        facts.put("time_connected", new Cell.Text(client.getTimeConnected()));
        return facts;
    }

    static Cell vector(StoreKey key) {
        float[] components = new float[key.getKeyCount()];
        for (int at = 0; at < components.length; at++) {
            components[at] = key.getKey(at);
        }
        return new Cell.Vector(components);
    }

    static Cell input(StoreInput input) {
        return switch (input.getValueCase()) {
            case RAW_STRING -> new Cell.Text(input.getRawString());
            case IMAGE -> new Cell.Bytes("image", input.getImage().toByteArray());
            case AUDIO -> new Cell.Bytes("audio", input.getAudio().toByteArray());
            case VALUE_NOT_SET -> new Cell.Nothing();
        };
    }

    /** Sorted by key, as the wire has no order. */
    static Cell values(StoreValue values) {
        Map<String, Cell> fields = new TreeMap<>();
        values.getValueMap().forEach((key, value) -> fields.put(key, value(value)));
        return new Cell.Fields(fields);
    }

    static Cell texts(List<String> texts) {
        return new Cell.Items(texts.stream().<Cell>map(Cell.Text::new).toList());
    }

    static Cell indexes(List<NonLinearIndex> indexes) {
        List<Cell> items = new ArrayList<>();
        indexes.forEach(index -> items.add(new Cell.Fields(index(index))));
        return new Cell.Items(items);
    }

    private static Map<String, Cell> index(NonLinearIndex index) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("index", new Cell.Text(index.getIndexCase().name().toLowerCase(Locale.ROOT)));
        if (index.hasHnsw()) {
            HNSWConfig hnsw = index.getHnsw();
            facts.put("distance", new Cell.Text(hnsw.getDistance().name()));
            facts.put("ef_construction", new Cell.Count(hnsw.getEfConstruction()));
            facts.put("maximum_connections", new Cell.Count(hnsw.getMaximumConnections()));
            facts.put("maximum_connections_zero", new Cell.Count(hnsw.getMaximumConnectionsZero()));
            facts.put("extend_candidates", new Cell.Switch(hnsw.getExtendCandidates()));
            facts.put("keep_pruned_connections", new Cell.Switch(hnsw.getKeepPrunedConnections()));
        }
        return facts;
    }

    private static Cell value(MetadataValue value) {
        return switch (value.getValueCase()) {
            case RAW_STRING -> new Cell.Text(value.getRawString());
            case IMAGE -> new Cell.Bytes("image", value.getImage().toByteArray());
            case AUDIO -> new Cell.Bytes("audio", value.getAudio().toByteArray());
            case VALUE_NOT_SET -> new Cell.Nothing();
        };
    }
}
