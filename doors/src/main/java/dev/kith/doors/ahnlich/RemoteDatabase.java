package dev.kith.doors.ahnlich;

import dev.kith.doors.grpc.GrpcClient;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.pipeline.DBRequestPipeline;
import dev.kith.wire.ahnlich.db.pipeline.DBServerResponse;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.DelKey;
import dev.kith.wire.ahnlich.db.query.DropStore;
import dev.kith.wire.ahnlich.db.query.GetPred;
import dev.kith.wire.ahnlich.db.query.GetStore;
import dev.kith.wire.ahnlich.db.query.InfoServer;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import dev.kith.wire.ahnlich.server_types.ServerType;
import dev.kith.wire.ahnlich.shared.info.ErrorResponse;
import dev.kith.wire.ahnlich.shared.info.StoreUpsert;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.stream.Collectors;

/**
 * A database that another process serves, of ours or of the original's. A client's deadline and its cancellation go on
 * to that one. A store is made there first and recorded here then, and dropped in the same order: a proxy that ends in
 * between leaves what the same command, given again, puts right.
 */
record RemoteDatabase(GrpcClient client, Turns turns) implements Database {
    /** Longest that a call may take: the building of a large index does. */
    private static final Duration CALL_MAX = Duration.ofHours(1);
    /** Longest that the first answer may take. */
    private static final Duration GREETING_MAX = Duration.ofSeconds(10);
    /** Bytes of entries that are sent at once: below the default limit of a request, with room for what is around. */
    private static final int SET_BYTES = 8 << 20;

    @Override
    public DBServerResponse ask(DBQuery query, Asking asking) {
        return query.hasSet() && query.getSerializedSize() > SET_BYTES
                ? DBServerResponse.newBuilder()
                        .setSet(inParts(query.getSet(), asking))
                        .build()
                : whole(query, asking);
    }

    /** Why it cannot be used: it does not answer, or is no database. */
    Optional<String> fault() {
        try {
            ServerType type = DBServiceGrpc.newBlockingStub(client.channel())
                    .withDeadlineAfter(GREETING_MAX)
                    .withWaitForReady()
                    .infoServer(InfoServer.getDefaultInstance())
                    .getInfo()
                    .getType();
            return type == ServerType.Database
                    ? Optional.empty()
                    : Optional.of("%s is no Ahnlich DB but of type %s".formatted(client.target(), type));
        } catch (StatusRuntimeException failed) {
            Status status = failed.getStatus();
            return Optional.of("The Ahnlich DB at %s does not answer: %s%s"
                    .formatted(
                            client.target(),
                            status.getCode(),
                            Optional.ofNullable(status.getDescription())
                                    .flatMap(text -> text.lines().findFirst())
                                    .map(text -> ", " + text)
                                    .orElse("")));
        }
    }

    private DBServerResponse whole(DBQuery query, Asking asking) {
        asking.call().requireWanted();
        // Of a write, the reply is small: it must not be refused for want of room when the write is done.
        asking.call().take(InPlace.QUERY_BYTES);
        DBServerResponse reply = DBServiceGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(CALL_MAX)
                .pipeline(DBRequestPipeline.newBuilder().addQueries(query).build())
                .getResponses(0);
        asking.call().take(reply.getSerializedSize() - InPlace.QUERY_BYTES);
        if (reply.hasError()) {
            ErrorResponse error = reply.getError();
            throw Status.fromCodeValue(error.getCode())
                    .withDescription(error.getMessage())
                    .asRuntimeException();
        }
        return reply;
    }

    /** A failure half way leaves the first parts, of a call that is not acknowledged. */
    private dev.kith.wire.ahnlich.db.server.Set inParts(Set set, Asking asking) {
        StoreUpsert.Builder counts = StoreUpsert.newBuilder();
        Set.Builder part = set.toBuilder().clearInputs();
        long bytes = 0;
        for (DbStoreEntry entry : set.getInputsList()) {
            if (bytes > 0 && bytes + entry.getSerializedSize() > SET_BYTES) {
                send(part, counts, asking);
                bytes = 0;
            }
            part.addInputs(entry);
            bytes += entry.getSerializedSize();
        }
        send(part, counts, asking);
        return dev.kith.wire.ahnlich.db.server.Set.newBuilder()
                .setUpsert(counts)
                .build();
    }

    private void send(Set.Builder part, StoreUpsert.Builder counts, Asking asking) {
        StoreUpsert done = whole(DBQuery.newBuilder().setSet(part).build(), asking)
                .getSet()
                .getUpsert();
        counts.setInserted(counts.getInserted() + done.getInserted());
        counts.setUpdated(counts.getUpdated() + done.getUpdated());
        part.clearInputs();
    }

    @Override
    public void create(CreateStore query, AiRecord record, Asking asking) {
        String schema = Asking.namespace(query.hasSchema(), query.getSchema());
        whole(DBQuery.newBuilder().setCreateStore(query).build(), asking);
        int there = whole(
                        DBQuery.newBuilder()
                                .setGetStore(GetStore.newBuilder()
                                        .setStore(query.getStore())
                                        .setSchema(schema))
                                .build(),
                        asking)
                .getStoreInfo()
                .getDimension();
        if (there != query.getDimension()) {
            throw Refusals.dimension(there, query.getDimension());
        }
        LocalRecords.keep(Asking.ref(recordsOf(schema), query.getStore()), query.getDimension(), record, asking);
    }

    @Override
    public void drop(AiStore store, Asking asking) {
        whole(
                DBQuery.newBuilder()
                        .setDropStore(
                                DropStore.newBuilder().setStore(store.name()).setSchema(store.schema()))
                        .build(),
                asking);
        LocalRecords.drop(store, asking);
    }

    /**
     * The new entries come before the old ones go, so that a failure in between loses nothing. Two calls with the same
     * input take turns, or each could remove what the other has stored.
     */
    @Override
    public StoreUpsert replace(Set entries, PredicateCondition others, Asking asking) {
        Lock turn = turns.of(List.of(entries.getSchema(), entries.getStore()));
        turn.lock();
        try {
            java.util.Set<StoreKey> old = keysOf(entries, others, asking);
            StoreUpsert counts = ask(DBQuery.newBuilder().setSet(entries).build(), asking)
                    .getSet()
                    .getUpsert();
            entries.getInputsList().forEach(entry -> old.remove(entry.getKey()));
            if (!old.isEmpty()) {
                DelKey removal = DelKey.newBuilder()
                        .setStore(entries.getStore())
                        .setSchema(entries.getSchema())
                        .addAllKeys(old)
                        .build();
                whole(DBQuery.newBuilder().setDelKey(removal).build(), asking);
            }
            return counts;
        } finally {
            turn.unlock();
        }
    }

    private java.util.Set<StoreKey> keysOf(Set entries, PredicateCondition condition, Asking asking) {
        DBQuery query = DBQuery.newBuilder()
                .setGetPred(GetPred.newBuilder()
                        .setStore(entries.getStore())
                        .setSchema(entries.getSchema())
                        .setCondition(condition))
                .build();
        return whole(query, asking).getGet().getEntriesList().stream()
                .map(DbStoreEntry::getKey)
                .collect(Collectors.toCollection(HashSet::new));
    }
}
