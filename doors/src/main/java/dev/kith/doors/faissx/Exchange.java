package dev.kith.doors.faissx;

import dev.kith.service.Caller;
import dev.kith.service.CollectionRef;
import dev.kith.service.Command;
import dev.kith.service.Service;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** One request being answered: its fields, whose it is, and the reply so far. Belongs to one thread. */
final class Exchange {
    /** The namespace of FAISSx's collections. */
    static final String NAMESPACE = "faissx";
    /** How the reference says that there is no such index, in adding, searching and training. */
    static final String DOES_NOT_EXIST = "Index %s does not exist";
    /** How it says so elsewhere. */
    static final String NOT_FOUND = "Index %s not found";

    static final String INDEX_ID = "index_id";
    private static final String VECTOR_MISMATCH = "Vector dimension mismatch: expected %d, got %d";

    private final Service service;
    private final Caller caller;
    private final FieldReader fields;
    private final Reply reply;
    /** Indexes that were there when the request was read. */
    private final List<Found> found = new ArrayList<>();

    /** @param gone how the action says that the index is not there */
    private record Found(String id, Rejection gone) {}

    Exchange(Service service, Caller caller, FieldReader fields) {
        this.service = service;
        this.caller = caller;
        this.fields = fields;
        this.reply = new Reply(fields.allowance());
    }

    FieldReader fields() {
        return fields;
    }

    Reply reply() {
        return reply;
    }

    /** What is taken here is taken before it is computed. */
    Allowance allowance() {
        return fields.allowance();
    }

    /** Does a command. Where an index was dropped since it was found, the refusal is that of one that never was. */
    <R> R ask(Command<R> command) {
        try {
            return service.handle(caller, command);
        } catch (Rejection refused) {
            throw found.stream()
                    .filter(index -> refused.text()
                            .equals(Rejection.noCollection(index.id()).text()))
                    .findFirst()
                    .map(Found::gone)
                    .orElse(refused);
        }
    }

    static CollectionRef ref(String id) {
        return new CollectionRef(NAMESPACE, id);
    }

    /** The index with this id, if there is one; refuses one that cannot be opened, and says why. */
    Optional<FaissIndex> find(String id) {
        Optional<FaissIndex> index = known(id);
        index.ifPresent(present -> present.info().requireAvailable());
        return index;
    }

    private Optional<FaissIndex> known(String id) {
        return ask(new Command.Find(ref(id))).map(present -> new FaissIndex(id, present));
    }

    /** The caller's own indexes, then other doors' collections under the ids that reach them. */
    List<FaissIndex> all() {
        List<FaissIndex> own = new ArrayList<>();
        List<FaissIndex> others = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (CollectionInfo info : ask(new Command.ListAll())) {
            CollectionName name = info.name();
            if (name.namespace().equals(NAMESPACE)) {
                own.add(new FaissIndex(name.name(), info));
                ids.add(name.name());
            } else {
                others.add(new FaissIndex(name.namespace() + "/" + name.name(), info));
            }
        }
        others.removeIf(index -> ids.contains(index.id()));
        own.addAll(others);
        return own;
    }

    /**
     * The index with this id; refuses one that cannot be opened.
     *
     * @param missing the refusal's text where there is none, with a place for the id
     */
    FaissIndex require(String id, String missing) {
        FaissIndex index = requireKnown(id, missing);
        index.info().requireAvailable();
        return index;
    }

    private FaissIndex requireKnown(String id, String missing) {
        Rejection gone = new Rejection(Rejection.Code.NOT_FOUND, missing.formatted(id));
        FaissIndex index = known(id).orElseThrow(() -> gone);
        found.add(new Found(id, gone));
        return index;
    }

    /** The index that the field {@code index_id} names; refuses one that cannot be opened. */
    FaissIndex index(String missing) {
        return require(fields.indexId(INDEX_ID), missing);
    }

    /** The same of the caller's own, also where it cannot be opened: all that can be done to it is to delete it. */
    FaissIndex indexToDelete() {
        return requireKnown(fields.indexId(INDEX_ID), NOT_FOUND).own();
    }

    /** The points of an index after it was changed; 0 where it was dropped meanwhile. */
    long pointsNow(FaissIndex index) {
        return ask(new Command.Find(index.ref())).map(CollectionInfo::points).orElse(0L);
    }

    /** The vectors in a field, of the index's width. */
    VectorBlock vectors(String field, FaissIndex index) {
        return vectors(
                index,
                new VectorDecoder.Expectation(field, VECTOR_MISMATCH, index.dimension(), WireLimits.VECTORS_MAX));
    }

    VectorBlock vectors(FaissIndex index, VectorDecoder.Expectation expected) {
        return vectors(index.spec().element(), expected);
    }

    VectorBlock vectors(ElementType element, VectorDecoder.Expectation expected) {
        return new VectorDecoder(fields.top().at(expected.field()), expected, allowance()).decode(element);
    }
}
