package dev.kith.vectors;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a collection is. Element type, dimension and key policy never change; the rest may be altered.
 *
 * @param dimension components of a vector, 1 to {@link Limits#DIMENSION_MAX}
 * @param index the collection's one named index; its metric is the default of queries
 * @param payloadIndexes payload fields by which filters find points without looking at all of them, at most
 *     {@link Limits#PAYLOAD_INDEXES_MAX}
 * @param attributes what the creating door wants to remember about the collection; the engine does not look inside
 */
public record CollectionSpec(
        ElementType element,
        int dimension,
        KeyPolicy keyPolicy,
        IndexSpec index,
        SortedSet<FieldPath> payloadIndexes,
        Value.Fields attributes) {

    public CollectionSpec {
        if (dimension < 1 || dimension > Limits.DIMENSION_MAX) {
            throw Rejection.invalid("Dimension %d out of range (1-%d)".formatted(dimension, Limits.DIMENSION_MAX));
        }
        if (index.metric().element() != element) {
            throw Rejection.invalid("Metric %s does not compare %s vectors".formatted(index.metric(), element));
        }
        if (payloadIndexes.size() > Limits.PAYLOAD_INDEXES_MAX) {
            throw Rejection.invalid("A collection has at most %d payload indexes, not %d"
                    .formatted(Limits.PAYLOAD_INDEXES_MAX, payloadIndexes.size()));
        }
        payloadIndexes = Collections.unmodifiableSortedSet(new TreeSet<>(payloadIndexes));
    }

    /** A collection without payload indexes and attributes. */
    public static CollectionSpec of(ElementType element, int dimension, KeyPolicy keyPolicy, IndexSpec index) {
        return new CollectionSpec(
                element, dimension, keyPolicy, index, Collections.emptySortedSet(), Value.Fields.EMPTY);
    }

    /** A collection of float32 vectors without keys. */
    public static CollectionSpec floats(int dimension, Metric metric) {
        return of(ElementType.FLOAT32, dimension, KeyPolicy.NONE, IndexSpec.flat(metric));
    }

    public CollectionSpec withIndex(IndexSpec next) {
        return new CollectionSpec(element, dimension, keyPolicy, next, payloadIndexes, attributes);
    }

    public CollectionSpec withAttributes(Value.Fields next) {
        return new CollectionSpec(element, dimension, keyPolicy, index, payloadIndexes, next);
    }

    public CollectionSpec withPayloadIndexes(SortedSet<FieldPath> next) {
        return new CollectionSpec(element, dimension, keyPolicy, index, next, attributes);
    }
}
