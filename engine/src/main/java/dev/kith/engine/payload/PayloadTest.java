package dev.kith.engine.payload;

import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.math.BigDecimal;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Says of a payload, value by value, whether a filter accepts it: what a filter means. {@link RowTest} and the indexes
 * say the same, faster. Stateless.
 */
public final class PayloadTest {
    private PayloadTest() {}

    /** Refuses a filter that is nested deeper than {@link Limits#DEPTH_MAX}. */
    public static void requireShallow(Filter filter) {
        requireShallow(filter, 0);
    }

    private static void requireShallow(Filter filter, int depth) {
        if (depth > Limits.DEPTH_MAX) {
            throw Rejection.invalid("A filter has at most %d levels".formatted(Limits.DEPTH_MAX));
        }
        switch (filter) {
            case Filter.And(var filters) -> filters.forEach(inner -> requireShallow(inner, depth + 1));
            case Filter.Or(var filters) -> filters.forEach(inner -> requireShallow(inner, depth + 1));
            case Filter.Not(var inner) -> requireShallow(inner, depth + 1);
            default -> {}
        }
    }

    public static boolean accepts(Filter filter, Value.Fields payload) {
        return switch (filter) {
            case Filter.And(var filters) -> filters.stream().allMatch(inner -> accepts(inner, payload));
            case Filter.Or(var filters) -> filters.stream().anyMatch(inner -> accepts(inner, payload));
            case Filter.Not(var inner) -> !accepts(inner, payload);
            default -> any(payload, field(filter), filter);
        };
    }

    /** The field that a filter asks of, which is neither "and", "or" nor "not". */
    static FieldPath field(Filter filter) {
        return switch (filter) {
            case Filter.Equals(var field, var _) -> field;
            case Filter.In(var field, var _) -> field;
            case Filter.Range range -> range.field();
            case Filter.Exists(var field) -> field;
            case Filter.IsNull(var field) -> field;
            case Filter.Prefix(var field, var _) -> field;
            case Filter.Contains(var field, var _) -> field;
            case Filter.And _, Filter.Or _, Filter.Not _ ->
                throw new IllegalArgumentException("no question of one field: " + filter);
        };
    }

    /** Whether what a filter asks of a field is true of one value there. */
    static boolean holds(Filter filter, Value value) {
        return switch (filter) {
            case Filter.Equals(var _, var wanted) -> wanted.equals(value);
            case Filter.In(var _, var wanted) -> wanted.contains(value);
            case Filter.Range range -> isWithin(range, value);
            case Filter.Exists _ -> true;
            case Filter.IsNull _ -> value.equals(Value.NULL);
            case Filter.Prefix(var _, var prefix) ->
                value instanceof Value.Text(String text) && text.startsWith(prefix);
            case Filter.Contains(var _, var part) -> value instanceof Value.Text(String text) && text.contains(part);
            case Filter.And _, Filter.Or _, Filter.Not _ ->
                throw new IllegalArgumentException("no question of one field: " + filter);
        };
    }

    /** Whether the filter holds for the field's value, or for an element of it. */
    private static boolean any(Value.Fields payload, FieldPath field, Filter filter) {
        return any(payload.values().get(field.steps().getFirst()), field.steps(), 1, value -> holds(filter, value));
    }

    private static boolean any(@Nullable Value value, List<String> steps, int next, Predicate<Value> test) {
        boolean arrived = next == steps.size();
        if (value == null) {
            return false;
        }
        if (arrived && test.test(value)) {
            return true;
        }
        return switch (value) {
            case Value.Items(var elements) -> elements.stream().anyMatch(element -> any(element, steps, next, test));
            case Value.Fields(var fields) -> !arrived && any(fields.get(steps.get(next)), steps, next + 1, test);
            default -> false;
        };
    }

    private static boolean isWithin(Filter.Range range, Value value) {
        return range.low().map(low -> isBeyond(low, value, 1)).orElse(true)
                && range.high().map(high -> isBeyond(high, value, -1)).orElse(true);
    }

    /** @param side 1: the value is to be above the bound; −1: below it */
    private static boolean isBeyond(Filter.Bound bound, Value value, int side) {
        boolean text = bound.value() instanceof Value.Text;
        boolean comparable = text ? value instanceof Value.Text : isNumber(value);
        if (!comparable) {
            return false;
        }
        int order = side * compare(value, bound.value());
        return order > 0 || (order == 0 && bound.inclusive());
    }

    private static boolean isNumber(Value value) {
        return value instanceof Value.Int || (value instanceof Value.Real(double number) && !Double.isNaN(number));
    }

    /** Two texts by code points, or two numbers by size, exactly; neither is NaN. */
    private static int compare(Value one, Value other) {
        if (one instanceof Value.Text(String text) && other instanceof Value.Text(String bound)) {
            return compareCodePoints(text, bound);
        }
        if (one instanceof Value.Int(long a) && other instanceof Value.Int(long b)) {
            return Long.compare(a, b);
        }
        double a = approximate(one);
        double b = approximate(other);
        if (a != b || Double.isInfinite(a)) {
            return Double.compare(a, b);
        }
        return exact(one).compareTo(exact(other));
    }

    /** Other than by their UTF-16 units: of a code point beyond 16 bits the first is below some that stand alone. */
    private static int compareCodePoints(String one, String other) {
        int common = Math.min(one.length(), other.length());
        for (int i = 0; i < common; i += Character.charCount(one.codePointAt(i))) {
            int order = Integer.compare(one.codePointAt(i), other.codePointAt(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(one.length(), other.length());
    }

    private static double approximate(Value number) {
        return number instanceof Value.Int(long whole) ? whole : ((Value.Real) number).value();
    }

    private static BigDecimal exact(Value number) {
        return number instanceof Value.Int(long whole)
                ? BigDecimal.valueOf(whole)
                : new BigDecimal(((Value.Real) number).value());
    }
}
