package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the fields of a message as the types that they must have; a refusal names the field. One thread's. */
final class FieldReader {
    private final TopLevel top;
    private final Allowance allowance;

    /** @param allowance what is made of the fields takes its memory from it */
    FieldReader(TopLevel top, Allowance allowance) {
        this.top = top;
        this.allowance = allowance;
    }

    Allowance allowance() {
        return allowance;
    }

    TopLevel top() {
        return top;
    }

    boolean has(String field) {
        return top.has(field);
    }

    /** The reader at a field that must be of one of these kinds. */
    MsgpackReader at(String field, String what, Kind... kinds) {
        MsgpackReader reader = top.at(field);
        Kind found = reader.peek();
        for (Kind kind : kinds) {
            if (found == kind) {
                return reader;
            }
        }
        throw wrongType(field, what, found);
    }

    static Rejection wrongType(String field, String what, Kind found) {
        return Rejection.invalid("Invalid %s: must be %s, not %s".formatted(field, what, nameOf(found)));
    }

    private static String nameOf(Kind kind) {
        return switch (kind) {
            case NIL -> "nil";
            case BOOLEAN -> "a boolean";
            case INTEGER -> "an integer";
            case REAL -> "a float";
            case TEXT -> "a string";
            case BYTES -> "bytes";
            case ARRAY -> "an array";
            case MAP -> "a map";
        };
    }

    String text(String field) {
        return at(field, "a string", Kind.TEXT).readText();
    }

    String text(String field, String otherwise) {
        return has(field) ? text(field) : otherwise;
    }

    /** The name of an index: 1 to {@link WireLimits#INDEX_ID_CHARS_MAX} characters of any kind. */
    String indexId(String field) {
        String id = text(field);
        return requireIndexId(field, id);
    }

    private static String requireIndexId(String field, String id) {
        if (id.isEmpty() || id.length() > WireLimits.INDEX_ID_CHARS_MAX) {
            throw Rejection.invalid("Invalid %s: must have 1 to %d characters, not %d"
                    .formatted(field, WireLimits.INDEX_ID_CHARS_MAX, id.length()));
        }
        return id;
    }

    long integer(String field) {
        return at(field, "an integer", Kind.INTEGER).readInteger();
    }

    /** An integer from {@code min} to {@code max}. */
    int integer(String field, int min, int max) {
        long value = integer(field);
        if (value < min || value > max) {
            throw Rejection.invalid("%s=%d out of range (%d-%d)".formatted(field, value, min, max));
        }
        return (int) value;
    }

    int integerOr(String field, int otherwise, int min, int max) {
        return has(field) ? integer(field, min, max) : otherwise;
    }

    /** A number that is not NaN. */
    double numberOr(String field, double otherwise) {
        if (!has(field)) {
            return otherwise;
        }
        double value = at(field, "a number", Kind.REAL, Kind.INTEGER).readNumber();
        if (Double.isNaN(value)) {
            throw Rejection.invalid("Invalid %s: NaN".formatted(field));
        }
        return value;
    }

    /** Ids, each an integer of at least 0. */
    long[] ids(String field) {
        MsgpackReader reader = at(field, "an array of integers", Kind.ARRAY);
        int count = reader.readArray();
        if (count > WireLimits.IDS_MAX) {
            throw Rejection.invalid(
                    "Invalid %s: %d ids exceed the maximum (%d)".formatted(field, count, WireLimits.IDS_MAX));
        }
        allowance.take((long) count * Long.BYTES);
        long[] ids = new long[count];
        for (int i = 0; i < count; i++) {
            Kind found = reader.peek();
            if (found != Kind.INTEGER) {
                throw wrongType("%s[%d]".formatted(field, i), "an integer", found);
            }
            ids[i] = requireId("%s[%d]".formatted(field, i), reader.readInteger());
        }
        return ids;
    }

    long id(String field) {
        return requireId(field, integer(field));
    }

    private static long requireId(String field, long id) {
        if (id < 0) {
            throw Rejection.invalid("Invalid %s: %d is negative".formatted(field, id));
        }
        return id;
    }

    List<String> indexIds(String field) {
        MsgpackReader reader = at(field, "an array of strings", Kind.ARRAY);
        int count = reader.readArray();
        if (count < 1 || count > WireLimits.MERGE_SOURCES_MAX) {
            throw Rejection.invalid(
                    "Invalid %s: 1 to %d are accepted, not %d".formatted(field, WireLimits.MERGE_SOURCES_MAX, count));
        }
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Kind found = reader.peek();
            if (found != Kind.TEXT) {
                throw wrongType("%s[%d]".formatted(field, i), "a string", found);
            }
            ids.add(requireIndexId(field, reader.readText()));
        }
        return ids;
    }

    /** A map of any values; empty where the field is absent. */
    Optional<Value.Fields> map(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        Value value = new ValueReader(at(field, "a map", Kind.MAP), allowance).read();
        return value instanceof Value.Fields fields ? Optional.of(fields) : Optional.empty();
    }

    /** Checks a field that is accepted and not used. */
    void accept(String field, String what, Kind... kinds) {
        if (has(field)) {
            at(field, what, kinds);
        }
    }
}
