package dev.kith.embed.models;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The fields of one JSON object, each asked for once by name and type. Faults are {@link IllegalArgumentException} with
 * the field's place. Used by one thread.
 */
final class Fields {
    private final String place;
    private final JsonNode object;
    private final Set<String> asked = new LinkedHashSet<>();

    /** @param place where the object stands, such as {@code text.network}; empty: the whole */
    Fields(String place, JsonNode object) {
        this.place = place;
        this.object = object;
        if (!object.isObject()) {
            throw new IllegalArgumentException((place.isEmpty() ? "the file" : place) + ": is no object");
        }
    }

    boolean has(String name) {
        return object.hasNonNull(name);
    }

    String text(String name) {
        JsonNode value = need(name);
        if (!value.isTextual()) {
            throw fault(name, "is no text");
        }
        return value.textValue();
    }

    String text(String name, String otherwise) {
        asked.add(name);
        return has(name) ? text(name) : otherwise;
    }

    boolean flag(String name, boolean otherwise) {
        asked.add(name);
        if (!has(name)) {
            return otherwise;
        }
        if (!need(name).isBoolean()) {
            throw fault(name, "is neither true nor false");
        }
        return need(name).booleanValue();
    }

    long number(String name, long least, long most) {
        JsonNode value = need(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw fault(name, "is no whole number");
        }
        if (value.longValue() < least || value.longValue() > most) {
            throw fault(name, "is outside %d to %d".formatted(least, most));
        }
        return value.longValue();
    }

    int count(String name, int most) {
        return (int) number(name, 1, most);
    }

    <E extends Enum<E>> E word(String name, Class<E> type) {
        String word = text(name);
        for (E constant : type.getEnumConstants()) {
            if (spelling(constant).equals(word)) {
                return constant;
            }
        }
        List<String> words = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            words.add(spelling(constant));
        }
        throw fault(name, "is none of " + String.join(", ", words));
    }

    /** A constant as descriptors write it. */
    static String spelling(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Fields object(String name) {
        return new Fields(path(name), need(name));
    }

    <T> List<T> list(String name, Function<Fields, T> element) {
        List<T> list = new ArrayList<>();
        for (JsonNode each : array(name)) {
            list.add(element.apply(new Fields(path(name) + "[" + list.size() + "]", each)));
        }
        return list;
    }

    List<String> texts(String name) {
        List<String> list = new ArrayList<>();
        for (JsonNode each : array(name)) {
            if (!each.isTextual()) {
                throw fault(name, "holds what is no text");
            }
            list.add(each.textValue());
        }
        return list;
    }

    List<Float> floats(String name, int count) {
        List<Float> list = new ArrayList<>();
        for (JsonNode each : array(name)) {
            if (!each.isNumber()) {
                throw fault(name, "holds what is no number");
            }
            list.add(each.floatValue());
        }
        if (list.size() != count || !list.stream().allMatch(Float::isFinite)) {
            throw fault(name, "is not %d finite numbers".formatted(count));
        }
        return list;
    }

    /** Texts by name; empty where the field is absent. */
    Map<String, String> map(String name) {
        asked.add(name);
        Map<String, String> map = new LinkedHashMap<>();
        if (has(name)) {
            Fields fields = object(name);
            fields.object.fieldNames().forEachRemaining(key -> map.put(key, fields.text(key)));
        }
        return map;
    }

    /** Objects by name. */
    Map<String, Fields> objects(String name) {
        Map<String, Fields> map = new LinkedHashMap<>();
        Fields fields = object(name);
        fields.object.fieldNames().forEachRemaining(key -> map.put(key, fields.object(key)));
        return map;
    }

    /** Refuses what nobody asked for: a misspelt field must not be passed over. */
    void done() {
        object.fieldNames().forEachRemaining(name -> {
            if (!asked.contains(name)) {
                throw fault(name, "there is no such field");
            }
        });
    }

    IllegalArgumentException fault(String name, String what) {
        return new IllegalArgumentException(path(name) + ": " + what);
    }

    private JsonNode array(String name) {
        asked.add(name);
        JsonNode value = object.path(name);
        if (!value.isMissingNode() && !value.isArray()) {
            throw fault(name, "is no list");
        }
        return value;
    }

    private JsonNode need(String name) {
        asked.add(name);
        JsonNode value = object.get(name);
        if (value == null || value.isNull()) {
            throw fault(name, "is missing");
        }
        return value;
    }

    private String path(String name) {
        return place.isEmpty() ? name : place + "." + name;
    }
}
