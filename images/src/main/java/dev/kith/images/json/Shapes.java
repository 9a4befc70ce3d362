package dev.kith.images.json;

import dev.kith.images.Images;
import dev.kith.vectors.Value;
import java.util.AbstractList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The shapes that entries, matches and their parts have on every wire of Idios, both ways. */
public final class Shapes {
    private static final String URL = "url";
    private static final String METADATA = "metadata";
    private static final String EMBEDDING = "embedding";
    private static final String SIMILARITY = "similarity";

    private Shapes() {}

    public static Value entry(Images.Entry entry) {
        return fields(URL, new Value.Text(entry.url()))
                .with(METADATA, metadata(entry.metadata()))
                .with(EMBEDDING, vector(entry.vector()));
    }

    public static Images.Entry entry(Value value) {
        Value.Fields fields = fields(value);
        return new Images.Entry(
                text(field(fields, URL)), metadata(field(fields, METADATA)), vector(field(fields, EMBEDDING)));
    }

    public static Value match(Images.Match match) {
        return fields(URL, new Value.Text(match.url()))
                .with(METADATA, metadata(match.metadata()))
                .with(SIMILARITY, new Value.Real(match.similarity()));
    }

    public static Images.Match match(Value value) {
        Value.Fields fields = fields(value);
        return new Images.Match(
                text(field(fields, URL)), metadata(field(fields, METADATA)), number(field(fields, SIMILARITY)));
    }

    public static Value outcome(Images.Outcome outcome) {
        return fields("added", texts(outcome.added()))
                .with("found", texts(outcome.found()))
                .with(
                        "failed",
                        items(
                                outcome.failed(),
                                failure -> fields(URL, new Value.Text(failure.url()))
                                        .with("error", new Value.Text(failure.error()))));
    }

    public static Images.Outcome outcome(Value value) {
        Value.Fields fields = fields(value);
        return new Images.Outcome(
                texts(field(fields, "added")), texts(field(fields, "found")), list(field(fields, "failed"), failure -> {
                    Value.Fields one = fields(failure);
                    return new Images.Failure(text(field(one, URL)), text(field(one, "error")));
                }));
    }

    public static Value metadata(Optional<Value.Fields> metadata) {
        return metadata.<Value>map(fields -> fields).orElse(Value.NULL);
    }

    public static Optional<Value.Fields> metadata(Value value) {
        return value instanceof Value.Null ? Optional.empty() : Optional.of(fields(value));
    }

    /** Components without their boxes: each becomes a number when it is written. */
    public static Value vector(float[] vector) {
        return new Value.Items(new AbstractList<>() {
            @Override
            public Value get(int index) {
                return new Value.Real(vector[index]);
            }

            @Override
            public int size() {
                return vector.length;
            }
        });
    }

    public static float[] vector(Value value) {
        List<Value> items = items(value);
        float[] vector = new float[items.size()];
        for (int at = 0; at < vector.length; at++) {
            vector[at] = (float) number(items.get(at));
        }
        return vector;
    }

    public static Value texts(List<String> texts) {
        return items(texts, Value.Text::new);
    }

    public static List<String> texts(Value value) {
        return list(value, Shapes::text);
    }

    public static <T> Value items(List<T> list, Function<T, Value> shape) {
        return new Value.Items(list.stream().map(shape).toList());
    }

    public static <T> List<T> list(Value value, Function<Value, T> shape) {
        return items(value).stream().map(shape).toList();
    }

    /** @throws JsonException where the value is no list */
    public static List<Value> items(Value value) {
        if (value instanceof Value.Items(List<Value> items)) {
            return items;
        }
        throw new JsonException("A list is missing");
    }

    public static String text(Value value) {
        if (value instanceof Value.Text(String text)) {
            return text;
        }
        throw new JsonException("A text is missing");
    }

    public static double number(Value value) {
        return switch (value) {
            case Value.Real(double number) -> number;
            case Value.Int(long number) -> number;
            default -> throw new JsonException("A number is missing");
        };
    }

    public static long whole(Value value) {
        if (value instanceof Value.Int(long number)) {
            return number;
        }
        throw new JsonException("A whole number is missing");
    }

    public static boolean truth(Value value) {
        if (value instanceof Value.Bool(boolean truth)) {
            return truth;
        }
        throw new JsonException("A truth value is missing");
    }

    public static Value.Fields fields(Value value) {
        if (value instanceof Value.Fields fields) {
            return fields;
        }
        throw new JsonException("An object is missing");
    }

    /** The value of a field; null in JSON's sense where it is not there. */
    public static Value field(Value.Fields fields, String name) {
        return fields.values().getOrDefault(name, Value.NULL);
    }

    private static Value.Fields fields(String name, Value value) {
        Map<String, Value> fields = new LinkedHashMap<>();
        fields.put(name, value);
        return new Value.Fields(fields);
    }
}
