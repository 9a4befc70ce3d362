package dev.kith.doors.ahnlich;

import dev.kith.service.CollectionRef;
import dev.kith.service.Command;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.FieldPath;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.pipeline.DBServerResponse;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import dev.kith.wire.ahnlich.shared.info.StoreUpsert;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The database of this process. A store of the proxy is a store of the database with a record among its attributes:
 * both are made by one write, and end by one.
 */
record OwnDatabase(Pipeline pipeline) implements Database {
    @Override
    public DBServerResponse ask(DBQuery query, Asking asking) {
        return pipeline.one(query, asking);
    }

    @Override
    public String recordsOf(String schema) {
        return schema;
    }

    @Override
    public Optional<String> schemaOf(String namespace) {
        return Optional.of(namespace).filter(schema -> !LocalRecords.has(schema));
    }

    @Override
    public void create(CreateStore query, AiRecord record, Asking asking) {
        CollectionSpec spec = StoreCommands.spec(query);
        if (StoreCommands.create(query, record.writtenInto(spec), asking)) {
            return;
        }
        CollectionRef ref = Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore());
        StoreCommands.alter(asking, asking.requireOwn(ref), there -> adopted(there, query, record));
    }

    /** A store that came without the proxy, such as one that was imported. */
    private static CollectionSpec adopted(CollectionSpec there, CreateStore query, AiRecord record) {
        if (AiRecord.of(there).isPresent()) {
            return there;
        }
        if (there.dimension() != query.getDimension()) {
            throw Refusals.dimension(there.dimension(), query.getDimension());
        }
        SortedSet<FieldPath> fields = new TreeSet<>(there.payloadIndexes());
        fields.addAll(StoreCommands.fields(query.getCreatePredicatesList()));
        return record.writtenInto(NonLinear.with(there.withPayloadIndexes(fields), query.getNonLinearIndicesList()));
    }

    @Override
    public void drop(AiStore store, Asking asking) {
        asking.ask(new Command.Drop(store.ref()), store.ref());
    }

    /** One mutation of the collection: whatever ends the process finds the old entries or the new ones. */
    @Override
    public StoreUpsert replace(Set entries, PredicateCondition others, Asking asking) {
        return EntryCommands.set(entries, Optional.of(Conditions.filter(others)), asking)
                .getUpsert();
    }
}
