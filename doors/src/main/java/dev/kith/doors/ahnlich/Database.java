package dev.kith.doors.ahnlich;

import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.pipeline.DBServerResponse;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import dev.kith.wire.ahnlich.shared.info.StoreUpsert;
import java.util.Optional;

/**
 * The database behind the proxy, asked in the words of its own wire, and the records of the proxy's stores. Refuses
 * with {@link dev.kith.vectors.Rejection} or {@link io.grpc.StatusRuntimeException}. Safe on any thread.
 */
sealed interface Database permits OwnDatabase, RemoteDatabase, NoDatabase {
    /** The reply to one query. */
    DBServerResponse ask(DBQuery query, Asking asking);

    /** The namespace of the collections that carry the records of this schema's stores. */
    default String recordsOf(String schema) {
        return LocalRecords.namespaceOf(schema);
    }

    /** The schema whose records are in a namespace; empty where none are. */
    default Optional<String> schemaOf(String namespace) {
        return LocalRecords.schemaOf(namespace);
    }

    /** Makes a store and its record; a store that is there without a record gets one, if its dimension is the same. */
    void create(CreateStore query, AiRecord record, Asking asking);

    /** Ends a store and its record. */
    void drop(AiStore store, Asking asking);

    /** Stores entries in the place of those that a condition accepts and that are not among them. */
    StoreUpsert replace(Set entries, PredicateCondition others, Asking asking);
}
