package dev.kith.doors.faissx;

import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Metric;

/**
 * What a FAISSx type string asks for.
 *
 * @param text the string as given
 * @param spec the structure; its transform is {@code ""} or FAISS's words
 * @param idMap 0: positions are the ids; 1: an IDMap; 2: an IDMap2
 * @param base what stands behind the IDMap's colon: another index's id or a type string; empty otherwise
 */
record IndexType(String text, IndexSpec spec, int idMap, String base) {

    IndexType(String text, IndexSpec spec) {
        this(text, spec, 0, "");
    }

    boolean isIdMap() {
        return idMap > 0;
    }

    ElementType element() {
        return spec.metric().element();
    }

    /** Squared distances of normalised vectors: what a scan by cosine gives. */
    boolean isNormalised() {
        return isNormalised(spec);
    }

    static boolean isNormalised(IndexSpec spec) {
        return spec.normalises();
    }

    /** The class that FAISS would make; for an IDMap the string that was given. */
    String className() {
        return isIdMap() ? text : classNameOf(spec);
    }

    static String classNameOf(IndexSpec spec) {
        if (!spec.transform().isEmpty()) {
            return "IndexPreTransform";
        }
        return switch (spec.kind()) {
            case FLAT -> spec.metric() == Metric.INNER_PRODUCT ? "IndexFlatIP" : "IndexFlatL2";
            case HNSW -> "IndexHNSWFlat";
            case IVF_FLAT -> "IndexIVFFlat";
            case IVF_PQ -> "IndexIVFPQ";
            case IVF_SQ -> "IndexIVFScalarQuantizer";
            case PQ -> "IndexPQ";
            case SQ -> "IndexScalarQuantizer";
            case BINARY_FLAT -> "IndexBinaryFlat";
            case BINARY_IVF -> "IndexBinaryIVF";
            case BINARY_HASH -> "IndexBinaryHash";
        };
    }

    /**
     * Whether FAISS would want training first. Kith answers exactly before and after it, so this is only told, never
     * demanded. Scalar quantisers count as needing none, because their client class has no call for it.
     */
    static boolean requiresTraining(IndexSpec spec) {
        boolean learned = spec.transform().contains("PCA") || spec.transform().contains("OPQ");
        return learned
                || switch (spec.kind()) {
                    case IVF_FLAT, IVF_PQ, IVF_SQ, PQ, BINARY_IVF -> true;
                    case FLAT, HNSW, SQ, BINARY_FLAT, BINARY_HASH -> false;
                };
    }
}
