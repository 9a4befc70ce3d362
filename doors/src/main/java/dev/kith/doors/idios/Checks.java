package dev.kith.doors.idios;

import dev.kith.doors.idios.Problem.Place;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;

/**
 * Makes values of fields as pydantic 1 does: numeric texts are taken as numbers, numbers as texts, fractions are cut;
 * whatever is wrong is noted, so that all of it is reported together. One request; used by one thread.
 */
final class Checks {
    /** Characters of a metadata object, written as Python writes JSON. */
    static final int METADATA_CHARS_MAX = 65_535;

    /** Levels of lists and objects in metadata, which is itself a field of the payload that the engine keeps. */
    static final int METADATA_LEVELS_MAX = Limits.DEPTH_MAX - 1;

    private static final int NUMBER_CHARS_MAX = 4_300;
    /** Problems that are reported together; the original reports all, which can be a hundred times the request. */
    private static final int PROBLEMS_MAX = 1_000;

    private final List<Problem> problems = new ArrayList<>();

    /** @throws Invalid with all problems so far, where there are as many as are reported */
    void note(Problem problem) {
        problems.add(problem);
        requireFew();
    }

    private void requireFew() {
        if (problems.size() >= PROBLEMS_MAX) {
            finish();
        }
    }

    /** Whether nothing was wrong so far. */
    boolean isSound() {
        return problems.isEmpty();
    }

    /**
     * Ends the checking.
     *
     * @throws Invalid with all problems, if there is one
     */
    void finish() {
        if (!problems.isEmpty()) {
            throw new Invalid(problems);
        }
    }

    /** A field's value as {@code check} makes it; a problem where it is missing or null. */
    <T> Optional<T> required(Value.Fields from, String name, Place place, BiFunction<Value, Place, Optional<T>> check) {
        Value value = from.values().get(name);
        if (value == null) {
            note(Problem.missing(place.to(name)));
            return Optional.empty();
        }
        return notNull(value, place.to(name), check);
    }

    /** A value that must not be null, as {@code check} makes it. */
    <T> Optional<T> notNull(Value value, Place place, BiFunction<Value, Place, Optional<T>> check) {
        if (value instanceof Value.Null) {
            note(Problem.none(place));
            return Optional.empty();
        }
        return check.apply(value, place);
    }

    /** The same, where the field may be missing or null. */
    <T> Optional<T> optional(Value.Fields from, String name, Place place, BiFunction<Value, Place, Optional<T>> check) {
        Value value = from.values().getOrDefault(name, Value.NULL);
        return value instanceof Value.Null ? Optional.empty() : check.apply(value, place.to(name));
    }

    /** An integer field that may be missing, but not null. */
    long whole(Value.Fields from, String name, Range range) {
        Value value = from.values().get(name);
        if (value == null) {
            return range.otherwise();
        }
        return notNull(value, Place.BODY.to(name), (given, place) -> range(given, place, range))
                .orElse(range.otherwise());
    }

    /** Whole numbers that are allowed, and what holds where none is given. */
    record Range(long min, long max, long otherwise) {}

    Optional<Value.Fields> object(Value value, Place place) {
        if (value instanceof Value.Fields fields) {
            return Optional.of(fields);
        }
        note(Problem.notObject(place));
        return Optional.empty();
    }

    Optional<List<Value>> list(Value value, Place place) {
        if (value instanceof Value.Items(var items)) {
            return Optional.of(items);
        }
        note(Problem.notList(place));
        return Optional.empty();
    }

    Optional<String> url(Value value, Place place) {
        Optional<String> url = text(value, place).flatMap(text -> WebAddress.check(text, place, problems));
        requireFew();
        return url;
    }

    Optional<String> text(Value value, Place place) {
        return switch (value) {
            case Value.Text(String text) -> Optional.of(text);
            case Value.Int(long number) -> Optional.of(Long.toString(number));
            case Value.Real(double number) -> Optional.of(pythonText(number));
            case Value.Bool(boolean truth) -> Optional.of(truth ? "True" : "False");
            case Value.Null _, Value.Bytes _, Value.Items _, Value.Fields _ -> {
                note(Problem.of(place, "str type expected", "type_error.str"));
                yield Optional.empty();
            }
        };
    }

    private static String pythonText(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        return PythonText.of(number);
    }

    Optional<Long> range(Value value, Place place, Range range) {
        OptionalLong number = wholeNumber(value);
        if (number.isEmpty()) {
            note(Problem.of(place, "value is not a valid integer", "type_error.integer"));
            return Optional.empty();
        }
        if (number.getAsLong() < range.min()) {
            note(Problem.limit(
                    place,
                    "ensure this value is greater than or equal to %d".formatted(range.min()),
                    "value_error.number.not_ge",
                    new Value.Int(range.min())));
            return Optional.empty();
        }
        if (number.getAsLong() > range.max()) {
            note(Problem.limit(
                    place,
                    "ensure this value is less than or equal to %d".formatted(range.max()),
                    "value_error.number.not_le",
                    new Value.Int(range.max())));
            return Optional.empty();
        }
        return Optional.of(number.getAsLong());
    }

