package dev.kith.doors.ahnlich;

import dev.kith.service.CollectionRef;
import dev.kith.service.Command;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearAlgorithm;
import dev.kith.wire.ahnlich.db.query.CreateNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.db.query.CreatePredIndex;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.DropNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.db.query.DropPredIndex;
import dev.kith.wire.ahnlich.db.query.DropSchema;
import dev.kith.wire.ahnlich.db.query.DropStore;
import dev.kith.wire.ahnlich.db.query.GetStore;
import dev.kith.wire.ahnlich.db.query.ListStores;
import dev.kith.wire.ahnlich.db.server.CreateIndex;
import dev.kith.wire.ahnlich.db.server.Del;
import dev.kith.wire.ahnlich.db.server.StoreInfo;
import dev.kith.wire.ahnlich.db.server.StoreList;
import dev.kith.wire.ahnlich.db.server.Unit;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** Commands on whole stores, their schemas and their indexes. Safe on any thread. */
final class StoreCommands {
    /** Namespaces of other doors: their collections can be read and searched, but not made or dropped wholesale. */
    private static final Set<String> RESERVED = Set.of("faissx", "idios", "vectorflow");
    /** The original sorts by bytes, which for some characters is another order than that of UTF-16. */
    static final Comparator<CollectionInfo> BY_NAME = (a, b) -> Arrays.compareUnsigned(
            a.name().name().getBytes(StandardCharsets.UTF_8), b.name().name().getBytes(StandardCharsets.UTF_8));

    private StoreCommands() {}

    static Unit create(CreateStore query, Asking asking) {
        create(query, spec(query), asking);
        return Unit.getDefaultInstance();
    }

    /** What is asked for, checked. */
    static CollectionSpec spec(CreateStore query) {
        requireOwn(Asking.namespace(query.hasSchema(), query.getSchema()));
        if (query.getDimension() == 0) {
            throw Rejection.invalid("dimension must be greater than 0");
        }
        NonLinear.requireSound(query.getNonLinearIndicesList());
        CollectionSpec plain = new CollectionSpec(
                ElementType.FLOAT32,
                query.getDimension(),
                KeyPolicy.VECTOR_BITS,
                IndexSpec.flat(Metric.L2),
                fields(query.getCreatePredicatesList()),
                Value.Fields.EMPTY);
        return NonLinear.with(plain, query.getNonLinearIndicesList());
    }

