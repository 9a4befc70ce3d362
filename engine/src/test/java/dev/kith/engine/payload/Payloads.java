package dev.kith.engine.payload;

import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Value;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Random payloads and filters over few names and few values, so that much is found and little is simple. One thread.
 */
public final class Payloads {
    private static final List<String> NAMES = List.of("a", "b", "n.m", "", "ü");
    private static final List<FieldPath> PATHS = Stream.of(
                    List.of("a"), List.of("b"), List.of("n.m"), List.of(""), List.of("a", "b"), List.of("ü", "a", "a"))
            .map(FieldPath::new)
            .toList();
    private static final List<Long> INTEGERS =
            List.of(0L, 1L, -1L, 2L, 3L, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 53) + 1, 1L << 53, -(1L << 53) - 1);
    private static final List<Double> FLOATS = List.of(
            0.0,
            -0.0,
            1.0,
            2.5,
            -1.5,
            0x1p53,
            0x1p63,
            -0x1p63,
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Double.MIN_VALUE);
    /** Of one and more bytes, and such as UTF-16 sorts elsewhere than code points; two too long for a key. */
    private static final List<String> TEXTS = List.of(
            "",
            "a",
            "ab",
            "abc",
            "b",
            "ä",
            "\uE000",
            "\uFFFF",
            "😀",
            "😀a",
            "a😀",
            "x".repeat(256),
            "x".repeat(257),
            "x".repeat(300) + "y");
    /** Which a filter may hold, but no payload. */
    private static final List<String> HALVES = List.of("\uD83D", "\uDE00", "a\uD83D");

    private static final int DEPTH_MAX = 3;

    private final Random random;

    public Payloads(Random random) {
        this.random = random;
    }

    /** All that filters ask of; some of them. */
    public SortedSet<FieldPath> someFields() {
        SortedSet<FieldPath> some = new TreeSet<>();
        PATHS.stream().filter(path -> random.nextBoolean()).forEach(some::add);
        return some;
    }

    static SortedSet<FieldPath> allFields() {
        return new TreeSet<>(PATHS);
    }

    public Value.Fields payload() {
        return fields(0);
    }

    private Value.Fields fields(int depth) {
        Map<String, Value> fields = new LinkedHashMap<>();
        for (String name : NAMES) {
            if (random.nextInt(5) < 2) {
                fields.put(name, value(depth + 1));
            }
        }
        return new Value.Fields(fields);
    }

    private Value value(int depth) {
        return switch (random.nextInt(depth > DEPTH_MAX ? 8 : 12)) {
            case 0 -> Value.NULL;
            case 1 -> new Value.Bool(random.nextBoolean());
            case 2, 3 -> new Value.Int(one(INTEGERS));
            case 4 -> new Value.Real(one(FLOATS));
            case 5, 6 -> new Value.Text(one(TEXTS));
            case 7 -> new Value.Bytes(one(TEXTS).getBytes(StandardCharsets.UTF_8));
            case 8, 9 -> fields(depth);
            default ->
                new Value.Items(Stream.generate(() -> value(depth + 1))
                        .limit(random.nextInt(4))
                        .toList());
        };
    }

    public Filter filter() {
        return filter(0);
    }

    private Filter filter(int depth) {
        return switch (random.nextInt(depth > DEPTH_MAX ? 8 : 13)) {
            case 0, 1 -> new Filter.Equals(one(PATHS), wanted());
            case 2 ->
                new Filter.In(
                        one(PATHS),
                        Stream.generate(this::wanted).limit(random.nextInt(12)).toList());
            case 3, 4 -> range();
            case 5 -> random.nextBoolean() ? new Filter.Exists(one(PATHS)) : new Filter.IsNull(one(PATHS));
            case 6 -> new Filter.Prefix(one(PATHS), text());
            case 7 -> new Filter.Contains(one(PATHS), text());
            case 8, 9 -> new Filter.And(filters(depth));
            case 10 -> new Filter.Not(filter(depth + 1));
            default -> new Filter.Or(filters(depth));
        };
    }

    private List<Filter> filters(int depth) {
        return Stream.generate(() -> filter(depth + 1)).limit(random.nextInt(4)).toList();
    }

    private Value wanted() {
        return random.nextInt(12) == 0 ? new Value.Text(one(HALVES)) : value(random.nextInt(6));
    }

    private String text() {
        return one(random.nextInt(6) == 0 ? HALVES : TEXTS);
    }

    private Filter range() {
        boolean texts = random.nextInt(3) == 0;
        Optional<Filter.Bound> low = random.nextInt(3) == 0 ? Optional.empty() : Optional.of(bound(texts));
        Optional<Filter.Bound> high =
                low.isPresent() && random.nextInt(3) == 0 ? Optional.empty() : Optional.of(bound(texts));
        return new Filter.Range(one(PATHS), low, high);
    }

    private Filter.Bound bound(boolean text) {
        double real = one(FLOATS);
        Value value = text
                ? new Value.Text(text())
                : random.nextBoolean() || Double.isNaN(real) ? new Value.Int(one(INTEGERS)) : new Value.Real(real);
        return new Filter.Bound(value, random.nextBoolean());
    }

    private <T> T one(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