    /** The number that Python's {@code int} makes of a value; beyond 64 bits the nearest that fits. */
    private static OptionalLong wholeNumber(Value value) {
        return switch (value) {
            case Value.Int(long number) -> OptionalLong.of(number);
            case Value.Real(double number) ->
                Double.isFinite(number) ? OptionalLong.of((long) number) : OptionalLong.empty();
            case Value.Bool(boolean truth) -> OptionalLong.of(truth ? 1 : 0);
            case Value.Text(String text) -> wholeNumber(text.strip());
            case Value.Null _, Value.Bytes _, Value.Items _, Value.Fields _ -> OptionalLong.empty();
        };
    }

    private static OptionalLong wholeNumber(String text) {
        if (text.length() > NUMBER_CHARS_MAX || !text.matches("[+-]?\\d+(?:_\\d+)*")) {
            return OptionalLong.empty();
        }
        String digits = text.replace("_", "");
        try {
            return OptionalLong.of(Long.parseLong(digits));
        } catch (NumberFormatException beyond) {
            return OptionalLong.of(digits.startsWith("-") ? Long.MIN_VALUE : Long.MAX_VALUE);
        }
    }

    /** A truth value of a query. */
    boolean truth(String text, Place place) {
        return switch (text.toLowerCase(java.util.Locale.ROOT)) {
            case "1", "on", "t", "true", "y", "yes" -> true;
            case "0", "off", "f", "false", "n", "no" -> false;
            default -> {
                note(Problem.of(place, "value could not be parsed to a boolean", "type_error.bool"));
                yield false;
            }
        };
    }

    Optional<float[]> vector(Value value, Place place) {
        Optional<List<Value>> items = list(value, place);
        if (items.isEmpty()) {
            return Optional.empty();
        }
        float[] vector = new float[items.get().size()];
        int before = problems.size();
        for (int i = 0; i < vector.length; i++) {
            int at = i;
            notNull(items.get().get(i), place.to(i), this::number).ifPresent(number -> vector[at] = number);
        }
        return problems.size() == before ? Optional.of(vector) : Optional.empty();
    }

    private Optional<Float> number(Value value, Place place) {
        Optional<Double> number = switch (value) {
            case Value.Int(long whole) -> Optional.of((double) whole);
            case Value.Real(double real) -> Optional.of(real);
            case Value.Bool(boolean truth) -> Optional.of(truth ? 1.0 : 0.0);
            case Value.Text(String text) -> parsed(text.strip());
            case Value.Null _, Value.Bytes _, Value.Items _, Value.Fields _ -> Optional.empty();
        };
        if (number.isEmpty()) {
            note(Problem.of(place, "value is not a valid float", "type_error.float"));
        }
        return number.map(Double::floatValue);
    }

    private static Optional<Double> parsed(String text) {
        return text.length() <= NUMBER_CHARS_MAX && text.matches("[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?")
                ? Optional.of(Double.parseDouble(text))
                : Optional.empty();
    }

    /**
     * Refuses metadata that is too long or too deep, or that JSON could not give back; to be called when all else is
     * well.
     *
     * @throws Invalid with that one problem; as in the original it never says in which item of an array
     */
    static void metadata(Value.Fields metadata) {
        Place place = Place.BODY.to("metadata");
        if (isDeeper(metadata, METADATA_LEVELS_MAX)) {
            throw new Invalid(List.of(Problem.of(
                    place,
                    "metadata has more than %d levels of lists and objects".formatted(METADATA_LEVELS_MAX),
                    "value_error")));
        }
        if (hasOddNumber(metadata)) {
            throw new Invalid(List.of(Problem.of(place, "metadata has a number that is not finite", "value_error")));
        }
        long length = PythonText.jsonLength(metadata);
        if (length > METADATA_CHARS_MAX) {
            throw new Invalid(List.of(Problem.of(
                    place,
                    "metadata json too long (%d > %d)".formatted(length, METADATA_CHARS_MAX),
                    "value_error.metadata_json_too_long")));
        }
    }

    /** Whether something lies below so many levels of lists and objects. */
    private static boolean isDeeper(Value value, int levels) {
        return levels < 0
                || switch (value) {
                    case Value.Items(var items) -> items.stream().anyMatch(item -> isDeeper(item, levels - 1));
                    case Value.Fields(Map<String, Value> fields) ->
                        fields.values().stream().anyMatch(field -> isDeeper(field, levels - 1));
                    case Value.Null _, Value.Bool _, Value.Int _, Value.Real _, Value.Text _, Value.Bytes _ -> false;
                };
    }

    private static boolean hasOddNumber(Value value) {
        return switch (value) {
            case Value.Real(double number) -> !Double.isFinite(number);
            case Value.Items(var items) -> items.stream().anyMatch(Checks::hasOddNumber);
            case Value.Fields(Map<String, Value> fields) ->
                fields.values().stream().anyMatch(Checks::hasOddNumber);
            case Value.Null _, Value.Bool _, Value.Int _, Value.Text _, Value.Bytes _ -> false;
        };
    }
}
