package dev.kith.doors.ahnlich;

import dev.kith.doors.grpc.Call;
import dev.kith.service.Caller;
import dev.kith.service.CollectionRef;
import dev.kith.service.Command;
import dev.kith.service.Service;
import dev.kith.vectors.CollectionInfo;
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

    Optional<Store> find(CollectionRef ref) {
        if (ref.text().isEmpty()) {
            return Optional.empty();
        }
        Optional<CollectionInfo> found = service.handle(caller, new Command.Find(ref));
        return found.map(info -> {
            info.requireAvailable();
            return new Store(new CollectionRef(ref.namespace(), ref.text(), OptionalLong.of(info.id())), info);
        });
    }

    /** Does a command on a store; one dropped since it was found is refused like one that never was. */
    <R> R ask(Command<R> command, CollectionRef ref) {
        call.requireWanted();
        try {
            return service.handle(caller, command);
        } catch (Rejection refused) {
            boolean gone =
                    refused.text().equals(Rejection.noCollection(ref.text()).text());
            throw gone ? Refusals.noStore(ref.text()) : refused;
        }
    }
}
