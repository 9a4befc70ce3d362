package dev.kith.doors.ahnlich;

import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.pipeline.DBServerResponse;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.db.server.Del;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import dev.kith.wire.ahnlich.shared.info.StoreUpsert;

/** That of a proxy that was started without one: it converts, says what it is, and drops what it still remembers. */
record NoDatabase() implements Database {
    @Override
    public DBServerResponse ask(DBQuery query, Asking asking) {
        if (query.hasDropSchema()) {
            return DBServerResponse.newBuilder()
                    .setDel(Del.getDefaultInstance())
                    .build();
        }
        throw absent();
    }

    @Override
    public void create(CreateStore query, AiRecord record, Asking asking) {
        throw absent();
    }

    @Override
    public void drop(AiStore store, Asking asking) {
        LocalRecords.drop(store, asking);
    }

    @Override
    public StoreUpsert replace(Set entries, PredicateCondition others, Asking asking) {
        throw absent();
    }

    private static Rejection absent() {
        return new Rejection(Rejection.Code.CONFLICT, "No DB client available");
    }
}
