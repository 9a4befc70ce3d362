package dev.kith.shell.remote;

import dev.kith.shell.language.Key;
import dev.kith.shell.language.Model;
import dev.kith.shell.language.Processing;
import dev.kith.shell.language.Statement;
import dev.kith.wire.ahnlich.ai.execution_provider.ExecutionProvider;
import dev.kith.wire.ahnlich.ai.models.AIModel;
import dev.kith.wire.ahnlich.ai.pipeline.AIQuery;
import dev.kith.wire.ahnlich.ai.pipeline.AIRequestPipeline;
import dev.kith.wire.ahnlich.ai.preprocess.PreprocessAction;
import dev.kith.wire.ahnlich.ai.query.ClearStore;
import dev.kith.wire.ahnlich.ai.query.CreateNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.ai.query.CreatePredIndex;
import dev.kith.wire.ahnlich.ai.query.CreateStore;
import dev.kith.wire.ahnlich.ai.query.DelKey;
import dev.kith.wire.ahnlich.ai.query.DelPred;
import dev.kith.wire.ahnlich.ai.query.DropNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.ai.query.DropPredIndex;
import dev.kith.wire.ahnlich.ai.query.DropSchema;
import dev.kith.wire.ahnlich.ai.query.DropStore;
import dev.kith.wire.ahnlich.ai.query.GetKey;
import dev.kith.wire.ahnlich.ai.query.GetPred;
import dev.kith.wire.ahnlich.ai.query.GetSimN;
import dev.kith.wire.ahnlich.ai.query.GetStore;
import dev.kith.wire.ahnlich.ai.query.InfoServer;
import dev.kith.wire.ahnlich.ai.query.ListClients;
import dev.kith.wire.ahnlich.ai.query.ListStoreEntries;
import dev.kith.wire.ahnlich.ai.query.ListStores;
import dev.kith.wire.ahnlich.ai.query.Ping;
import dev.kith.wire.ahnlich.ai.query.PurgeStores;
import dev.kith.wire.ahnlich.ai.query.Set;
import dev.kith.wire.ahnlich.ai.query.Upsert;
import dev.kith.wire.ahnlich.keyval.AiStoreEntry;
import java.util.List;

/** Statements as requests to an AI server. */
final class AiRequests {
    private AiRequests() {}

    static AIRequestPipeline pipeline(List<Statement> statements) {
        AIRequestPipeline.Builder pipeline = AIRequestPipeline.newBuilder();
        statements.forEach(statement -> pipeline.addQueries(query(statement)));
        return pipeline.build();
    }

    static AIQuery query(Statement statement) {
        AIQuery.Builder query = AIQuery.newBuilder();
        switch (statement) {
            case Statement.Ping() -> query.setPing(Ping.getDefaultInstance());
            case Statement.InfoServer() -> query.setInfoServer(InfoServer.getDefaultInstance());
            case Statement.ListClients() -> query.setListClients(ListClients.getDefaultInstance());
            case Statement.ClusterInfo() -> throw new IllegalStateException("An AI server has no CLUSTERINFO");
            case Statement.PurgeStores() -> query.setPurgeStores(PurgeStores.getDefaultInstance());
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
            case Statement.CreateStore creation -> query.setCreateStore(createStore(creation));
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
            case Statement.GetKey getKey -> query.setGetKey(getKey(getKey));
            case Statement.DelKey delKey -> query.setDelKey(delKey(delKey));
            case Statement.GetPred getPred -> query.setGetPred(getPred(getPred));
            case Statement.DelPred delPred -> query.setDelPred(delPred(delPred));
            case Statement.GetSimN search -> query.setGetSimN(getSimN(search));
            case Statement.Upsert upsert -> query.setUpsert(upsert(upsert));
            case Statement.ListStoreEntries listing -> query.setListStoreEntries(listStoreEntries(listing));
        }
        return query.build();
    }

