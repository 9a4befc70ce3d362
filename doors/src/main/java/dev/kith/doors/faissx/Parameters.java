package dev.kith.doors.faissx;

import dev.kith.vectors.IndexSpec;
import java.util.List;
import java.util.Optional;

/** The wire's names for the whole numbers of a specification. */
final class Parameters {
    /** Names in the reply of a creation. */
    static final List<Name> IN_CREATE = List.of(
            new Name("nlist", "nlist"),
            new Name("nprobe", "nprobe"),
            new Name("M", "m"),
            new Name("M", "pq_m"),
            new Name("nbits", "pq_bits"),
            new Name("qtype", "sq_type"),
            new Name("efConstruction", "ef_construction"),
            new Name("efSearch", "ef_search"),
            new Name("hash_bits", "hash_bits"));

    /** Names in a status. */
    static final List<Name> IN_STATUS = List.of(
            new Name("nlist", "nlist"),
            new Name("nprobe", "nprobe"),
            new Name("pq_m", "pq_m"),
            new Name("pq_nbits", "pq_bits"),
            new Name("hnsw_m", "m"),
            new Name("ef_search", "ef_search"),
            new Name("ef_construction", "ef_construction"),
            new Name("sq_type", "sq_type"),
            new Name("hash_bits", "hash_bits"));

    /** Names that a client may read one by one. */
    static final List<Name> READABLE = List.of(
            new Name("nprobe", "nprobe"),
            new Name("nlist", "nlist"),
            new Name("efSearch", "ef_search"),
            new Name("efConstruction", "ef_construction"),
            new Name("M", "m"),
            new Name("M", "pq_m"),
            new Name("nbits", "pq_bits"),
            new Name("qtype", "sq_type"),
            new Name("hash_bits", "hash_bits"),
            new Name("use_precomputed_table", "use_precomputed_table"));

    /**
     * One parameter.
     *
     * @param wire what FAISSx calls it
     * @param ours its name in a specification
     */
    record Name(String wire, String ours) {
        /** Its value, where the specification has one. */
        Optional<Long> in(IndexSpec spec) {
            return Optional.ofNullable(spec.parameters().get(ours));
        }
    }

    private Parameters() {}
}
