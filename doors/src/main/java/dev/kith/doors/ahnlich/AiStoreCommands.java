package dev.kith.doors.ahnlich;

import dev.kith.embed.ModelInfo;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.ai.query.ClearStore;
import dev.kith.wire.ahnlich.ai.query.CreateNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.ai.query.CreatePredIndex;
import dev.kith.wire.ahnlich.ai.query.CreateStore;
import dev.kith.wire.ahnlich.ai.query.DelPred;
import dev.kith.wire.ahnlich.ai.query.DropNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.ai.query.DropPredIndex;
import dev.kith.wire.ahnlich.ai.query.DropSchema;
import dev.kith.wire.ahnlich.ai.query.DropStore;
import dev.kith.wire.ahnlich.ai.query.GetStore;
import dev.kith.wire.ahnlich.ai.query.ListStores;
import dev.kith.wire.ahnlich.ai.query.PurgeStores;
import dev.kith.wire.ahnlich.ai.server.AIStoreInfo;
import dev.kith.wire.ahnlich.ai.server.CreateIndex;
import dev.kith.wire.ahnlich.ai.server.Del;
import dev.kith.wire.ahnlich.ai.server.StoreList;
import dev.kith.wire.ahnlich.ai.server.Unit;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.server.StoreInfo;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Commands on whole stores of the proxy, their schemas and their indexes. Safe on any thread. */
final class AiStoreCommands {
    /** Indexes that the proxy makes for itself. */
    private static final Set<String> RESERVED = Set.of(AiInputs.ORIGINAL, AiInputs.NUMBER);

    private AiStoreCommands() {}

    /** Nothing is made before the models are known to be there and to fit. */
    static Unit create(CreateStore query, AiAsking asking) {
        String schema = Asking.namespace(query.hasSchema(), query.getSchema());
        if (query.getErrorIfExists() && asking.find(schema, query.getStore()).isPresent()) {
            throw Refusals.storeExists(query.getStore());
        }
        ModelInfo index = asking.models().require(query.getIndexModel(), asking.asking());
        ModelInfo search = asking.models().require(query.getQueryModel(), asking.asking());
        if (index.dimension() != search.dimension()) {
            throw Rejection.invalid("Dimensions Mismatch between index [%d], and Query [%d] Models."
                    .formatted(index.dimension(), search.dimension()));
        }
        var store = dev.kith.wire.ahnlich.db.query.CreateStore.newBuilder()
                .setStore(query.getStore())
                .setSchema(schema)
                .setDimension(index.dimension())
                .addAllCreatePredicates(query.getPredicatesList())
                .addAllNonLinearIndices(query.getNonLinearIndicesList())
                .setErrorIfExists(query.getErrorIfExists());
        if (query.getStoreOriginal()) {
            store.addCreatePredicates(AiInputs.ORIGINAL);
        }
        if (index.several()) {
            store.addCreatePredicates(AiInputs.NUMBER);
        }
        var record = new AiRecord(query.getQueryModel(), query.getIndexModel(), query.getStoreOriginal());
        asking.database().create(store.build(), record, asking.asking());
        return Unit.getDefaultInstance();
    }

    static Del drop(DropStore query, AiAsking asking) {
        String schema = AiAsking.schema(query.hasSchema(), query.getSchema());
        Optional<AiStore> store = asking.find(schema, query.getStore());
        boolean dropped = store.isPresent() && isDropped(store.get(), asking);
        if (!dropped && query.getErrorIfNotExists()) {
            throw Refusals.noStore(query.getStore());
        }
        return deleted(dropped ? 1 : 0);
    }

    /** False where another call was faster. */
    private static boolean isDropped(AiStore store, AiAsking asking) {
        try {
            asking.database().drop(store, asking.asking());
            return true;
        } catch (Rejection refused) {
            if (refused.code() != Rejection.Code.NOT_FOUND) {
                throw refused;
            }
            return false;
        }
    }

    /**
     * The stores that the database has there without the proxy go too; those of the proxy are counted. The database is
     * asked first, since it may refuse; after that only records can be left.
     */
    static Del dropSchema(DropSchema query, AiAsking asking) {
        String schema = Asking.namespace(true, query.getSchema());
        StoreCommands.requireDroppable(schema);
        List<AiStore> stores = asking.stores(schema);
        asking.db(DBQuery.newBuilder()
                .setDropSchema(SameFields.carry(query, dev.kith.wire.ahnlich.db.query.DropSchema.newBuilder())));
        stores.forEach(store -> isDropped(store, asking));
        return deleted(stores.size());
    }

    /** Every store that the proxy knows, of all schemas. */
    static Del purge(PurgeStores query, AiAsking asking) {
        return deleted(asking.stores().stream()
                .filter(store -> isDropped(store, asking))
                .count());
    }

