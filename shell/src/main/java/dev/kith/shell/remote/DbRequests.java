package dev.kith.shell.remote;

import dev.kith.shell.language.Key;
import dev.kith.shell.language.Statement;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.pipeline.DBRequestPipeline;
import dev.kith.wire.ahnlich.db.query.ClearStore;
import dev.kith.wire.ahnlich.db.query.CreateNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.db.query.CreatePredIndex;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.DelKey;
import dev.kith.wire.ahnlich.db.query.DelPred;
import dev.kith.wire.ahnlich.db.query.DropNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.db.query.DropPredIndex;
import dev.kith.wire.ahnlich.db.query.DropSchema;
import dev.kith.wire.ahnlich.db.query.DropStore;
import dev.kith.wire.ahnlich.db.query.GetKey;
import dev.kith.wire.ahnlich.db.query.GetPred;
import dev.kith.wire.ahnlich.db.query.GetSimN;
import dev.kith.wire.ahnlich.db.query.GetStore;
import dev.kith.wire.ahnlich.db.query.InfoServer;
import dev.kith.wire.ahnlich.db.query.ListClients;
import dev.kith.wire.ahnlich.db.query.ListStoreEntries;
import dev.kith.wire.ahnlich.db.query.ListStores;
import dev.kith.wire.ahnlich.db.query.Ping;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.db.query.Upsert;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.shared.cluster.ClusterInfoQuery;
import java.util.List;

/** Statements as requests to a DB. */
final class DbRequests {
    private DbRequests() {}

    static DBRequestPipeline pipeline(List<Statement> statements) {
        DBRequestPipeline.Builder pipeline = DBRequestPipeline.newBuilder();
        statements.forEach(statement -> pipeline.addQueries(query(statement)));
        return pipeline.build();
    }

    static DBQuery query(Statement statement) {
        DBQuery.Builder query = DBQuery.newBuilder();
        switch (statement) {
            case Statement.Ping() -> query.setPing(Ping.getDefaultInstance());
            case Statement.InfoServer() -> query.setInfoServer(InfoServer.getDefaultInstance());
            case Statement.ListClients() -> query.setListClients(ListClients.getDefaultInstance());
            case Statement.ClusterInfo() -> query.setClusterInfo(ClusterInfoQuery.getDefaultInstance());
            case Statement.PurgeStores() -> throw new IllegalStateException("A DB has no PURGESTORES");
            case Statement.ListStores listing -> {
                ListStores.Builder request = ListStores.newBuilder();
                listing.schema().ifPresent(request::setSchema);
                query.setListStores(request);
            }
            case Statement.GetStore(Statement.Store store) -> {
                GetStore.Builder request = GetStore.newBuilder().setStore(store.name());
                store.schema().ifPresent(request::setSchema);
                query.setGetStore(request);
            }
            case Statement.CreateStore creation ->
                query.setCreateStore(createStore(creation)
                        .setDimension(dimension(creation.content()))
                        .addAllCreatePredicates(creation.indexes().keys()));
            case Statement.DropStore(Statement.Store store, boolean ifExists) -> {
                DropStore.Builder request =
                        DropStore.newBuilder().setStore(store.name()).setErrorIfNotExists(!ifExists);
                store.schema().ifPresent(request::setSchema);
                query.setDropStore(request);
            }
            case Statement.DropSchema(String schema) ->
                query.setDropSchema(DropSchema.newBuilder().setSchema(schema));
            case Statement.ClearStore(Statement.Store store) -> {
                ClearStore.Builder request = ClearStore.newBuilder().setStore(store.name());
                store.schema().ifPresent(request::setSchema);
                query.setClearStore(request);
            }
            case Statement.CreatePredIndex creation -> query.setCreatePredIndex(createPredIndex(creation));
            case Statement.DropPredIndex drop -> query.setDropPredIndex(dropPredIndex(drop));
            case Statement.CreateNonLinearIndex creation ->
                query.setCreateNonLinearAlgorithmIndex(createNonLinearIndex(creation));
            case Statement.DropNonLinearIndex drop -> query.setDropNonLinearAlgorithmIndex(dropNonLinearIndex(drop));
            case Statement.Set set -> query.setSet(set(set));
            case Statement.GetKey(Statement.Store store, List<Key> keys) ->
                query.setGetKey(getKey(store)
                        .addAllKeys(keys.stream().map(Messages::vector).toList()));
            case Statement.DelKey(Statement.Store store, List<Key> keys) ->
                query.setDelKey(delKey(store)
                        .addAllKeys(keys.stream().map(Messages::vector).toList()));
            case Statement.GetPred getPred -> query.setGetPred(getPred(getPred));
            case Statement.DelPred delPred -> query.setDelPred(delPred(delPred));
            case Statement.GetSimN search ->
                query.setGetSimN(search(search).setSearchInput(Messages.vector(search.key())));
            case Statement.Upsert upsert -> {
                Upsert.Builder request = upsert(upsert).setMergeMetadata(upsert.merge());
                upsert.key().ifPresent(key -> request.setNewKey(Messages.vector(key)));
                query.setUpsert(request);
            }
            case Statement.ListStoreEntries listing -> query.setListStoreEntries(listStoreEntries(listing));
        }
        return query.build();
    }

