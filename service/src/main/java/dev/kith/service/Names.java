package dev.kith.service;

import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Target;
import dev.kith.vectors.Vectors;
import java.util.Optional;

/**
 * Finds the collection that a client's words mean. Only the caller's own tenant is ever looked into, so another
 * tenant's collection takes the same path, and the same time, as one that does not exist. Safe on any thread.
 */
final class Names {
    private static final char SEPARATOR = '/';

    private final Vectors vectors;

    Names(Vectors vectors) {
        this.vectors = vectors;
    }

    /** The name in the door's own namespace: what creation means, whatever the text contains. */
    CollectionName own(Caller caller, CollectionRef ref) {
        return new CollectionName(caller.tenant(), ref.namespace(), ref.text());
    }

    /**
     * What the reference means now. A text without a separator costs no look-up; whether the collection is there, the
     * next call finds out.
     */
    Target resolve(Caller caller, CollectionRef ref) {
        CollectionName name = nameOf(caller, ref);
        return ref.id().isPresent() ? new Target.Exactly(name, ref.id().getAsLong()) : name;
    }

    private CollectionName nameOf(Caller caller, CollectionRef ref) {
        CollectionName own = own(caller, ref);
        int separator = ref.text().indexOf(SEPARATOR);
        if (separator <= 0 || separator == ref.text().length() - 1) {
            return own;
        }
        // The own namespace needs no prefix: "faissx/docs" that is not there must not become "docs".
        if (ref.text().substring(0, separator).equals(ref.namespace())
                || vectors.find(own).isPresent()) {
            return own;
        }
        CollectionName other = new CollectionName(
                caller.tenant(), ref.text().substring(0, separator), ref.text().substring(separator + 1));
        return vectors.find(other).isPresent() ? other : own;
    }

    /** The collection that the reference means, as it is now, if it is there. */
    Optional<CollectionInfo> find(Caller caller, CollectionRef ref) {
        Target target = resolve(caller, ref);
        return vectors.find(target.fullName()).filter(info -> target.means(info.id()));
    }

    /** The same, which must be there. */
    CollectionInfo require(Caller caller, CollectionRef ref) {
        return find(caller, ref).orElseThrow(() -> missing(ref));
    }

    static Rejection missing(CollectionRef ref) {
        return Rejection.noCollection(ref.text());
    }
}
