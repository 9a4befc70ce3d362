package dev.kith.doors.ahnlich;

import dev.kith.service.Command;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Revision;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import dev.kith.wire.ahnlich.db.query.ClearStore;
import dev.kith.wire.ahnlich.db.query.DelKey;
import dev.kith.wire.ahnlich.db.query.DelPred;
import dev.kith.wire.ahnlich.db.query.GetKey;
import dev.kith.wire.ahnlich.db.query.GetPred;
import dev.kith.wire.ahnlich.db.query.ListStoreEntries;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.db.query.Upsert;
import dev.kith.wire.ahnlich.db.server.Del;
import dev.kith.wire.ahnlich.db.server.Get;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.shared.info.StoreUpsert;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Commands on the entries of a store. Safe on any thread. */
final class EntryCommands {
    /** Entries read at once at most, and bytes of their vectors: little beside the room of all calls. */
    private static final int PAGE = 1_000;

    private static final long PAGE_BYTES = 1 << 20;
    /** Entries of a listing whose client names no limit, and most that it may name. */
    private static final int LIST_LIMIT = 100;

    private static final int LIST_LIMIT_MAX = 10_000;
    /** Before the first id. */
    private static final long START = -1;

    private EntryCommands() {}

    /** Keys and values of a request, all checked before the first is stored. */
    static dev.kith.wire.ahnlich.db.server.Set set(Set query, Asking asking) {
        return set(query, Optional.empty(), asking);
    }

