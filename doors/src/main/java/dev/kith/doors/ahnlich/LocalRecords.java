package dev.kith.doors.ahnlich;

import dev.kith.service.CollectionRef;
import dev.kith.service.Command;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import java.util.Optional;

/**
 * Records of stores whose entries are elsewhere: attributes of collections of our own that stay empty, in namespaces of
 * their own, so that no database door takes them for stores.
 */
final class LocalRecords {
    private static final String PREFIX = "ahnlich-ai:";

    private LocalRecords() {}

    static String namespaceOf(String schema) {
        return PREFIX + schema;
    }

    /** Whether the namespace is one of records. */
    static boolean has(String namespace) {
        return namespace.startsWith(PREFIX);
    }

    static Optional<String> schemaOf(String namespace) {
        return has(namespace) ? Optional.of(namespace.substring(PREFIX.length())) : Optional.empty();
    }

    /** A record that is there stays as it is. */
    static void keep(CollectionRef ref, int dimension, AiRecord record, Asking asking) {
        CollectionSpec spec =
                CollectionSpec.of(ElementType.FLOAT32, dimension, KeyPolicy.VECTOR_BITS, IndexSpec.flat(Metric.L2));
        try {
            asking.ask(new Command.Create(ref, record.writtenInto(spec)), ref);
        } catch (Rejection refused) {
            if (refused.code() != Rejection.Code.ALREADY_EXISTS) {
                throw refused;
            }
        }
    }

    static void drop(AiStore store, Asking asking) {
        asking.ask(new Command.Drop(store.ref()), store.ref());
    }
}