    private static CreateStore createStore(Statement.CreateStore creation) {
        if (!(creation.content() instanceof Statement.Content.Inputs(Model query, Model index, boolean original))) {
            throw new IllegalStateException("A store of vectors on an AI server: " + creation);
        }
        CreateStore.Builder request = CreateStore.newBuilder()
                .setStore(creation.store().name())
                .setQueryModel(AIModel.valueOf(query.name()))
                .setIndexModel(AIModel.valueOf(index.name()))
                .addAllPredicates(creation.indexes().keys())
                .addAllNonLinearIndices(Messages.indexes(creation.indexes().nonLinear()))
                .setErrorIfExists(!creation.ifNotExists())
                .setStoreOriginal(original);
        creation.store().schema().ifPresent(request::setSchema);
        return request.build();
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
        Set.Builder request =
                Set.newBuilder().setStore(set.store().name()).setPreprocessAction(action(set.processing()));
        set.processing().provider().ifPresent(provider -> request.setExecutionProvider(provider(provider)));
        for (Statement.Entry entry : set.entries()) {
            request.addInputs(AiStoreEntry.newBuilder()
                    .setKey(Messages.input(entry.key()))
                    .setValue(Messages.values(entry.values())));
        }
        set.store().schema().ifPresent(request::setSchema);
        return request.build();
    }

    private static GetKey getKey(Statement.GetKey getKey) {
        GetKey.Builder request = GetKey.newBuilder().setStore(getKey.store().name());
        for (Key key : getKey.keys()) {
            request.addKeys(Messages.input(key));
        }
        getKey.store().schema().ifPresent(request::setSchema);
        return request.build();
    }

    private static DelKey delKey(Statement.DelKey delKey) {
        DelKey.Builder request = DelKey.newBuilder().setStore(delKey.store().name());
        for (Key key : delKey.keys()) {
            request.addKeys(Messages.input(key));
        }
        delKey.store().schema().ifPresent(request::setSchema);
        return request.build();
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

    private static GetSimN getSimN(Statement.GetSimN search) {
        GetSimN.Builder request = GetSimN.newBuilder()
                .setStore(search.store().name())
                .setSearchInput(Messages.input(search.key()))
                .setClosestN(search.count())
                .setAlgorithm(Messages.algorithm(search.algorithm()))
                .setPreprocessAction(action(search.processing()));
        search.processing().provider().ifPresent(provider -> request.setExecutionProvider(provider(provider)));
        search.condition().ifPresent(condition -> request.setCondition(Messages.condition(condition)));
        search.store().schema().ifPresent(request::setSchema);
        return request.build();
    }

    private static Upsert upsert(Statement.Upsert upsert) {
        Upsert.Builder request = Upsert.newBuilder()
                .setStore(upsert.store().name())
                .setCondition(Messages.condition(upsert.condition()))
                .setPreprocessAction(action(upsert.processing()));
        upsert.processing().provider().ifPresent(provider -> request.setExecutionProvider(provider(provider)));
        upsert.key().ifPresent(key -> request.setNewInput(Messages.input(key)));
        upsert.values().ifPresent(values -> request.setNewValue(Messages.values(values)));
        upsert.store().schema().ifPresent(request::setSchema);
        return request.build();
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

    private static PreprocessAction action(Processing processing) {
        return switch (processing.action()) {
            case NOPREPROCESSING -> PreprocessAction.NoPreprocessing;
            case MODELPREPROCESSING -> PreprocessAction.ModelPreprocessing;
        };
    }

    private static ExecutionProvider provider(Processing.Provider provider) {
        return switch (provider) {
            case TENSORRT -> ExecutionProvider.TENSOR_RT;
            case CUDA -> ExecutionProvider.CUDA;
            case DIRECTML -> ExecutionProvider.DIRECT_ML;
            case COREML -> ExecutionProvider.CORE_ML;
            case MIGRAPHX -> ExecutionProvider.MIGRAPHX;
        };
    }
}
