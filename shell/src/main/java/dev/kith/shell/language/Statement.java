package dev.kith.shell.language;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What is asked of a server, one record a statement; {@link Verb} says what each does. */
public sealed interface Statement {
    /** A store by its name, in the schema {@code public} unless another is named. */
    record Store(String name, Optional<String> schema) {}

    /** The indexes that a store is made with. */
    record Indexes(List<String> keys, List<Index> nonLinear) {}

    /** What the entries of a new store are made of. */
    sealed interface Content {
        /**
         * Vectors.
         *
         * @param dimension components of each, from 1
         */
        record Vectors(int dimension) implements Content {}

        /**
         * Inputs of models.
         *
         * @param original whether the inputs are kept beside their vectors
         */
        record Inputs(Model query, Model index, boolean original) implements Content {}
    }

    record Entry(Key key, Map<String, Value> values) {}

    enum Algorithm {
        EUCLIDEANDISTANCE,
        DOTPRODUCTSIMILARITY,
        COSINESIMILARITY,
        KDTREE,
        HNSW
    }

    record Ping() implements Statement {}

    record InfoServer() implements Statement {}

    record ListClients() implements Statement {}

    record ClusterInfo() implements Statement {}

    record PurgeStores() implements Statement {}

    record ListStores(Optional<String> schema) implements Statement {}

    record GetStore(Store store) implements Statement {}

    record CreateStore(Store store, Content content, Indexes indexes, boolean ifNotExists) implements Statement {}

    record DropStore(Store store, boolean ifExists) implements Statement {}

    record DropSchema(String schema) implements Statement {}

    record ClearStore(Store store) implements Statement {}

    record CreatePredIndex(Store store, List<String> keys) implements Statement {}

    record DropPredIndex(Store store, List<String> keys, boolean ifExists) implements Statement {}

    record CreateNonLinearIndex(Store store, List<Index> indexes) implements Statement {}

    record DropNonLinearIndex(Store store, List<Index.Kind> kinds, boolean ifExists) implements Statement {}

    record Set(Store store, List<Entry> entries, Processing processing) implements Statement {}

    record GetKey(Store store, List<Key> keys) implements Statement {}

    record DelKey(Store store, List<Key> keys) implements Statement {}

    record GetPred(Store store, Condition condition) implements Statement {}

    record DelPred(Store store, Condition condition) implements Statement {}

    /**
     * A search.
     *
     * @param count most entries that are wanted, from 1; an unsigned number of 64 bits
     */
    record GetSimN(
            Store store, long count, Key key, Algorithm algorithm, Optional<Condition> condition, Processing processing)
            implements Statement {}

    /**
     * A change of the one entry that matches.
     *
     * @param key the new key; at least one of it and {@code values} is there
     * @param merge whether the new values are laid over the old ones instead of replacing them all
     */
    record Upsert(
            Store store,
            Condition condition,
            Optional<Key> key,
            Optional<Map<String, Value>> values,
            boolean merge,
            Processing processing)
            implements Statement {}

    /** A page of entries; from the first where there is no cursor. */
    record ListStoreEntries(Store store, OptionalInt limit, Optional<String> cursor, Optional<Condition> condition)
            implements Statement {}
}
