package dev.kith.doors.ahnlich;

import dev.kith.embed.Embedding;
import dev.kith.embed.ModelInfo;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.ai.query.DelKey;
import dev.kith.wire.ahnlich.ai.query.Set;
import dev.kith.wire.ahnlich.ai.query.Upsert;
import dev.kith.wire.ahnlich.ai.server.Del;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.query.DelPred;
import dev.kith.wire.ahnlich.keyval.AiStoreEntry;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreInput;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import dev.kith.wire.ahnlich.shared.info.StoreUpsert;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands that change the entries of a store. What can be checked is checked before anything is embedded, and all is
 * embedded before anything changes. Safe on any thread.
 */
final class AiEntryCommands {
    /** Copies of a value that are in memory beside the request: as a payload, and as it is stored. */
    private static final int COPIES = 2;

    private AiEntryCommands() {}

    /** Stores what becomes of the inputs; entries that were made of the same inputs before give way. */
    static dev.kith.wire.ahnlich.ai.server.Set set(Set query, AiAsking asking) {
        AiStore store = asking.require(AiAsking.schema(query.hasSchema(), query.getSchema()), query.getStore());
        ModelInfo model = asking.models().require(store.record().indexModel(), asking.asking());
        AiEmbedding embedding = AiEmbedding.of(asking, model, query.getPreprocessAction(), query.getModelParamsMap());
        List<StoreInput> inputs =
                query.getInputsList().stream().map(AiStoreEntry::getKey).toList();
        AiEmbedding.requireFew(inputs.size());
        embedding.requireKind(inputs, "index");
        for (int number = 0; number < inputs.size(); number++) {
            requireUnreserved(query.getInputs(number).getValue(), store);
            requireKept(inputs.get(number), query.getInputs(number).getValue(), store, number);
        }
        List<DbStoreEntry> entries = new ArrayList<>();
        List<List<Embedding>> embedded = embedding.embed(inputs);
        for (int number = 0; number < inputs.size(); number++) {
            entries.addAll(entries(query.getInputs(number), embedded.get(number), store, model));
        }
        if (entries.size() > Limits.PUT_POINTS_MAX) {
            throw Rejection.invalid("%d vectors are more than one Set stores, all or none; send fewer inputs at once"
                    .formatted(entries.size()));
        }
        asking.call()
                .take(entries.stream()
                        .mapToLong(entry -> COPIES * AiInputs.bytes(entry.getValue()))
                        .sum());
        return dev.kith.wire.ahnlich.ai.server.Set.newBuilder()
                .setUpsert(stored(inputs, entries, store, asking))
                .build();
    }

    private static void requireUnreserved(StoreValue value, AiStore store) {
        if (store.record().storeOriginal() && value.containsValue(AiInputs.ORIGINAL)) {
            throw Rejection.invalid("Reserved key %s used".formatted(AiInputs.ORIGINAL));
        }
    }

    /**
     * Refuses what the database would refuse once it is embedded: an entry whose value, with its original, is larger
     * than is kept.
     */
    private static void requireKept(StoreInput input, StoreValue value, AiStore store, int number) {
        long bytes = AiInputs.bytes(value) + (store.record().storeOriginal() ? AiInputs.bytes(input) : 0);
        if (bytes > Limits.PAYLOAD_BYTES_MAX) {
            throw Rejection.invalid(
                    "The value of an entry has at most %d bytes, the original among them; this has %d (input %d)"
                            .formatted(Limits.PAYLOAD_BYTES_MAX, bytes, number));
        }
    }

    private static List<DbStoreEntry> entries(
            AiStoreEntry given, List<Embedding> embedded, AiStore store, ModelInfo model) {
        List<DbStoreEntry> entries = new ArrayList<>(embedded.size());
        for (int number = 0; number < embedded.size(); number++) {
            Embedding embedding = embedded.get(number);
            StoreValue.Builder value = value(given.getValue(), embedding);
            if (model.several()) {
                value.putValue(AiInputs.NUMBER, text(Integer.toString(number)));
            }
            if (store.record().storeOriginal()) {
                value.putValue(AiInputs.ORIGINAL, AiInputs.original(given.getKey()));
            }
            entries.add(DbStoreEntry.newBuilder()
                    .setKey(AiEmbedding.key(embedding))
                    .setValue(value)
                    .build());
        }
        return entries;
    }

