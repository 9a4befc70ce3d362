package dev.kith.vectors;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON value that may also be bytes: what payloads and attributes are made of. Equality is by content; an integer
 * and a float are different values.
 */
public sealed interface Value {
    Value NULL = new Null();

    record Null() implements Value {}

    record Bool(boolean value) implements Value {}

    record Int(long value) implements Value {}

    record Real(double value) implements Value {}

    record Text(String value) implements Value {}

    /** @param value owned: neither the giver nor the taker changes it afterwards */
    record Bytes(byte[] value) implements Value {
        @Override
        public boolean equals(Object other) {
            return other instanceof Bytes(byte[] those) && java.util.Arrays.equals(value, those);
        }

        @Override
        public int hashCode() {
            return java.util.Arrays.hashCode(value);
        }

        @Override
        public String toString() {
            return "Bytes[" + value.length + "]";
        }
    }

    record Items(List<Value> values) implements Value {
        public Items {
            values = Collections.unmodifiableList(new ArrayList<>(values));
        }
    }

    /** An object; fields keep their order. */
    record Fields(Map<String, Value> values) implements Value {
        public static final Fields EMPTY = new Fields(Map.of());

        public Fields {
            values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        }

        /** This object with one more field, or with that field replaced. */
        public Fields with(String name, Value value) {
            Map<String, Value> next = new LinkedHashMap<>(values);
            next.put(name, value);
            return new Fields(next);
        }
    }
}
