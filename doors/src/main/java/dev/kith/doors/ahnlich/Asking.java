package dev.kith.doors.ahnlich;

import dev.kith.doors.grpc.Call;
import dev.kith.service.Caller;
import dev.kith.service.CollectionRef;
import dev.kith.service.Command;
import dev.kith.service.Service;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Rejection;
import java.util.Optional;
import java.util.OptionalLong;

/** One call, and what it may ask of the service. Belongs to the call's thread. */
record Asking(Service service, Caller caller, Call call) {
    /** The schema of clients that name none. */
    static final String PUBLIC = "public";

    /** A store as it was found; commands on it mean this one and no later one of its name. */
    record Store(CollectionRef ref, CollectionInfo info) {
        int dimension() {
            return info.spec().dimension();
        }
    }

    /** The namespace that a request's schema means. */
    static String namespace(boolean given, String schema) {
        if (given && schema.isEmpty()) {
            throw Rejection.invalid("Schema name cannot be empty");
        }
        return given ? schema : PUBLIC;
    }

    static CollectionRef ref(String namespace, String name) {
        return new CollectionRef(namespace, name);
    }

    /** The store, which must be there and in order. */
    Store require(CollectionRef ref) {
        return find(ref).orElseThrow(() -> Refusals.noStore(ref.text()));
    }

    /** The same, to be changed: it is in this schema, whatever its name says, and not another door's. */
    Store requireOwn(CollectionRef ref) {
        Store store = findOwn(ref).orElseThrow(() -> Refusals.noStore(ref.text()));
        store.info().requireAvailable();
        return store;
    }

    Optional<Store> find(CollectionRef ref) {
        Optional<Store> found = look(ref);
        found.ifPresent(store -> store.info().requireAvailable());
        return found;
    }

    /** The store of this schema, in order or not; another door's is refused. */
    Optional<Store> findOwn(CollectionRef ref) {
        Optional<Store> found =
                look(ref).filter(store -> store.info().name().namespace().equals(ref.namespace()));
        if (found.filter(store -> store.info().spec().keyPolicy() != KeyPolicy.VECTOR_BITS)
                .isPresent()) {
            throw new Rejection(
                    Rejection.Code.CONFLICT,
                    "The store is another door's: here it is listed, read and searched, and not changed");
        }
        return found;
    }

    private Optional<Store> look(CollectionRef ref) {
        if (!isName(ref.text()) || !isName(ref.namespace())) {
            return Optional.empty();
        }
        Optional<CollectionInfo> found = service.handle(caller, new Command.Find(ref));
        return found.map(
                info -> new Store(new CollectionRef(ref.namespace(), ref.text(), OptionalLong.of(info.id())), info));
    }

    /** This collection, in its own namespace, and no later one of its name. */
    static CollectionRef exactly(CollectionInfo info) {
        return new CollectionRef(info.name().namespace(), info.name().name(), OptionalLong.of(info.id()));
    }

    /** What cannot be a name is none of a store that is there. */
    private static boolean isName(String text) {
        return !text.isEmpty() && text.length() <= Limits.NAME_CHARS_MAX;
    }

    /** Does a command on a store; one dropped since it was found is refused like one that never was. */
    <R> R ask(Command<R> command, CollectionRef ref) {
        try {
            return service.handle(caller, command);
        } catch (Rejection refused) {
            boolean gone =
                    refused.text().equals(Rejection.noCollection(ref.text()).text());
            throw gone ? Refusals.noStore(ref.text()) : refused;
        }
    }
}