    /** The same, in the place of the entries that a filter accepts. */
    static dev.kith.wire.ahnlich.db.server.Set set(Set query, Optional<Filter> instead, Asking asking) {
        Asking.Store store =
                asking.requireOwn(Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore()));
        List<DbStoreEntry> entries =
                query.getInputsList().stream().filter(DbStoreEntry::hasKey).toList();
        if (entries.size() > Limits.PUT_POINTS_MAX) {
            throw Rejection.invalid("%d entries are more than one Set stores, all or none; send at most %d at once"
                    .formatted(entries.size(), Limits.PUT_POINTS_MAX));
        }
        VectorBlock.Floats vectors =
                Entries.vectors(entries.stream().map(DbStoreEntry::getKey).toList(), store.dimension());
        if (entries.isEmpty()) {
            instead.ifPresent(filter -> deleted(asking, store, new Selection.Matching(filter)));
            return counts(0, 0);
        }
        List<Value.Fields> payloads = entries.stream()
                .map(entry -> Metadata.payload(entry.getValue()))
                .toList();
        Put put = new Put(vectors, Optional.empty(), List.of(), payloads, Put.Known.REPLACE, instead);
        long updated = stored(asking, store, put).replaced();
        return counts(entries.size() - updated, updated);
    }

    private static Put.Result stored(Asking asking, Asking.Store store, Put put) {
        try {
            return asking.ask(new Command.Store(store.ref(), put), store.ref());
        } catch (Rejection refused) {
            throw refused.code() == Rejection.Code.EXHAUSTED ? Refusals.noMemory(refused) : refused;
        }
    }

    private static dev.kith.wire.ahnlich.db.server.Set counts(long inserted, long updated) {
        return dev.kith.wire.ahnlich.db.server.Set.newBuilder()
                .setUpsert(StoreUpsert.newBuilder().setInserted(inserted).setUpdated(updated))
                .build();
    }

    static Get getKey(GetKey query, Asking asking) {
        Asking.Store store =
                asking.require(Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore()));
        VectorBlock.Floats keys = Entries.vectors(query.getKeysList(), store.dimension());
        Get.Builder reply = Get.newBuilder();
        if (keys.count() > 0) {
            asking.call().take(Entries.bytes(store, keys.count()));
            Points found = asking.ask(new Command.GetByVectors(store.ref(), keys), store.ref());
            for (int number = 0; number < found.ids().length; number++) {
                reply.addEntries(Entries.entry(asking, found, number));
            }
        }
        return reply.build();
    }

    static Get getPred(GetPred query, Asking asking) {
        String namespace = Asking.namespace(query.hasSchema(), query.getSchema());
        if (!query.hasCondition()) {
            throw Rejection.invalid("Condition is required");
        }
        Asking.Store store = asking.require(Asking.ref(namespace, query.getStore()));
        Filter filter = Conditions.filter(query.getCondition());
        Get.Builder reply = Get.newBuilder();
        new Listing(asking, store, filter).give(START, Long.MAX_VALUE, reply::addEntries);
        return reply.build();
    }

    /** Entries that a filter accepts, in the order of ids; read page by page, each once there is room for it. */
    private record Listing(Asking asking, Asking.Store store, Filter filter) {
        /** Gives up to {@code limit} of them; answers the id of the last one given where there are more. */
        OptionalLong give(long after, long limit, Consumer<DbStoreEntry> reply) {
            long width = (long) store.dimension() * Float.BYTES;
            long rows = Math.clamp(PAGE_BYTES / width, 1, PAGE);
            long last = after;
            long left = limit;
            while (true) {
                // One more than wanted tells whether there are more.
                int asked = (int) Math.min(rows, left) + (left < rows ? 1 : 0);
                asking.call().take(Entries.bytes(store, asked));
                Points page = asking.ask(new Command.Select(store.ref(), filter, last, asked), store.ref());
                int count = page.ids().length;
                asking.call().giveBack(Entries.bytes(store, asked - count));
                for (int number = 0; number < count; number++) {
                    if (left == 0) {
                        return OptionalLong.of(last);
                    }
                    reply.accept(Entries.entry(asking, page, number));
                    last = page.ids()[number];
                    left--;
                }
                if (count < asked) {
                    return OptionalLong.empty();
                }
            }
        }
    }

    /** All is checked before anything changes; a new key that another entry has is refused. */
    static dev.kith.wire.ahnlich.db.server.Set upsert(Upsert query, Asking asking) {
        String namespace = Asking.namespace(query.hasSchema(), query.getSchema());
        if (!query.hasCondition()) {
            throw Rejection.invalid("Condition is required for UPSERT");
        }
        if (!query.hasNewKey() && !query.hasNewValue()) {
            throw Rejection.invalid("UPSERT requires at least one of new_key or new_value");
        }
        Asking.Store store = asking.requireOwn(Asking.ref(namespace, query.getStore()));
        Optional<VectorBlock> vector = query.hasNewKey()
                ? Optional.of(Entries.vectors(List.of(query.getNewKey()), store.dimension()))
                : Optional.empty();
        Optional<Value.Fields> payload =
                query.hasNewValue() ? Optional.of(Metadata.payload(query.getNewValue())) : Optional.empty();
        Filter filter = Conditions.filter(query.getCondition());
        long matched = revised(asking, store, new Revision(filter, vector, payload, query.getMergeMetadata()));
        if (matched != 1) {
            throw Refusals.matched(matched);
        }
        return counts(0, 1);
    }

    private static long revised(Asking asking, Asking.Store store, Revision revision) {
        try {
            return asking.ask(new Command.Revise(store.ref(), revision), store.ref());
        } catch (Rejection refused) {
            throw switch (refused.code()) {
                case EXHAUSTED -> Refusals.noMemory(refused);
                case CONFLICT -> Rejection.invalid(refused.text());
                case INVALID, NOT_FOUND, ALREADY_EXISTS, UNAUTHENTICATED, INTERNAL, UNAVAILABLE -> refused;
            };
        }
    }

    static Del delKey(DelKey query, Asking asking) {
        Asking.Store store =
                asking.requireOwn(Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore()));
        List<StoreKey> keys = query.getKeysList();
        VectorBlock.Floats vectors = Entries.vectors(keys, store.dimension());
        return vectors.count() == 0 ? StoreCommands.deleted(0) : deleted(asking, store, new Selection.Vectors(vectors));
    }

    static Del delPred(DelPred query, Asking asking) {
        String namespace = Asking.namespace(query.hasSchema(), query.getSchema());
        if (!query.hasCondition()) {
            throw Rejection.invalid("Predicate Condition is required");
        }
        Asking.Store store = asking.requireOwn(Asking.ref(namespace, query.getStore()));
        return deleted(asking, store, new Selection.Matching(Conditions.filter(query.getCondition())));
    }

    static Del clear(ClearStore query, Asking asking) {
        Asking.Store store =
                asking.requireOwn(Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore()));
        return deleted(asking, store, new Selection.Matching(Filter.ALL));
    }

    private static Del deleted(Asking asking, Asking.Store store, Selection selection) {
        return StoreCommands.deleted(asking.ask(new Command.Delete(store.ref(), selection), store.ref()));
    }

    /** A page in the order of ids; its cursor is the last id. */
    static dev.kith.wire.ahnlich.db.server.ListStoreEntries list(ListStoreEntries query, Asking asking) {
        String namespace = Asking.namespace(query.hasSchema(), query.getSchema());
        int limit = limit(query);
        long after = query.hasCursor() ? cursor(query.getCursor()) : START;
        Asking.Store store = asking.require(Asking.ref(namespace, query.getStore()));
        Filter filter = query.hasCondition() ? Conditions.filter(query.getCondition()) : Filter.ALL;
        var reply = dev.kith.wire.ahnlich.db.server.ListStoreEntries.newBuilder();
        new Listing(asking, store, filter)
                .give(after, limit, reply::addEntries)
                .ifPresent(last -> reply.setNextCursor(Long.toString(last)));
        return reply.build();
    }

    private static int limit(ListStoreEntries query) {
        if (query.hasLimit() && query.getLimit() == 0) {
            throw Rejection.invalid("limit must be > 0");
        }
        // Unsigned on the wire: what looks negative is large.
        return query.hasLimit() && query.getLimit() > 0
                ? Math.min(query.getLimit(), LIST_LIMIT_MAX)
                : query.hasLimit() ? LIST_LIMIT_MAX : LIST_LIMIT;
    }

    private static long cursor(String text) {
        try {
            long id = Long.parseLong(text);
            if (id >= 0) {
                return id;
            }
        } catch (NumberFormatException malformed) {
            // Refused below, as a negative one is.
        }
        throw Rejection.invalid("The cursor is none that a listing has answered");
    }
}
