package dev.kith.doors.ahnlich;

import dev.kith.embed.Embedding;
import dev.kith.embed.ModelInfo;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.ai.query.GetKey;
import dev.kith.wire.ahnlich.ai.query.GetPred;
import dev.kith.wire.ahnlich.ai.query.GetSimN;
import dev.kith.wire.ahnlich.ai.query.ListStoreEntries;
import dev.kith.wire.ahnlich.ai.server.Get;
import dev.kith.wire.ahnlich.ai.server.GetEntry;
import dev.kith.wire.ahnlich.ai.server.GetSimNEntry;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreInput;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import java.util.List;

/**
 * Commands that read entries and search them. In replies an entry's key is the input that it was made of, if it keeps
 * that; its vector is in none. Safe on any thread.
 */
final class AiReading {
    private AiReading() {}

    static Get getKey(GetKey query, AiAsking asking) {
        var request = dev.kith.wire.ahnlich.db.query.GetPred.newBuilder()
                .setStore(query.getStore())
                .setSchema(Asking.namespace(query.hasSchema(), query.getSchema()))
                .setCondition(AiInputs.madeOf(query.getKeysList()));
        return read(request, asking);
    }

    static Get getPred(GetPred query, AiAsking asking) {
        return read(SameFields.carry(query, dev.kith.wire.ahnlich.db.query.GetPred.newBuilder()), asking);
    }

    private static Get read(dev.kith.wire.ahnlich.db.query.GetPred.Builder request, AiAsking asking) {
        Get.Builder reply = Get.newBuilder();
        asking.db(DBQuery.newBuilder().setGetPred(request))
                .getGet()
                .getEntriesList()
                .forEach(entry -> reply.addEntries(entry(entry)));
        return reply.build();
    }

    static dev.kith.wire.ahnlich.ai.server.ListStoreEntries list(ListStoreEntries query, AiAsking asking) {
        var request = SameFields.carry(query, dev.kith.wire.ahnlich.db.query.ListStoreEntries.newBuilder());
        var page = asking.db(DBQuery.newBuilder().setListStoreEntries(request)).getListStoreEntries();
        var reply = dev.kith.wire.ahnlich.ai.server.ListStoreEntries.newBuilder();
        page.getEntriesList().forEach(entry -> reply.addEntries(entry(entry)));
        if (page.hasNextCursor()) {
            reply.setNextCursor(page.getNextCursor());
        }
        return reply.build();
    }

    private static GetEntry entry(DbStoreEntry entry) {
        GetEntry.Builder shown = GetEntry.newBuilder().setValue(AiInputs.withoutOriginal(entry.getValue()));
        AiInputs.original(entry.getValue()).ifPresent(shown::setKey);
        return shown.build();
    }

    /** The entries closest to what the model for queries makes of one input. */
    static dev.kith.wire.ahnlich.ai.server.GetSimN search(GetSimN query, AiAsking asking) {
        String schema = AiAsking.schema(query.hasSchema(), query.getSchema());
        if (!query.hasSearchInput()) {
            throw Rejection.invalid("Search input not specified");
        }
        var request = dev.kith.wire.ahnlich.db.query.GetSimN.newBuilder()
                .setStore(query.getStore())
                .setSchema(schema)
                .setSearchInput(StoreKey.getDefaultInstance())
                .setClosestN(query.getClosestN())
                .setAlgorithmValue(query.getAlgorithmValue());
        if (query.hasCondition()) {
            request.setCondition(query.getCondition());
        }
        if (query.hasEfSearch()) {
            request.setEfSearch(query.getEfSearch());
        }
        Similarity.requireSound(request.build());
        request.setSearchInput(vector(query, asking.require(schema, query.getStore()), asking));
        var reply = dev.kith.wire.ahnlich.ai.server.GetSimN.newBuilder();
        asking.db(DBQuery.newBuilder().setGetSimN(request))
                .getGetSimN()
                .getEntriesList()
                .forEach(entry -> reply.addEntries(found(entry)));
        return reply.build();
    }

    private static StoreKey vector(GetSimN query, AiStore store, AiAsking asking) {
        ModelInfo model = asking.models().require(store.record().queryModel(), asking.asking());
        AiEmbedding embedding = AiEmbedding.of(asking, model, query.getPreprocessAction(), query.getModelParamsMap());
        List<StoreInput> input = List.of(query.getSearchInput());
        embedding.requireKind(input, "query");
        List<Embedding> embedded = embedding.embed(input).getFirst();
        if (embedded.isEmpty()) {
            throw Refusals.outOfRange("Model returned unexpected number of embeddings 0 for input");
        }
        if (embedded.size() > 1) {
            throw Rejection.invalid("Query input produced %d embeddings — query input must produce exactly 1 embedding"
                    .formatted(embedded.size()));
        }
        return AiEmbedding.key(embedded.getFirst());
    }

    private static GetSimNEntry found(dev.kith.wire.ahnlich.db.server.GetSimNEntry entry) {
        GetSimNEntry.Builder shown = GetSimNEntry.newBuilder()
                .setValue(AiInputs.withoutOriginal(entry.getValue()))
                .setSimilarity(entry.getSimilarity());
        AiInputs.original(entry.getValue()).ifPresent(shown::setKey);
        return shown.build();
    }
}
