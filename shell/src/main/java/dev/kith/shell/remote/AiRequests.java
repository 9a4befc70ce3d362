package dev.kith.shell.remote;

import dev.kith.shell.language.Key;
import dev.kith.shell.language.Processing;
import dev.kith.shell.language.Statement;
import dev.kith.wire.ahnlich.ai.execution_provider.ExecutionProvider;
import dev.kith.wire.ahnlich.ai.models.AIModel;
import dev.kith.wire.ahnlich.ai.pipeline.AIQuery;
import dev.kith.wire.ahnlich.ai.pipeline.AIRequestPipeline;
import dev.kith.wire.ahnlich.ai.preprocess.PreprocessAction;
import dev.kith.wire.ahnlich.ai.query.CreateStore;
import dev.kith.wire.ahnlich.ai.query.DelKey;
import dev.kith.wire.ahnlich.ai.query.GetKey;
import dev.kith.wire.ahnlich.ai.query.GetSimN;
import dev.kith.wire.ahnlich.ai.query.PurgeStores;
import dev.kith.wire.ahnlich.ai.query.Set;
import dev.kith.wire.ahnlich.ai.query.Upsert;
import dev.kith.wire.ahnlich.keyval.AiStoreEntry;
import java.util.List;

/** Statements as requests to an AI server. Where those to a DB say the same, they are carried over. */
final class AiRequests {
    private AiRequests() {}

    static AIRequestPipeline pipeline(List<Statement> statements) {
        AIRequestPipeline.Builder pipeline = AIRequestPipeline.newBuilder();
        statements.forEach(statement -> pipeline.addQueries(query(statement)));
        return pipeline.build();
    }

    static AIQuery query(Statement statement) {
        AIQuery.Builder query = AIQuery.newBuilder();
        return switch (statement) {
            case Statement.ClusterInfo() -> throw new IllegalStateException("An AI server has no CLUSTERINFO");
            case Statement.PurgeStores() ->
                query.setPurgeStores(PurgeStores.getDefaultInstance()).build();
            case Statement.CreateStore creation ->
                query.setCreateStore(createStore(creation)).build();
            case Statement.Set set -> query.setSet(set(set)).build();
            case Statement.GetKey(Statement.Store store, List<Key> keys) ->
                query.setGetKey(SameNames.carry(DbRequests.getKey(store).build(), GetKey.newBuilder())
                                .addAllKeys(keys.stream().map(Messages::input).toList()))
                        .build();
            case Statement.DelKey(Statement.Store store, List<Key> keys) ->
                query.setDelKey(SameNames.carry(DbRequests.delKey(store).build(), DelKey.newBuilder())
                                .addAllKeys(keys.stream().map(Messages::input).toList()))
                        .build();
            case Statement.GetSimN search -> query.setGetSimN(search(search)).build();
            case Statement.Upsert upsert -> query.setUpsert(upsert(upsert)).build();
            case Statement.Ping _,
                    Statement.InfoServer _,
                    Statement.ListClients _,
                    Statement.ListStores _,
                    Statement.GetStore _,
                    Statement.DropStore _,
                    Statement.DropSchema _,
                    Statement.ClearStore _,
                    Statement.CreatePredIndex _,
                    Statement.DropPredIndex _,
                    Statement.CreateNonLinearIndex _,
                    Statement.DropNonLinearIndex _,
                    Statement.GetPred _,
                    Statement.DelPred _,
                    Statement.ListStoreEntries _ ->
                SameNames.carry(DbRequests.query(statement), query).build();
        };
    }

    private static CreateStore createStore(Statement.CreateStore creation) {
        return switch (creation.content()) {
            case Statement.Content.Vectors _ ->
                throw new IllegalStateException("A store of vectors on an AI server: " + creation);
            case Statement.Content.Inputs inputs ->
                SameNames.carry(DbRequests.createStore(creation).build(), CreateStore.newBuilder())
                        .setQueryModel(AIModel.valueOf(inputs.query().name()))
                        .setIndexModel(AIModel.valueOf(inputs.index().name()))
                        .addAllPredicates(creation.indexes().keys())
                        .setStoreOriginal(inputs.original())
                        .build();
        };
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

    private static GetSimN search(Statement.GetSimN search) {
        GetSimN.Builder request = SameNames.carry(DbRequests.search(search).build(), GetSimN.newBuilder())
                .setSearchInput(Messages.input(search.key()))
                .setPreprocessAction(action(search.processing()));
        search.processing().provider().ifPresent(provider -> request.setExecutionProvider(provider(provider)));
        return request.build();
    }

    private static Upsert upsert(Statement.Upsert upsert) {
        Upsert.Builder request = SameNames.carry(DbRequests.upsert(upsert).build(), Upsert.newBuilder())
                .setPreprocessAction(action(upsert.processing()));
        upsert.key().ifPresent(key -> request.setNewInput(Messages.input(key)));
        upsert.processing().provider().ifPresent(provider -> request.setExecutionProvider(provider(provider)));
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
