package dev.kith.doors.ahnlich;

import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import dev.kith.wire.ahnlich.predicates.Predicate;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import dev.kith.wire.ahnlich.predicates.PredicateCondition.KindCase;
import java.util.ArrayList;
import java.util.List;

/**
 * Conditions as filters. {@code NotEquals} and {@code NotIn} accept entries that lack the key, with and without an
 * index. Clients build long conditions as chains, one level a link; a chain of one kind becomes one filter, so only
 * changes between the kinds count as depth. What is not whole is refused.
 */
final class Conditions {
    private Conditions() {}

    static Filter filter(PredicateCondition condition) {
        return filter(condition, 1);
    }

    /** The recursion is bounded twice: by how deep a message may nest, and by the depth that counts. */
    private static Filter filter(PredicateCondition condition, int depth) {
        if (depth > Limits.DEPTH_MAX) {
            throw Rejection.invalid(
                    "The condition changes between AND and OR more than %d levels deep".formatted(Limits.DEPTH_MAX));
        }
        return switch (condition.getKindCase()) {
            case VALUE -> predicate(condition.getValue());
            case AND -> new Filter.And(parts(condition, depth));
            case OR -> new Filter.Or(parts(condition, depth));
            case KIND_NOT_SET -> throw Rejection.invalid("A condition is neither a predicate nor AND nor OR");
        };
    }

    private static List<Filter> parts(PredicateCondition condition, int depth) {
        List<Filter> parts = new ArrayList<>();
        flatten(condition, condition.getKindCase(), depth, parts);
        return parts;
    }

    private static void flatten(PredicateCondition condition, KindCase kind, int depth, List<Filter> parts) {
        if (condition.getKindCase() != kind) {
            parts.add(filter(condition, depth + 1));
        } else if (kind == KindCase.AND) {
            var and = condition.getAnd();
            requireSides(and.hasLeft() && and.hasRight(), "AND");
            flatten(and.getLeft(), kind, depth, parts);
            flatten(and.getRight(), kind, depth, parts);
        } else {
            var or = condition.getOr();
            requireSides(or.hasLeft() && or.hasRight(), "OR");
            flatten(or.getLeft(), kind, depth, parts);
            flatten(or.getRight(), kind, depth, parts);
        }
    }

    private static void requireSides(boolean both, String operator) {
        if (!both) {
            throw Rejection.invalid("A side of %s is missing".formatted(operator));
        }
    }

    private static Filter predicate(Predicate predicate) {
        return switch (predicate.getKindCase()) {
            case EQUALS -> {
                var equals = predicate.getEquals();
                yield equal(equals.getKey(), equals.hasValue(), equals.getValue());
            }
            case NOT_EQUALS -> {
                var not = predicate.getNotEquals();
                yield new Filter.Not(equal(not.getKey(), not.hasValue(), not.getValue()));
            }
            case IN -> in(predicate.getIn().getKey(), predicate.getIn().getValuesList());
            case NOT_IN ->
                new Filter.Not(
                        in(predicate.getNotIn().getKey(), predicate.getNotIn().getValuesList()));
            case KIND_NOT_SET -> throw Rejection.invalid("A predicate is none of equals, not_equals, in and not_in");
        };
    }

    private static Filter equal(String key, boolean hasValue, MetadataValue value) {
        if (!hasValue) {
            throw Rejection.invalid("The predicate on %s has no value".formatted(RustText.quoted(key)));
        }
        return new Filter.Equals(FieldPath.of(key), Metadata.value(value));
    }

    private static Filter in(String key, List<MetadataValue> values) {
        List<Value> accepted = values.stream().map(Metadata::value).toList();
        return new Filter.In(FieldPath.of(key), accepted);
    }
}