    /** What the client gave, and what the model says. */
    private static StoreValue.Builder value(StoreValue given, Embedding embedding) {
        StoreValue.Builder value = given.toBuilder();
        embedding.notes().forEach((name, note) -> value.putValue(name, text(note)));
        return value;
    }

    private static MetadataValue text(String text) {
        return MetadataValue.newBuilder().setRawString(text).build();
    }

    private static StoreUpsert stored(
            List<StoreInput> inputs, List<DbStoreEntry> entries, AiStore store, AiAsking asking) {
        var set = dev.kith.wire.ahnlich.db.query.Set.newBuilder()
                .setStore(store.name())
                .setSchema(store.schema())
                .addAllInputs(entries)
                .build();
        asking.call().requireWanted();
        return store.record().storeOriginal() && !inputs.isEmpty()
                ? asking.database().replace(set, AiInputs.madeOf(inputs), asking.asking())
                : asking.db(DBQuery.newBuilder().setSet(set)).getSet().getUpsert();
    }

    /** Changes the one entry that a condition accepts; its new value is always laid over the old one. */
    static dev.kith.wire.ahnlich.ai.server.Set upsert(Upsert query, AiAsking asking) {
        String schema = AiAsking.schema(query.hasSchema(), query.getSchema());
        if (!query.hasCondition()) {
            throw Rejection.invalid("Condition is required for UPSERT");
        }
        if (!query.hasNewInput() && !query.hasNewValue()) {
            throw Rejection.invalid("UPSERT requires at least one of new_input or new_value");
        }
        AiStore store = asking.require(schema, query.getStore());
        requireUnreserved(query.getNewValue(), store);
        requireKept(query.getNewInput(), query.getNewValue(), store, 0);
        var change = dev.kith.wire.ahnlich.db.query.Upsert.newBuilder()
                .setStore(store.name())
                .setSchema(schema)
                .setCondition(query.getCondition())
                .setMergeMetadata(true);
        if (query.hasNewInput()) {
            Embedding embedding = only(query, store, asking);
            StoreValue.Builder value = value(query.getNewValue(), embedding);
            if (store.record().storeOriginal()) {
                value.putValue(AiInputs.ORIGINAL, AiInputs.original(query.getNewInput()));
            }
            change.setNewKey(AiEmbedding.key(embedding)).setNewValue(value);
        } else {
            change.setNewValue(query.getNewValue());
        }
        return dev.kith.wire.ahnlich.ai.server.Set.newBuilder()
                .setUpsert(asking.db(DBQuery.newBuilder().setUpsert(change))
                        .getSet()
                        .getUpsert())
                .build();
    }

    private static Embedding only(Upsert query, AiStore store, AiAsking asking) {
        ModelInfo model = asking.models().require(store.record().indexModel(), asking.asking());
        if (model.several()) {
            throw Rejection.invalid("Invalid argument: UPSERT does not support OneToMany models");
        }
        AiEmbedding embedding = AiEmbedding.of(asking, model, query.getPreprocessAction(), query.getModelParamsMap());
        List<StoreInput> input = List.of(query.getNewInput());
        embedding.requireKind(input, "index");
        return embedding.embed(input).getFirst().getFirst();
    }

    /** Removes the entries that were made of these inputs. */
    static Del delKey(DelKey query, AiAsking asking) {
        AiStore store = asking.require(AiAsking.schema(query.hasSchema(), query.getSchema()), query.getStore());
        if (!store.record().storeOriginal()) {
            throw new Rejection(Rejection.Code.CONFLICT, "Cannot call DelKey on store with `store_original` as false");
        }
        PredicateCondition condition = AiInputs.madeOf(query.getKeysList());
        DelPred selection = DelPred.newBuilder()
                .setStore(store.name())
                .setSchema(store.schema())
                .setCondition(condition)
                .build();
        return AiStoreCommands.deleted(
                asking.db(DBQuery.newBuilder().setDelPred(selection)).getDel());
    }
}
