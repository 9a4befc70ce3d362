package dev.kith.shell.remote;

import dev.kith.wire.ahnlich.ai.pipeline.AIServerResponse;
import dev.kith.wire.ahnlich.ai.server.AIStoreInfo;
import dev.kith.wire.ahnlich.ai.server.EmbeddingWithMetadata;
import dev.kith.wire.ahnlich.ai.server.GetEntry;
import dev.kith.wire.ahnlich.ai.server.GetSimNEntry;
import dev.kith.wire.ahnlich.ai.server.ListStoreEntries;
import dev.kith.wire.ahnlich.ai.server.SingleInputToEmbedding;
import dev.kith.wire.ahnlich.db.pipeline.DBServerResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What an AI server answers. Where a DB answers the same, it is carried over. */
final class AiReplies {
    private AiReplies() {}

    static Reply reply(AIServerResponse response) {
        return switch (response.getResponseCase()) {
            case UNIT, PONG, CLIENT_LIST, INFO_SERVER, SET, DEL, CREATE_INDEX, ERROR ->
                DbReplies.reply(
                        SameNames.carry(response, DBServerResponse.newBuilder()).build());
            case STORE_LIST -> Facts.many("StoreList", response.getStoreList().getStoresList(), AiReplies::store);
            case GET -> Facts.many("Get", response.getGet().getEntriesList(), AiReplies::entry);
            case GET_SIM_N -> Facts.many("GetSimN", response.getGetSimN().getEntriesList(), AiReplies::found);
            case STORE_INFO -> new Reply.One("StoreInfo", store(response.getStoreInfo()));
            case STORE_INPUT_TO_EMBEDDINGS_LIST ->
                Facts.many(
                        "StoreInputToEmbeddingsList",
                        response.getStoreInputToEmbeddingsList().getValuesList(),
                        AiReplies::embedded);
            case LIST_STORE_ENTRIES -> page(response.getListStoreEntries());
            case RESPONSE_NOT_SET -> Facts.done("an answer of a kind that this shell does not know");
        };
    }

    private static Map<String, Cell> store(AIStoreInfo store) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("name", new Cell.Text(store.getName()));
        facts.put("query_model", new Cell.Text(store.getQueryModel().name()));
        facts.put("index_model", new Cell.Text(store.getIndexModel().name()));
        facts.put("embedding_size", new Cell.Count(store.getEmbeddingSize()));
        facts.put("dimension", new Cell.Count(store.getDimension()));
        facts.put("predicate_indices", Facts.texts(store.getPredicateIndicesList()));
        facts.put("schema", store.hasSchema() ? new Cell.Text(store.getSchema()) : new Cell.Nothing());
        facts.put(
                "db_info",
                store.hasDbInfo() ? new Cell.Fields(DbReplies.store(store.getDbInfo())) : new Cell.Nothing());
        return facts;
    }

    private static Reply page(ListStoreEntries page) {
        List<Map<String, Cell>> rows =
                page.getEntriesList().stream().map(AiReplies::entry).toList();
        Map<String, Cell> more =
                page.hasNextCursor() ? Map.of("next_cursor", new Cell.Text(page.getNextCursor())) : Map.of();
        return new Reply.Many("ListStoreEntries", rows, more);
    }

    private static Map<String, Cell> entry(GetEntry entry) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("key", Facts.input(entry.getKey()));
        facts.put("value", Facts.values(entry.getValue()));
        return facts;
    }

    private static Map<String, Cell> found(GetSimNEntry entry) {
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("key", Facts.input(entry.getKey()));
        facts.put("value", Facts.values(entry.getValue()));
        facts.put("similarity", new Cell.Real(entry.getSimilarity().getValue()));
        return facts;
    }

    private static Map<String, Cell> embedded(SingleInputToEmbedding embedded) {
        List<EmbeddingWithMetadata> embeddings = embedded.hasSingle()
                ? List.of(embedded.getSingle())
                : embedded.getMultiple().getEmbeddingsList();
        Map<String, Cell> facts = new LinkedHashMap<>();
        facts.put("input", Facts.input(embedded.getInput()));
        facts.put(
                "embeddings",
                new Cell.Items(embeddings.stream()
                        .map(one -> Facts.vector(one.getEmbedding()))
                        .toList()));
        return facts;
    }
}
