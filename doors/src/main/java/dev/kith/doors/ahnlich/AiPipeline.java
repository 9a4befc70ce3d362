package dev.kith.doors.ahnlich;

import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.ai.pipeline.AIQuery;
import dev.kith.wire.ahnlich.ai.pipeline.AIRequestPipeline;
import dev.kith.wire.ahnlich.ai.pipeline.AIResponsePipeline;
import dev.kith.wire.ahnlich.ai.pipeline.AIServerResponse;

/** Several queries to the proxy in one call, as {@link Pipeline} has them for the database. */
record AiPipeline(AiServerCommands server) {
    /** An element without a query refuses the whole call, before any query is done. */
    AIResponsePipeline run(AIRequestPipeline pipeline, AiAsking asking) {
        if (pipeline.getQueriesList().stream()
                .anyMatch(query -> query.getQueryCase() == AIQuery.QueryCase.QUERY_NOT_SET)) {
            throw Rejection.invalid("query is required");
        }
        InPlace.open(asking.call(), pipeline.getQueriesCount());
        InPlace<AIServerResponse> replies = new InPlace<>(
                asking.call(),
                error -> AIServerResponse.newBuilder().setError(error).build());
        AIResponsePipeline.Builder all = AIResponsePipeline.newBuilder();
        for (AIQuery query : pipeline.getQueriesList()) {
            asking.call().requireWanted();
            all.addResponses(replies.reply(() -> one(query, asking)));
        }
        return all.build();
    }

    private AIServerResponse one(AIQuery query, AiAsking asking) {
        AIServerResponse.Builder reply = AIServerResponse.newBuilder();
        answer(query, asking, reply);
        return reply.build();
    }

    private void answer(AIQuery query, AiAsking asking, AIServerResponse.Builder reply) {
        switch (query.getQueryCase()) {
            case CREATE_STORE -> reply.setUnit(AiStoreCommands.create(query.getCreateStore(), asking));
            case GET_KEY -> reply.setGet(AiReading.getKey(query.getGetKey(), asking));
            case GET_PRED -> reply.setGet(AiReading.getPred(query.getGetPred(), asking));
            case GET_SIM_N -> reply.setGetSimN(AiReading.search(query.getGetSimN(), asking));
            case CREATE_PRED_INDEX ->
                reply.setCreateIndex(AiStoreCommands.createPredicates(query.getCreatePredIndex(), asking));
            case CREATE_NON_LINEAR_ALGORITHM_INDEX ->
                reply.setCreateIndex(AiStoreCommands.createNonLinear(query.getCreateNonLinearAlgorithmIndex(), asking));
            case DROP_PRED_INDEX -> reply.setDel(AiStoreCommands.dropPredicates(query.getDropPredIndex(), asking));
            case DROP_NON_LINEAR_ALGORITHM_INDEX ->
                reply.setDel(AiStoreCommands.dropNonLinear(query.getDropNonLinearAlgorithmIndex(), asking));
            case SET -> reply.setSet(AiEntryCommands.set(query.getSet(), asking));
            case UPSERT -> reply.setSet(AiEntryCommands.upsert(query.getUpsert(), asking));
            case DEL_KEY -> reply.setDel(AiEntryCommands.delKey(query.getDelKey(), asking));
            case DEL_PRED -> reply.setDel(AiStoreCommands.delPred(query.getDelPred(), asking));
            case CLEAR_STORE -> reply.setDel(AiStoreCommands.clear(query.getClearStore(), asking));
            case LIST_STORE_ENTRIES -> reply.setListStoreEntries(AiReading.list(query.getListStoreEntries(), asking));
            case DROP_STORE -> reply.setDel(AiStoreCommands.drop(query.getDropStore(), asking));
            case DROP_SCHEMA -> reply.setDel(AiStoreCommands.dropSchema(query.getDropSchema(), asking));
            case PURGE_STORES -> reply.setDel(AiStoreCommands.purge(query.getPurgeStores(), asking));
            case GET_STORE -> reply.setStoreInfo(AiStoreCommands.get(query.getGetStore(), asking));
            case LIST_STORES -> reply.setStoreList(AiStoreCommands.list(query.getListStores(), asking));
            case CONVERT_STORE_INPUT_TO_EMBEDDINGS ->
                reply.setStoreInputToEmbeddingsList(
                        AiConversion.convert(query.getConvertStoreInputToEmbeddings(), asking));
            case LIST_CLIENTS -> reply.setClientList(AiServerCommands.clients(query.getListClients(), asking));
            case INFO_SERVER -> reply.setInfoServer(server.info(query.getInfoServer(), asking));
            case PING -> reply.setPong(AiServerCommands.ping(query.getPing(), asking));
            case QUERY_NOT_SET -> throw new IllegalStateException("Looked at before");
        }
    }
}
