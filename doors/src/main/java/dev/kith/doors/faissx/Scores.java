package dev.kith.doors.faissx;

import dev.kith.vectors.Metric;
import java.util.Optional;

/**
 * FAISS's numbers from ours: squared distances for L2, products for inner product, counts of bits for Hamming.
 *
 * @param metric of the wire
 * @param normalised whether the index normalises its vectors first
 */
record Scores(Metric metric, boolean normalised) {
    /** What FAISS puts where nothing was found: the worst possible number, here for Hamming. */
    private static final int HAMMING_PADDING = Integer.MAX_VALUE;

    static Scores of(FaissIndex index) {
        return new Scores(index.metric(), index.isNormalised());
    }

    /** The metric to search by; empty: the collection's own. */
    Optional<Metric> queryMetric() {
        if (!normalised) {
            return Optional.empty();
        }
        return Optional.of(metric == Metric.L2 ? Metric.NORMALISED_L2 : Metric.NORMALISED_INNER_PRODUCT);
    }

    void write(MsgpackWriter out, float score) {
        switch (metric) {
            case L2, NORMALISED_L2 -> out.real(0f - score);
            case INNER_PRODUCT, NORMALISED_INNER_PRODUCT, COSINE -> out.real(score);
            case HAMMING -> out.integer(Math.round(0f - score));
        }
    }

    void writePadding(MsgpackWriter out) {
        switch (metric) {
            case L2, NORMALISED_L2 -> out.real(Float.MAX_VALUE);
            case INNER_PRODUCT, NORMALISED_INNER_PRODUCT, COSINE -> out.real(-Float.MAX_VALUE);
            case HAMMING -> out.integer(HAMMING_PADDING);
        }
    }

    /** The score that results must exceed to be within a radius, which itself is outside. */
    float scoreAbove(double radius) {
        return switch (metric) {
            case L2, NORMALISED_L2, HAMMING -> (float) -radius;
            case INNER_PRODUCT, NORMALISED_INNER_PRODUCT, COSINE -> (float) radius;
        };
    }
}
