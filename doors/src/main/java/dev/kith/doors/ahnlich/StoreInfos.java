package dev.kith.doors.ahnlich;

import dev.kith.service.Command;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Points;
import dev.kith.vectors.Value;
import dev.kith.wire.ahnlich.db.server.StoreInfo;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;

/** What a store says of itself. */
final class StoreInfos {
    /**
     * Entries that are looked at for the size: with no more it is the original's number exactly (but for values that
     * are no longer there), with more it is reckoned up from the first ones.
     */
    static final int SAMPLE_MAX = 1_000;

    /** The original's constants, of a 64-bit build: an estimate that does not count the vectors. */
    private static final long STORE_BYTES = 1_056;

    private static final long PREDICATE_NAME_BYTES = 24;
    private static final long ENTRY_BYTES = 48;
    private static final long PAIR_BYTES = 56;
    private static final long INDEX_BYTES = 32;
    private static final long INDEXED_VALUE_BYTES = 32;
    private static final long INDEXED_ENTRY_BYTES = 8;

    private StoreInfos() {}

    static StoreInfo of(Asking asking, Asking.Store store) {
        CollectionSpec spec = store.info().spec();
        return StoreInfo.newBuilder(outline(store.info()))
                .setLen(store.info().points())
                .setSizeInBytes(size(asking, store, spec))
                .build();
    }

    /** Without what can only be known by opening the collection. */
    static StoreInfo outline(CollectionInfo info) {
        return StoreInfo.newBuilder()
                .setName(info.name().name())
                .setDimension(info.spec().dimension())
                .addAllPredicateIndices(predicates(info.spec()))
                .addAllNonLinearIndices(NonLinear.of(info.spec()))
                .build();
    }

    /** The fields that have an index, as Ahnlich names them: those at the top level. */
    static List<String> predicates(CollectionSpec spec) {
        return spec.payloadIndexes().stream()
                .filter(field -> field.steps().size() == 1)
                .map(field -> field.steps().getFirst())
                .sorted()
                .toList();
    }

    private static long size(Asking asking, Asking.Store store, CollectionSpec spec) {
        long points = store.info().points();
        long fixed = STORE_BYTES + PREDICATE_NAME_BYTES * predicates(spec).size();
        if (points == 0) {
            return fixed;
        }
        asking.call().take((long) SAMPLE_MAX * spec.dimension() * Float.BYTES);
        Points sample = asking.ask(new Command.Scan(store.ref(), 0, SAMPLE_MAX), store.ref());
        long seen = Math.max(1, sample.ids().length);
        long counted = entries(sample.payloads(), spec.payloadIndexes());
        return fixed + (seen < SAMPLE_MAX ? counted : counted * Math.max(1, points / seen));
    }

    private static long entries(List<Value.Fields> payloads, SortedSet<FieldPath> indexes) {
        Map<String, Set<Value>> values = new HashMap<>();
        long bytes = 0;
        for (Value.Fields payload : payloads) {
            bytes += ENTRY_BYTES + PAIR_BYTES * payload.values().size();
            for (Map.Entry<String, Value> pair : payload.values().entrySet()) {
                if (indexes.contains(FieldPath.of(pair.getKey()))) {
                    values.computeIfAbsent(pair.getKey(), name -> new HashSet<>())
                            .add(pair.getValue());
                    bytes += INDEXED_ENTRY_BYTES;
                }
            }
        }
        long distinct = values.values().stream().mapToLong(Set::size).sum();
        return bytes + INDEX_BYTES * values.size() + INDEXED_VALUE_BYTES * distinct;
    }
}