    /** Answers whether the store is new; false: there is one, and that is what was asked for. */
    static boolean create(CreateStore query, CollectionSpec spec, Asking asking) {
        CollectionRef ref = Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore());
        try {
            asking.ask(new Command.Create(ref, spec), ref);
            return true;
        } catch (Rejection refused) {
            if (refused.code() != Rejection.Code.ALREADY_EXISTS) {
                throw refused;
            }
            if (query.getErrorIfExists()) {
                throw Refusals.storeExists(query.getStore());
            }
            return false;
        }
    }

    private static void requireOwn(String namespace) {
        if (RESERVED.contains(namespace) || LocalRecords.has(namespace)) {
            throw Rejection.invalid("Schema %s belongs to another door; its stores can be read and searched here"
                    .formatted(RustText.quoted(namespace)));
        }
    }

    static SortedSet<FieldPath> fields(Collection<String> names) {
        SortedSet<FieldPath> fields = new TreeSet<>();
        requireNames(names);
        names.forEach(name -> fields.add(FieldPath.of(name)));
        return fields;
    }

    private static void requireNames(Collection<String> names) {
        for (String name : names) {
            if (name.length() > Limits.NAME_CHARS_MAX) {
                throw Rejection.invalid("The name of a predicate has up to %d characters, not %d"
                        .formatted(Limits.NAME_CHARS_MAX, name.length()));
            }
        }
    }

    static Del drop(DropStore query, Asking asking) {
        CollectionRef ref = Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore());
        Optional<Asking.Store> store = asking.findOwn(ref);
        boolean dropped = store.isPresent() && isDropped(store.get(), asking);
        if (!dropped && query.getErrorIfNotExists()) {
            throw Refusals.noStore(ref.text());
        }
        return deleted(dropped ? 1 : 0);
    }

    /** False where another call was faster. */
    private static boolean isDropped(Asking.Store store, Asking asking) {
        try {
            asking.ask(new Command.Drop(store.ref()), store.ref());
            return true;
        } catch (Rejection refused) {
            if (refused.code() != Rejection.Code.NOT_FOUND) {
                throw refused;
            }
            return false;
        }
    }

    /** All of its stores or none: another door's among them is refused before the first is dropped. */
    static Del dropSchema(DropSchema query, Asking asking) {
        String namespace = Asking.namespace(true, query.getSchema());
        requireDroppable(namespace);
        List<Asking.Store> stores =
                asking.service().handle(asking.caller(), new Command.ListCollections(namespace)).stream()
                        .map(info -> asking.findOwn(
                                Asking.ref(info.name().namespace(), info.name().name())))
                        .flatMap(Optional::stream)
                        .toList();
        return deleted(stores.stream().filter(store -> isDropped(store, asking)).count());
    }

    static void requireDroppable(String namespace) {
        if (namespace.equals(Asking.PUBLIC)) {
            throw Rejection.invalid("Cannot drop the default 'public' schema");
        }
        requireOwn(namespace);
    }

    static StoreInfo get(GetStore query, Asking asking) {
        CollectionRef ref = Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore());
        return StoreInfos.of(asking, asking.require(ref));
    }

    /** A store that cannot be opened is there; how many entries it has nobody knows. One dropped meanwhile is not. */
    static StoreList list(ListStores query, Asking asking) {
        String namespace = query.getSchema().isEmpty() ? Asking.PUBLIC : query.getSchema();
        StoreList.Builder list = StoreList.newBuilder();
        for (CollectionInfo info :
                asking.service().handle(asking.caller(), new Command.ListCollections(namespace)).stream()
                        .sorted(BY_NAME)
                        .toList()) {
            Optional<StoreInfo> said = info.unavailable().isPresent()
                    ? Optional.of(StoreInfos.outline(info))
                    : found(asking, info).map(store -> StoreInfos.of(asking, store));
            said.ifPresent(store -> {
                asking.call().take(store.getSerializedSize());
                list.addStores(store);
            });
        }
        return list.build();
    }

    private static Optional<Asking.Store> found(Asking asking, CollectionInfo info) {
        return asking.find(Asking.ref(info.name().namespace(), info.name().name()));
    }

    static CreateIndex createPredicates(CreatePredIndex query, Asking asking) {
        Asking.Store store =
                asking.requireOwn(Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore()));
        AtomicLong created = new AtomicLong();
        alter(asking, store, spec -> {
            SortedSet<FieldPath> next = new TreeSet<>(spec.payloadIndexes());
            next.addAll(fields(query.getPredicatesList()));
            created.set(next.size() - spec.payloadIndexes().size());
            return spec.withPayloadIndexes(next);
        });
        return CreateIndex.newBuilder().setCreatedIndexes(created.get()).build();
    }

    static Del dropPredicates(DropPredIndex query, Asking asking) {
        Asking.Store store =
                asking.requireOwn(Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore()));
        Set<String> names = new LinkedHashSet<>(query.getPredicatesList());
        requireNames(names);
        AtomicLong dropped = new AtomicLong();
        alter(asking, store, spec -> {
            SortedSet<FieldPath> next = new TreeSet<>(spec.payloadIndexes());
            for (String name : names) {
                if (!next.remove(FieldPath.of(name)) && query.getErrorIfNotExists()) {
                    throw Refusals.noPredicate(name);
                }
            }
            dropped.set(spec.payloadIndexes().size() - next.size());
            return spec.withPayloadIndexes(next);
        });
        return deleted(dropped.get());
    }

    static CreateIndex createNonLinear(CreateNonLinearAlgorithmIndex query, Asking asking) {
        NonLinear.requireSound(query.getNonLinearIndicesList());
        Asking.Store store =
                asking.requireOwn(Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore()));
        AtomicLong created = new AtomicLong();
        alter(asking, store, spec -> {
            CollectionSpec next = NonLinear.with(spec, query.getNonLinearIndicesList());
            created.set(NonLinear.of(next).size() - NonLinear.of(spec).size());
            return next;
        });
        return CreateIndex.newBuilder().setCreatedIndexes(created.get()).build();
    }

    static Del dropNonLinear(DropNonLinearAlgorithmIndex query, Asking asking) {
        Asking.Store store =
                asking.requireOwn(Asking.ref(Asking.namespace(query.hasSchema(), query.getSchema()), query.getStore()));
        List<NonLinearAlgorithm> asked = query.getNonLinearIndicesList();
        AtomicLong dropped = new AtomicLong();
        alter(asking, store, spec -> {
            CollectionSpec next = spec;
            for (NonLinearAlgorithm algorithm : new LinkedHashSet<>(asked)) {
                next = without(next, algorithm, query.getErrorIfNotExists());
            }
            dropped.set(NonLinear.of(spec).size() - NonLinear.of(next).size());
            return next;
        });
        return deleted(dropped.get());
    }

    private static CollectionSpec without(CollectionSpec spec, NonLinearAlgorithm algorithm, boolean mustBeThere) {
        return switch (algorithm) {
            case HNSW -> {
                if (mustBeThere && !NonLinear.hasHnsw(spec)) {
                    throw Refusals.noAlgorithm("Hnsw");
                }
                yield NonLinear.hasHnsw(spec) ? NonLinear.withoutHnsw(spec) : spec;
            }
            case KDTree -> {
                if (mustBeThere && !NonLinear.hasKdTree(spec)) {
                    throw Refusals.noAlgorithm("KdTree");
                }
                yield NonLinear.withoutKdTree(spec);
            }
            case UNRECOGNIZED -> spec;
        };
    }

    static void alter(Asking asking, Asking.Store store, UnaryOperator<CollectionSpec> change) {
        asking.ask(new Command.Alter(store.ref(), change), store.ref());
    }

    static Del deleted(long count) {
        return Del.newBuilder().setDeletedCount(count).build();
    }
}
