package dev.kith.doors.ahnlich;

import dev.kith.doors.grpc.Call;
import dev.kith.service.Command;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.pipeline.DBServerResponse;
import java.util.List;
import java.util.Optional;

/** One call of the proxy, what it may ask, and of whom. Belongs to the call's thread. */
record AiAsking(Asking asking, Database database, AiModels models) {
    Call call() {
        return asking.call();
    }

    /** Asks the database. */
    DBServerResponse db(DBQuery.Builder query) {
        call().requireWanted();
        return database.ask(query.build(), asking);
    }

    /** The schema of a command that the proxy itself looks at. */
    static String schema(boolean given, String schema) {
        if (given && schema.isEmpty()) {
            throw Rejection.invalid("Invalid argument: Schema name cannot be empty");
        }
        return Asking.namespace(given, schema);
    }

    /** The store, which the proxy must know. */
    AiStore require(String schema, String name) {
        return find(schema, name).orElseThrow(() -> Refusals.noStore(name));
    }

    Optional<AiStore> find(String schema, String name) {
        return asking.findOwn(Asking.ref(database.recordsOf(schema), name))
                .flatMap(store -> AiRecord.of(store.info().spec())
                        .map(record -> new AiStore(store.ref(), schema, store.dimension(), record)));
    }

    /** The stores that the proxy knows, of one schema, by the bytes of their names. */
    List<AiStore> stores(String schema) {
        var list = new Command.ListCollections(database.recordsOf(schema));
        return stores(asking.service().handle(asking.caller(), list));
    }

    /** The same, of all schemas. */
    List<AiStore> stores() {
        return stores(asking.service().handle(asking.caller(), new Command.ListAll()));
    }

    private List<AiStore> stores(List<CollectionInfo> all) {
        return all.stream()
                .sorted(StoreCommands.BY_NAME)
                .flatMap(info -> store(info).stream())
                .toList();
    }

    private Optional<AiStore> store(CollectionInfo info) {
        return database.schemaOf(info.name().namespace())
                .flatMap(schema -> AiRecord.of(info.spec())
                        .map(record -> new AiStore(
                                Asking.exactly(info), schema, info.spec().dimension(), record)));
    }
}
