package dev.kith.engine.codec;

import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Names and specifications of collections as objects, for the catalogue: fields can be added without a new format. One
 * that is missing is damage, but for those that were added.
 */
public final class SpecCodec {
    private SpecCodec() {}

    public static Value.Fields encodeName(CollectionName name) {
        return new Value.Fields(Map.of(
                "tenant", new Value.Text(name.tenant()),
                "namespace", new Value.Text(name.namespace()),
                "name", new Value.Text(name.name())));
    }

    public static CollectionName decodeName(Value.Fields fields) {
        try {
            return new CollectionName(text(fields, "tenant"), text(fields, "namespace"), text(fields, "name"));
        } catch (Rejection outOfRange) {
            throw new MalformedException("a name out of range: " + outOfRange.text());
        }
    }

    public static Value.Fields encodeSpec(CollectionSpec spec) {
        Map<String, Value> parameters = new LinkedHashMap<>();
        spec.index().parameters().forEach((name, value) -> parameters.put(name, new Value.Int(value)));
        Map<String, Value> index = new LinkedHashMap<>();
        index.put("kind", word(spec.index().kind()));
        index.put("metric", word(spec.index().metric()));
        index.put("transform", new Value.Text(spec.index().transform()));
        index.put("parameters", new Value.Fields(parameters));
        Map<String, Value> fields = new LinkedHashMap<>();
        fields.put("element", word(spec.element()));
        fields.put("dimension", new Value.Int(spec.dimension()));
        fields.put("key-policy", word(spec.keyPolicy()));
        fields.put("index", new Value.Fields(index));
        List<Value> indexed = new ArrayList<>();
        spec.payloadIndexes().forEach(path -> indexed.add(steps(path)));
        fields.put("payload-indexes", new Value.Items(indexed));
        fields.put("attributes", spec.attributes());
        return new Value.Fields(fields);
    }

    public static CollectionSpec decodeSpec(Value.Fields fields) {
        try {
            return specOf(fields);
        } catch (Rejection outOfRange) {
            throw new MalformedException("a specification out of range: " + outOfRange.text());
        }
    }

    private static CollectionSpec specOf(Value.Fields fields) {
        Value.Fields index = object(fields, "index");
        SortedMap<String, Long> parameters = new TreeMap<>();
        object(index, "parameters").values().forEach((name, value) -> parameters.put(name, number(value)));
        return new CollectionSpec(
                constant(ElementType.class, text(fields, "element")),
                (int) Math.clamp(number(fields, "dimension"), -1L, Integer.MAX_VALUE),
                constant(KeyPolicy.class, text(fields, "key-policy")),
                new IndexSpec(
                        constant(IndexSpec.Kind.class, text(index, "kind")),
                        constant(Metric.class, text(index, "metric")),
                        text(index, "transform"),
                        parameters),
                paths(fields.values().getOrDefault("payload-indexes", new Value.Items(List.of()))),
                object(fields, "attributes"));
    }

    private static Value steps(FieldPath path) {
        return new Value.Items(
                path.steps().stream().map(step -> (Value) new Value.Text(step)).toList());
    }

    private static SortedSet<FieldPath> paths(Value value) {
        SortedSet<FieldPath> paths = new TreeSet<>();
        for (Value path : items(value)) {
            paths.add(new FieldPath(items(path).stream().map(SpecCodec::text).toList()));
        }
        return paths;
    }

    private static List<Value> items(Value value) {
        if (value instanceof Value.Items(var items)) {
            return items;
        }
        throw new MalformedException("a list that is none");
    }

    private static String text(Value value) {
        if (value instanceof Value.Text(String text)) {
            return text;
        }
        throw new MalformedException("a text that is none");
    }

    private static Value word(Enum<?> constant) {
        return new Value.Text(constant.name().toLowerCase(Locale.ROOT));
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String word) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(word)) {
                return constant;
            }
        }
        throw new MalformedException("an unknown " + type.getSimpleName() + " '" + word + "'");
    }

    static Value field(Value.Fields fields, String name) {
        Value value = fields.values().get(name);
        if (value == null) {
            throw new MalformedException("an object without '" + name + "'");
        }
        return value;
    }

    static String text(Value.Fields fields, String name) {
        return text(field(fields, name));
    }

    /** The object in a field. */
    public static Value.Fields object(Value.Fields fields, String name) {
        if (field(fields, name) instanceof Value.Fields object) {
            return object;
        }
        throw new MalformedException("'" + name + "' that is no object");
    }

    /** The whole number in a field. */
    public static long number(Value.Fields fields, String name) {
        return number(field(fields, name));
    }

    private static long number(Value value) {
        if (value instanceof Value.Int(long number)) {
            return number;
        }
        throw new MalformedException("a number that is none");
    }
}
