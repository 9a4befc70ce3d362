package dev.kith.vectors;

/**
 * What a collection is. Element type, dimension and key policy never change; index and attributes may be altered.
 *
 * @param dimension components of a vector, 1 to {@link Limits#DIMENSION_MAX}
 * @param index the collection's one named index; its metric is the default of queries
 * @param attributes what the creating door wants to remember about the collection; the engine does not look inside
 */
public record CollectionSpec(
        ElementType element, int dimension, KeyPolicy keyPolicy, IndexSpec index, Value.Fields attributes) {

    public CollectionSpec {
        if (dimension < 1 || dimension > Limits.DIMENSION_MAX) {
            throw Rejection.invalid("Dimension %d out of range (1-%d)".formatted(dimension, Limits.DIMENSION_MAX));
        }
        if (index.metric().element() != element) {
            throw Rejection.invalid("Metric %s does not compare %s vectors".formatted(index.metric(), element));
        }
    }

    /** A collection of float32 vectors without keys. */
    public static CollectionSpec floats(int dimension, Metric metric) {
        return new CollectionSpec(
                ElementType.FLOAT32, dimension, KeyPolicy.NONE, IndexSpec.flat(metric), Value.Fields.EMPTY);
    }

    public CollectionSpec withIndex(IndexSpec next) {
        return new CollectionSpec(element, dimension, keyPolicy, next, attributes);
    }

    public CollectionSpec withAttributes(Value.Fields next) {
        return new CollectionSpec(element, dimension, keyPolicy, index, next);
    }
}
