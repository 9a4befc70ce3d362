package dev.kith.doors.ahnlich;

import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.pipeline.DBRequestPipeline;
import dev.kith.wire.ahnlich.db.pipeline.DBResponsePipeline;
import dev.kith.wire.ahnlich.db.pipeline.DBServerResponse;

/** Several queries in one call, one after the other. A refused one has its refusal for a reply; the rest still run. */
final class Pipeline {
    private final ServerCommands server;

    Pipeline(ServerCommands server) {
        this.server = server;
    }

    /** An element without a query refuses the whole call, before any query is done. */
    DBResponsePipeline run(DBRequestPipeline pipeline, Asking asking) {
        if (pipeline.getQueriesList().stream()
                .anyMatch(query -> query.getQueryCase() == DBQuery.QueryCase.QUERY_NOT_SET)) {
            throw Rejection.invalid("query is required");
        }
        InPlace.open(asking.call(), pipeline.getQueriesCount());
        InPlace<DBServerResponse> replies = new InPlace<>(
                asking.call(),
                error -> DBServerResponse.newBuilder().setError(error).build());
        DBResponsePipeline.Builder all = DBResponsePipeline.newBuilder();
        for (DBQuery query : pipeline.getQueriesList()) {
            asking.call().requireWanted();
            all.addResponses(replies.reply(() -> one(query, asking)));
        }
        return all.build();
    }

    /** The reply to one query, or its refusal thrown. */
    DBServerResponse one(DBQuery query, Asking asking) {
        DBServerResponse.Builder reply = DBServerResponse.newBuilder();
        answer(query, asking, reply);
        return reply.build();
    }

    private void answer(DBQuery query, Asking asking, DBServerResponse.Builder reply) {
        switch (query.getQueryCase()) {
            case CREATE_STORE -> reply.setUnit(StoreCommands.create(query.getCreateStore(), asking));
            case GET_KEY -> reply.setGet(EntryCommands.getKey(query.getGetKey(), asking));
            case GET_PRED -> reply.setGet(EntryCommands.getPred(query.getGetPred(), asking));
            case GET_SIM_N -> reply.setGetSimN(Similarity.search(query.getGetSimN(), asking));
            case CREATE_PRED_INDEX ->
                reply.setCreateIndex(StoreCommands.createPredicates(query.getCreatePredIndex(), asking));
            case CREATE_NON_LINEAR_ALGORITHM_INDEX ->
                reply.setCreateIndex(StoreCommands.createNonLinear(query.getCreateNonLinearAlgorithmIndex(), asking));
            case DROP_PRED_INDEX -> reply.setDel(StoreCommands.dropPredicates(query.getDropPredIndex(), asking));
            case DROP_NON_LINEAR_ALGORITHM_INDEX ->
                reply.setDel(StoreCommands.dropNonLinear(query.getDropNonLinearAlgorithmIndex(), asking));
            case SET -> reply.setSet(EntryCommands.set(query.getSet(), asking));
            case UPSERT -> reply.setSet(EntryCommands.upsert(query.getUpsert(), asking));
            case DEL_KEY -> reply.setDel(EntryCommands.delKey(query.getDelKey(), asking));
            case DEL_PRED -> reply.setDel(EntryCommands.delPred(query.getDelPred(), asking));
            case CLEAR_STORE -> reply.setDel(EntryCommands.clear(query.getClearStore(), asking));
            case LIST_STORE_ENTRIES ->
                reply.setListStoreEntries(EntryCommands.list(query.getListStoreEntries(), asking));
            case DROP_STORE -> reply.setDel(StoreCommands.drop(query.getDropStore(), asking));
            case DROP_SCHEMA -> reply.setDel(StoreCommands.dropSchema(query.getDropSchema(), asking));
            case GET_STORE -> reply.setStoreInfo(StoreCommands.get(query.getGetStore(), asking));
            case LIST_STORES -> reply.setStoreList(StoreCommands.list(query.getListStores(), asking));
            case LIST_CLIENTS -> reply.setClientList(server.clients(query.getListClients(), asking));
            case INFO_SERVER -> reply.setInfoServer(server.info(query.getInfoServer(), asking));
            case CLUSTER_INFO -> reply.setClusterInfo(server.cluster(query.getClusterInfo(), asking));
            case PING -> reply.setPong(server.ping(query.getPing(), asking));
            case QUERY_NOT_SET -> throw new IllegalStateException("Looked at before");
        }
    }
}
