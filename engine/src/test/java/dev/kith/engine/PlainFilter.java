package dev.kith.engine;

import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * What filters mean, written down a second time for the model: by lists of all values that a path leads to. Stateless.
 */
final class PlainFilter {
    private PlainFilter() {}

    static boolean accepts(Filter filter, Value.Fields payload) {
        return switch (filter) {
            case Filter.And(List<Filter> all) ->
                all.stream().filter(one -> accepts(one, payload)).count() == all.size();
            case Filter.Or(List<Filter> all) ->
                all.stream().filter(one -> accepts(one, payload)).count() > 0;
            case Filter.Not(Filter other) -> !accepts(other, payload);
            case Filter.Equals(FieldPath field, Value value) ->
                values(field, payload).contains(value);
            case Filter.In(FieldPath field, List<Value> values) ->
                values(field, payload).stream().anyMatch(values::contains);
            case Filter.Exists(FieldPath field) -> !values(field, payload).isEmpty();
            case Filter.IsNull(FieldPath field) -> values(field, payload).contains(new Value.Null());
            case Filter.Prefix(FieldPath field, String prefix) ->
                texts(field, payload).stream().anyMatch(text -> text.indexOf(prefix) == 0);
            case Filter.Contains(FieldPath field, String part) ->
                texts(field, payload).stream().anyMatch(text -> text.indexOf(part) >= 0);
            case Filter.Range range ->
                values(range.field(), payload).stream()
                        .anyMatch(value -> range.low()
                                        .map(low -> compares(value, low, order -> order > 0))
                                        .orElse(true)
                                && range.high()
                                        .map(high -> compares(value, high, order -> order < 0))
                                        .orElse(true));
        };
    }

    private static List<String> texts(FieldPath field, Value.Fields payload) {
        List<String> texts = new ArrayList<>();
        for (Value value : values(field, payload)) {
            if (value instanceof Value.Text(String text)) {
                texts.add(text);
            }
        }
        return texts;
    }

    /** The values at the end of a path, and the elements of arrays there, and of arrays in those. */
    private static List<Value> values(FieldPath field, Value.Fields payload) {
        List<Value> at = List.of(payload);
        for (String name : field.steps()) {
            List<Value> next = new ArrayList<>();
            for (Value value : at) {
                for (Value each : flat(value)) {
                    if (each instanceof Value.Fields(Map<String, Value> fields) && fields.containsKey(name)) {
                        next.add(fields.get(name));
                    }
                }
            }
            at = next;
        }
        return at.stream().flatMap(value -> flat(value).stream()).toList();
    }

    private static List<Value> flat(Value value) {
        List<Value> all = new ArrayList<>(List.of(value));
        if (value instanceof Value.Items(List<Value> items)) {
            items.forEach(item -> all.addAll(flat(item)));
        }
        return all;
    }

    private static boolean compares(Value value, Filter.Bound bound, IntPredicate side) {
        int order;
        if (value instanceof Value.Text(String text) && bound.value() instanceof Value.Text(String other)) {
            order = Arrays.compare(
                    text.codePoints().toArray(), other.codePoints().toArray());
        } else if (isNumber(value) && isNumber(bound.value())) {
            order = compare(value, bound.value());
        } else {
            return false;
        }
        return side.test(order) || (order == 0 && bound.inclusive());
    }

    private static boolean isNumber(Value value) {
        return value instanceof Value.Int || (value instanceof Value.Real(double real) && !Double.isNaN(real));
    }

    private static int compare(Value one, Value other) {
        double a = real(one);
        double b = real(other);
        return Double.isInfinite(a) || Double.isInfinite(b)
                ? Double.compare(a, b)
                : exact(one).compareTo(exact(other));
    }

    private static double real(Value number) {
        return number instanceof Value.Int(long whole) ? whole : ((Value.Real) number).value();
    }

    private static BigDecimal exact(Value number) {
        return number instanceof Value.Int(long whole) ? new BigDecimal(whole) : new BigDecimal(real(number));
    }
}