    private static int dimension(Statement.Content content) {
        return switch (content) {
            case Statement.Content.Vectors(int dimension) -> dimension;
            case Statement.Content.Inputs _ -> throw new IllegalStateException("A store of inputs in a DB: " + content);
        };
    }

    /** What both servers are told of a new store; the rest is each one's own. */
    static CreateStore.Builder createStore(Statement.CreateStore creation) {
        CreateStore.Builder request = CreateStore.newBuilder()
                .setStore(creation.store().name())
                .addAllNonLinearIndices(Messages.indexes(creation.indexes().nonLinear()))
                .setErrorIfExists(!creation.ifNotExists());
        creation.store().schema().ifPresent(request::setSchema);
        return request;
    }

    private static CreatePredIndex createPredIndex(Statement.CreatePredIndex creation) {
        CreatePredIndex.Builder request =
                CreatePredIndex.newBuilder().setStore(creation.store().name()).addAllPredicates(creation.keys());
        creation.store().schema().ifPresent(request::setSchema);
        return request.build();
    }

    private static DropPredIndex dropPredIndex(Statement.DropPredIndex drop) {
        DropPredIndex.Builder request = DropPredIndex.newBuilder()
                .setStore(drop.store().name())
                .addAllPredicates(drop.keys())
                .setErrorIfNotExists(!drop.ifExists());
        drop.store().schema().ifPresent(request::setSchema);
        return request.build();
    }

    private static CreateNonLinearAlgorithmIndex createNonLinearIndex(Statement.CreateNonLinearIndex creation) {
        CreateNonLinearAlgorithmIndex.Builder request = CreateNonLinearAlgorithmIndex.newBuilder()
                .setStore(creation.store().name())
                .addAllNonLinearIndices(Messages.indexes(creation.indexes()));
        creation.store().schema().ifPresent(request::setSchema);
        return request.build();
    }

    private static DropNonLinearAlgorithmIndex dropNonLinearIndex(Statement.DropNonLinearIndex drop) {
        DropNonLinearAlgorithmIndex.Builder request = DropNonLinearAlgorithmIndex.newBuilder()
                .setStore(drop.store().name())
                .setErrorIfNotExists(!drop.ifExists());
        drop.kinds().forEach(kind -> request.addNonLinearIndices(Messages.kind(kind)));
        drop.store().schema().ifPresent(request::setSchema);
        return request.build();
    }

    private static Set set(Statement.Set set) {
        Set.Builder request = Set.newBuilder().setStore(set.store().name());
        for (Statement.Entry entry : set.entries()) {
            request.addInputs(DbStoreEntry.newBuilder()
                    .setKey(Messages.vector(entry.key()))
                    .setValue(Messages.values(entry.values())));
        }
        set.store().schema().ifPresent(request::setSchema);
        return request.build();
    }

    /** Without the keys, which each server has of its own kind. */
    static GetKey.Builder getKey(Statement.Store store) {
        GetKey.Builder request = GetKey.newBuilder().setStore(store.name());
        store.schema().ifPresent(request::setSchema);
        return request;
    }

    /** Likewise. */
    static DelKey.Builder delKey(Statement.Store store) {
        DelKey.Builder request = DelKey.newBuilder().setStore(store.name());
        store.schema().ifPresent(request::setSchema);
        return request;
    }

    private static GetPred getPred(Statement.GetPred getPred) {
        GetPred.Builder request = GetPred.newBuilder()
                .setStore(getPred.store().name())
                .setCondition(Messages.condition(getPred.condition()));
        getPred.store().schema().ifPresent(request::setSchema);
        return request.build();
    }

    private static DelPred delPred(Statement.DelPred delPred) {
        DelPred.Builder request = DelPred.newBuilder()
                .setStore(delPred.store().name())
                .setCondition(Messages.condition(delPred.condition()));
        delPred.store().schema().ifPresent(request::setSchema);
        return request.build();
    }

    /** Without what is searched for. */
    static GetSimN.Builder search(Statement.GetSimN search) {
        GetSimN.Builder request = GetSimN.newBuilder()
                .setStore(search.store().name())
                .setClosestN(search.count())
                .setAlgorithm(Messages.algorithm(search.algorithm()));
        search.condition().ifPresent(condition -> request.setCondition(Messages.condition(condition)));
        search.store().schema().ifPresent(request::setSchema);
        return request;
    }

    /** Without the new key. */
    static Upsert.Builder upsert(Statement.Upsert upsert) {
        Upsert.Builder request = Upsert.newBuilder()
                .setStore(upsert.store().name())
                .setCondition(Messages.condition(upsert.condition()));
        upsert.values().ifPresent(values -> request.setNewValue(Messages.values(values)));
        upsert.store().schema().ifPresent(request::setSchema);
        return request;
    }

    private static ListStoreEntries listStoreEntries(Statement.ListStoreEntries listing) {
        ListStoreEntries.Builder request =
                ListStoreEntries.newBuilder().setStore(listing.store().name());
        listing.limit().ifPresent(request::setLimit);
        listing.cursor().ifPresent(request::setCursor);
        listing.condition().ifPresent(condition -> request.setCondition(Messages.condition(condition)));
        listing.store().schema().ifPresent(request::setSchema);
        return request.build();
    }
}
