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
     * Entries that are looked at for the size: with no more, and no more of {@link #SAMPLE_BYTES}, it is the original's
     * number exactly (but for values that are no longer there), with more it is reckoned up from the first ones.
     */
    static final int SAMPLE_MAX = 1_000;
    /** Bytes of their values: what a listing of many stores may cost. */
    private static final long SAMPLE_BYTES = 1 << 20;
    /** Entries read at once, whose vectors have a megabyte at most. */
    private static final int PAGE = 25;

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
        return StoreInfo.newBuilder(outline(store.info()))
                .setLen(store.info().points())
                .setSizeInBytes(size(asking, store))
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

    private static long size(Asking asking, Asking.Store store) {
        CollectionSpec spec = store.info().spec();
        long points = store.info().points();
        Sample sample = new Sample(spec.payloadIndexes());
        boolean more = points > 0;
        while (more && sample.entries < SAMPLE_MAX && sample.read < SAMPLE_BYTES) {
            long room = Entries.bytes(store, Math.min(PAGE, points));
            asking.call().take(room);
            try {
                Points page = asking.ask(new Command.Scan(store.ref(), sample.entries, PAGE), store.ref());
                for (Value.Fields payload : page.payloads()) {
                    sample.add(payload);
                    if (sample.read >= SAMPLE_BYTES) {
                        break;
                    }
                }
                more = page.ids().length == PAGE;
            } finally {
                asking.call().giveBack(room);
            }
        }
        return STORE_BYTES + PREDICATE_NAME_BYTES * predicates(spec).size() + sample.bytesOf(points);
    }

    /** What the original counts of the first entries. */
    private static final class Sample {
        private final SortedSet<FieldPath> indexes;
        private final Map<String, Set<Integer>> values = new HashMap<>();
        private int entries;
        private long read;
        private long bytes;

        Sample(SortedSet<FieldPath> indexes) {
            this.indexes = indexes;
        }

        void add(Value.Fields payload) {
            entries++;
            read += Metadata.bytes(payload);
            bytes += ENTRY_BYTES + PAIR_BYTES * payload.values().size();
            payload.values().forEach((name, value) -> {
                if (indexes.contains(FieldPath.of(name))) {
                    // By their hashes, since values can be long; of a thousand, hardly two have the same.
                    values.computeIfAbsent(name, _ -> new HashSet<>()).add(value.hashCode());
                    bytes += INDEXED_ENTRY_BYTES;
                }
            });
        }

        /** Reckoned up from the entries that were looked at. */
        long bytesOf(long points) {
            long distinct = values.values().stream().mapToLong(Set::size).sum();
            long counted = bytes + INDEX_BYTES * values.size() + INDEXED_VALUE_BYTES * distinct;
            return entries < points ? counted * points / Math.max(1, entries) : counted;
        }
    }
}