    static AIStoreInfo get(GetStore query, AiAsking asking) {
        AiStore store = asking.require(AiAsking.schema(query.hasSchema(), query.getSchema()), query.getStore());
        var request = dev.kith.wire.ahnlich.db.query.GetStore.newBuilder()
                .setStore(store.name())
                .setSchema(store.schema());
        return info(
                store,
                Optional.of(asking.db(DBQuery.newBuilder().setGetStore(request)).getStoreInfo()));
    }

    /** What the database says of its part is left out where it cannot be asked. */
    static StoreList list(ListStores query, AiAsking asking) {
        String schema = query.getSchema().isEmpty() ? Asking.PUBLIC : query.getSchema();
        Map<String, StoreInfo> known = known(schema, asking);
        return StoreList.newBuilder()
                .addAllStores(asking.stores(schema).stream()
                        .map(store -> info(store, Optional.ofNullable(known.get(store.name()))))
                        .toList())
                .build();
    }

    private static Map<String, StoreInfo> known(String schema, AiAsking asking) {
        var request = dev.kith.wire.ahnlich.db.query.ListStores.newBuilder().setSchema(schema);
        try {
            return asking.db(DBQuery.newBuilder().setListStores(request)).getStoreList().getStoresList().stream()
                    .collect(Collectors.toMap(StoreInfo::getName, Function.identity()));
        } catch (StatusRuntimeException | Rejection unreachable) {
            asking.call().requireWanted();
            return Map.of();
        }
    }

    private static AIStoreInfo info(AiStore store, Optional<StoreInfo> known) {
        AIStoreInfo.Builder info = AIStoreInfo.newBuilder()
                .setName(store.name())
                .setSchema(store.schema())
                .setQueryModel(store.record().queryModel())
                .setIndexModel(store.record().indexModel())
                .setEmbeddingSize(store.dimension())
                .setDimension(store.dimension());
        known.ifPresent(info::setDbInfo);
        known.stream()
                .flatMap(there -> there.getPredicateIndicesList().stream())
                .filter(name -> !RESERVED.contains(name))
                .forEach(info::addPredicateIndices);
        return info.build();
    }

    static CreateIndex createPredicates(CreatePredIndex query, AiAsking asking) {
        var request = SameFields.carry(query, dev.kith.wire.ahnlich.db.query.CreatePredIndex.newBuilder());
        return created(asking.db(DBQuery.newBuilder().setCreatePredIndex(request))
                .getCreateIndex()
                .getCreatedIndexes());
    }

    static CreateIndex createNonLinear(CreateNonLinearAlgorithmIndex query, AiAsking asking) {
        var request =
                SameFields.carry(query, dev.kith.wire.ahnlich.db.query.CreateNonLinearAlgorithmIndex.newBuilder());
        return created(asking.db(DBQuery.newBuilder().setCreateNonLinearAlgorithmIndex(request))
                .getCreateIndex()
                .getCreatedIndexes());
    }

    private static CreateIndex created(long count) {
        return CreateIndex.newBuilder().setCreatedIndexes(count).build();
    }

    /** The index by which the proxy finds originals stays, whoever asks. */
    static Del dropPredicates(DropPredIndex query, AiAsking asking) {
        List<String> names = query.getPredicatesList().stream()
                .filter(name -> !name.equals(AiInputs.ORIGINAL))
                .toList();
        var request = SameFields.carry(query, dev.kith.wire.ahnlich.db.query.DropPredIndex.newBuilder())
                .clearPredicates()
                .addAllPredicates(names);
        return deleted(asking.db(DBQuery.newBuilder().setDropPredIndex(request)).getDel());
    }

    static Del dropNonLinear(DropNonLinearAlgorithmIndex query, AiAsking asking) {
        var request = SameFields.carry(query, dev.kith.wire.ahnlich.db.query.DropNonLinearAlgorithmIndex.newBuilder());
        return deleted(asking.db(DBQuery.newBuilder().setDropNonLinearAlgorithmIndex(request))
                .getDel());
    }

    static Del delPred(DelPred query, AiAsking asking) {
        var request = SameFields.carry(query, dev.kith.wire.ahnlich.db.query.DelPred.newBuilder());
        return deleted(asking.db(DBQuery.newBuilder().setDelPred(request)).getDel());
    }

    static Del clear(ClearStore query, AiAsking asking) {
        var request = SameFields.carry(query, dev.kith.wire.ahnlich.db.query.ClearStore.newBuilder());
        return deleted(asking.db(DBQuery.newBuilder().setClearStore(request)).getDel());
    }

    static Del deleted(dev.kith.wire.ahnlich.db.server.Del there) {
        return deleted(there.getDeletedCount());
    }

    private static Del deleted(long count) {
        return Del.newBuilder().setDeletedCount(count).build();
    }
}
