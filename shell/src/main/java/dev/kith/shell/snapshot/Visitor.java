package dev.kith.shell.snapshot;

import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearIndex;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import java.util.List;

/** What a snapshot is read into: the facts of one store after the other, each in the order of the file. */
interface Visitor {
    /** A store in a DB's snapshot or an AI proxy's begins; what follows belongs to it. */
    void store(StoreName name);

    void dimension(int dimension);

    void predicates(List<String> keys);

    void index(NonLinearIndex index);

    /** An entry; its vector has no number that is not finite, and may have a wrong length. */
    void entry(String id, float[] vector, StoreValue values);

    /** Something that is in the file and cannot be had, in words. */
    void loss(String what);

    /** The store is one of an AI proxy, which has models instead of entries. */
    void models(String query, String index, boolean original);

    record StoreName(String schema, String name) {
        @Override
        public String toString() {
            return schema + "/" + name;
        }
    }
}
