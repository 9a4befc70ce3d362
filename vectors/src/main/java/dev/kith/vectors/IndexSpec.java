package dev.kith.vectors;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The index that a collection's owner asked for. It is recorded whether or not this version of the engine builds a
 * structure of that kind; {@link CollectionInfo#servedBy()} says what answers.
 *
 * @param kind the structure
 * @param metric what the index compares by
 * @param transform {@code ""}, or the pre-transforms in FAISS's words, comma-separated ({@code PCA64}, {@code NORM})
 * @param parameters whole-number knobs by their usual names: {@code m}, {@code m0} (twice m where it is not named),
 *     {@code ef_construction}, {@code ef_search}, {@code nlist}, {@code nprobe}, {@code pq_m}, {@code pq_bits},
 *     {@code sq_type}, {@code hash_bits}
 */
public record IndexSpec(Kind kind, Metric metric, String transform, SortedMap<String, Long> parameters) {

    /** The structures that a specification can name. */
    public enum Kind {
        FLAT,
        HNSW,
        IVF_FLAT,
        IVF_PQ,
        IVF_SQ,
        PQ,
        SQ,
        BINARY_FLAT,
        BINARY_IVF,
        BINARY_HASH
    }

    public IndexSpec {
        parameters = Collections.unmodifiableSortedMap(new TreeMap<>(parameters));
    }

    public static IndexSpec flat(Metric metric) {
        return new IndexSpec(
                metric == Metric.HAMMING ? Kind.BINARY_FLAT : Kind.FLAT, metric, "", new TreeMap<>(Map.of()));
    }

    /** Whether the transform makes the length of every vector one, and does nothing else. */
    public boolean normalises() {
        return transform.equals("NORM") || transform.equals("L2norm");
    }

    /** The metric of the vectors as they are stored that compares them as the index does. */
    public Metric searchMetric() {
        return switch (metric) {
            case L2 -> normalises() ? Metric.NORMALISED_L2 : metric;
            case INNER_PRODUCT -> normalises() ? Metric.NORMALISED_INNER_PRODUCT : metric;
            case COSINE, NORMALISED_L2, NORMALISED_INNER_PRODUCT, HAMMING -> metric;
        };
    }

    /** This specification with one parameter set. */
    public IndexSpec with(String parameter, long value) {
        SortedMap<String, Long> next = new TreeMap<>(parameters);
        next.put(parameter, value);
        return new IndexSpec(kind, metric, transform, next);
    }

    /** The parameter's value, or {@code otherwise} where it was not named. */
    public long parameter(String name, long otherwise) {
        return parameters.getOrDefault(name, otherwise);
    }
}
