package dev.kith.shell.remote;

import dev.kith.wire.ahnlich.db.pipeline.DBServerResponse;
import dev.kith.wire.ahnlich.db.server.GetSimNEntry;
import dev.kith.wire.ahnlich.db.server.ListStoreEntries;
import dev.kith.wire.ahnlich.db.server.StoreInfo;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.shared.cluster.ClusterNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a DB answers. */
final class DbReplies {
    private DbReplies() {}

    static Reply reply(DBServerResponse response) {
        return switch (response.getResponseCase()) {
            case UNIT -> Facts.done("Unit");
            case PONG -> Facts.done("Pong");
            case CLIENT_LIST ->
                Facts.many("ClientList", response.getClientList().getClientsList(), Facts::client);
            case STORE_LIST -> Facts.many("StoreList", response.getStoreList().getStoresList(), DbReplies::store);
            case INFO_SERVER -> Facts.server(response.getInfoServer().getInfo());
            case SET -> Facts.set(response.getSet().getUpsert());
            case GET -> Facts.many("Get", response.getGet().getEntriesList(), DbReplies::entry);
            case GET_SIM_N -> Facts.many("GetSimN", response.getGetSimN().getEntriesList(), DbReplies::found);
            case DEL -> Facts.count("Del", "deleted_count", response.getDel().getDeletedCount());
            case CREATE_INDEX ->
                Facts.count(
                        "CreateIndex",
                        "created_indexes",
                        response.getCreateIndex().getCreatedIndexes());
            case ERROR -> Facts.refusal(response.getError());
            case STORE_INFO -> new Reply.One("StoreInfo", store(response.getStoreInfo()));
            case CLUSTER_INFO ->
                Facts.many("ClusterInfo", response.getClusterInfo().getNodesList(), DbReplies::node);
            case LIST_STORE_ENTRIES -> page(response.getListStoreEntries());
            case RESPONSE_NOT_SET -> Facts.done("an answer of a kind that this shell does not know");
        };
    }

    /** Also the part of an AI store that is in the DB behind it. */
    static Map<String, Cell> store(StoreInfo store) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("name", new Cell.Text(store.getName()));
        facts.put("len", new Cell.Count(store.getLen()));
        facts.put("size_in_bytes", new Cell.Count(store.getSizeInBytes()));
        facts.put("dimension", new Cell.Count(store.getDimension()));
        facts.put("predicate_indices", Facts.texts(store.getPredicateIndicesList()));
        facts.put("non_linear_indices", Facts.indexes(store.getNonLinearIndicesList()));
        return facts;
    }

    private static Reply page(ListStoreEntries page) {
        List<Map<String, Cell>> rows =
                page.getEntriesList().stream().map(DbReplies::entry).toList();
        Map<String, Cell> more =
                page.hasNextCursor() ? Map.of("next_cursor", new Cell.Text(page.getNextCursor())) : Map.of();
        return new Reply.Many("ListStoreEntries", rows, more);
    }

    private static Map<String, Cell> entry(DbStoreEntry entry) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("key", Facts.vector(entry.getKey()));
        facts.put("value", Facts.values(entry.getValue()));
        return facts;
    }

    private static Map<String, Cell> found(GetSimNEntry entry) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("key", Facts.vector(entry.getKey()));
        facts.put("value", Facts.values(entry.getValue()));
        facts.put("similarity", new Cell.Real(entry.getSimilarity().getValue()));
        return facts;
    }

    private static Map<String, Cell> node(ClusterNode node) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("node_id", new Cell.Count(node.getNodeId()));
        facts.put("addr", new Cell.Text(node.getAddr()));
        facts.put("role", new Cell.Text(node.getRole().name()));
        facts.put("health", new Cell.Text(node.getHealth().name()));
        return facts;
    }
}
