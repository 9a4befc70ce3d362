package dev.kith.vectors;

/**
 * How alike two vectors are. Inside Kith a score is a {@code float} and <b>greater is closer</b>, for every metric; a
 * door turns it into its own number once, at its edge.
 */
public enum Metric {
    /** Score = −‖q − x‖², the negated squared Euclidean distance; in (−∞, 0]. */
    L2(ElementType.FLOAT32),
    /** Score = q · x; any finite float. */
    INNER_PRODUCT(ElementType.FLOAT32),
    /** Score = q · x / (‖q‖ ‖x‖), in [−1, 1]; a zero vector on either side scores {@link Float#NEGATIVE_INFINITY}. */
    COSINE(ElementType.FLOAT32),
    /** L2 between the vectors scaled to norm 1, where a zero vector stays zero; in [−4, 0]. */
    NORMALISED_L2(ElementType.FLOAT32),
    /** Inner product of the vectors scaled to norm 1, where a zero vector stays zero; in [−1, 1]. */
    NORMALISED_INNER_PRODUCT(ElementType.FLOAT32),
    /** Score = −(number of differing bits); a whole number in [−dimension, 0]. */
    HAMMING(ElementType.BIT);

    private final ElementType element;

    Metric(ElementType element) {
        this.element = element;
    }

    /** The element type of the vectors that this metric compares. */
    public ElementType element() {
        return element;
    }
}
