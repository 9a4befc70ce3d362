package dev.kith.doors.faissx;

import dev.kith.service.Command;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Put;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.util.Map;

/** The actions that store and remove vectors. All of a request is stored, or nothing. */
final class AddActions {
    private static final String VECTORS = "vectors";
    private static final String IDS = "ids";
    /** The reference adds in batches of this many; here all go in at once, so the field is only checked. */
    private static final int BATCH_SIZE = 1_000;

    private AddActions() {}

    static Map<String, Action> actions() {
        return Map.of(
                "add_vectors", AddActions::add,
                "add_with_ids", AddActions::addWithIds,
                "batch_add_with_ids", AddActions::batchAddWithIds,
                "remove_ids", AddActions::remove,
                "replace_vector", AddActions::replace);
    }

    private static void add(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.DOES_NOT_EXIST);
        if (exchange.fields().has(IDS)) {
            addWithIds(exchange);
            return;
        }
        if (index.spec().keyPolicy() == KeyPolicy.BYTES) {
            throw new Rejection(
                    Rejection.Code.CONFLICT,
                    "Index %s knows its vectors by texts, which this request does not have; add to it where it was made"
                            .formatted(index.id()));
        }
        VectorBlock vectors = exchange.vectors(VECTORS, index);
        // Where a vector is its own key, as in an Ahnlich store, one that is there keeps what is stored with it.
        boolean keyed = index.spec().keyPolicy() == KeyPolicy.VECTOR_BITS;
        Put put = keyed ? Put.append(vectors).with(Put.Known.KEEP) : Put.append(vectors);
        store(exchange, index, vectors, vectors.count() == 0 ? null : put);
    }

    private static void batchAddWithIds(Exchange exchange) {
        exchange.fields().integerOr("batch_size", BATCH_SIZE, 1, Integer.MAX_VALUE);
        addWithIds(exchange);
    }

    /** An id that is there already gets the new vector. */
    private static void addWithIds(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.DOES_NOT_EXIST);
        requireIdMap(index, "takes no ids: its ids are positions");
        long[] ids = exchange.fields().ids(IDS);
        VectorBlock vectors = exchange.vectors(VECTORS, index);
        if (ids.length != vectors.count()) {
            throw Rejection.invalid("%d ids for %d vectors".formatted(ids.length, vectors.count()));
        }
        store(exchange, index, vectors, ids.length == 0 ? null : Put.withIds(vectors, ids));
    }

    private static void requireIdMap(FaissIndex index, String why) {
        if (!index.isIdMap()) {
            throw new Rejection(
                    Rejection.Code.CONFLICT,
                    "Index %s is a plain %s and %s; create it as IDMap or IDMap2"
                            .formatted(index.id(), index.className(), why));
        }
    }

    /** @param put null where there is nothing to store */
    private static void store(
            Exchange exchange, FaissIndex index, VectorBlock vectors, @org.jspecify.annotations.Nullable Put put) {
        long total = put == null
                ? index.points()
                : exchange.ask(new Command.Store(index.ref(), put)).points();
        exchange.reply()
                .integer("count", vectors.count())
                .integer("total", total)
                .integer("ntotal", total)
                .text("message", "Added %d vectors to index %s".formatted(vectors.count(), index.id()));
    }

    private static void remove(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        requireIdMap(index, "keeps its positions, so nothing can be removed");
        long[] ids = exchange.fields().ids(IDS);
        long removed = ids.length == 0 ? 0 : exchange.ask(new Command.Delete(index.ref(), new Selection.Ids(ids)));
        long left = exchange.pointsNow(index);
        exchange.reply().integer("count", removed).integer("total", left).integer("ntotal", left);
    }

    private static void replace(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        requireIdMap(index, "keeps its vectors, so none can be replaced");
        long id = exchange.fields().id("id");
        VectorBlock vector = exchange.vectors("vector", index);
        if (vector.count() != 1) {
            throw Rejection.invalid("Invalid vector: one vector, not %d".formatted(vector.count()));
        }
        Put.Result done = exchange.ask(new Command.Store(index.ref(), Put.replace(vector, new long[] {id})));
        exchange.reply().integer("id", id).integer("total", done.points()).integer("ntotal", done.points());
    }
}
