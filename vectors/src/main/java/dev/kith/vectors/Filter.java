package dev.kith.vectors;

import java.util.List;
import java.util.Optional;

/**
 * A predicate on a point's payload. A point without payload has an empty object. It means the same with and without an
 * index of the field.
 *
 * <p>What is asked of a field is true where it is true of the value there, or, where that is an array, of one of its
 * elements; of a field that is not there nothing is true. So {@code Not(Equals(…))} accepts points that lack the field.
 */
public sealed interface Filter {
    /** Accepts every point. */
    Filter ALL = new And(List.of());

    /** Accepts no point. */
    Filter NONE = new Or(List.of());

    /** The value is this one, by content: an integer and a float are different values, as are text and bytes. */
    record Equals(FieldPath field, Value value) implements Filter {}

    /** The value is one of these; of none, never. */
    record In(FieldPath field, List<Value> values) implements Filter {
        public In {
            values = List.copyOf(values);
        }
    }

    /**
     * The value is between these bounds, of which one may be missing: numbers, whole or not, by size; texts by their
     * code points. A value of another kind than the bounds is not.
     */
    record Range(FieldPath field, Optional<Bound> low, Optional<Bound> high) implements Filter {
        public Range {
            boolean alike = low.isEmpty()
                    || high.isEmpty()
                    || low.get().isText() == high.get().isText();
            if (!alike || (low.isEmpty() && high.isEmpty())) {
                throw Rejection.invalid("A range has one bound or two of the same kind");
            }
        }
    }

    /** The field is there, whatever its value; an array without elements is there too. */
    record Exists(FieldPath field) implements Filter {}

    /** The value is null. */
    record IsNull(FieldPath field) implements Filter {}

    /** The value is a text that begins with this one. */
    record Prefix(FieldPath field, String prefix) implements Filter {}

    /** The value is a text that has this one in it. */
    record Contains(FieldPath field, String text) implements Filter {}

    /** True where the other is not. */
    record Not(Filter filter) implements Filter {}

    /** True where all of these are; of none, always. */
    record And(List<Filter> filters) implements Filter {
        public And {
            filters = List.copyOf(filters);
        }
    }

    /** True where one of these is; of none, never. */
    record Or(List<Filter> filters) implements Filter {
        public Or {
            filters = List.copyOf(filters);
        }
    }

    /**
     * An end of a range.
     *
     * @param value an integer, a float that is a number, or a text
     * @param inclusive whether the value itself is in the range
     */
    record Bound(Value value, boolean inclusive) {
        public Bound {
            boolean comparable = switch (value) {
                case Value.Int _, Value.Text _ -> true;
                case Value.Real(double number) -> !Double.isNaN(number);
                default -> false;
            };
            if (!comparable) {
                throw Rejection.invalid("A range is bounded by numbers or by texts");
            }
        }

        boolean isText() {
            return value instanceof Value.Text;
        }
    }
}
