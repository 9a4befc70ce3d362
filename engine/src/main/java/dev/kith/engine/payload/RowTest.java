package dev.kith.engine.payload;

import dev.kith.engine.codec.EncodedValue;
import dev.kith.engine.codec.EncodedValue.Visitor;
import dev.kith.engine.codec.ValueCodec;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Value;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A filter made ready to be asked of encoded payloads: it looks at the fields that it names and skips the others, and
 * makes no objects but for what is compared as a whole, arrays and objects. Says what {@link PayloadTest} says.
 * Immutable.
 */
@FunctionalInterface
public interface RowTest {
    /** A list of values that is longer is hashed. */
    int LISTED_MAX = 8;

    /** The payload of a point that has none. */
    byte[] NO_PAYLOAD = ValueCodec.encode(Value.Fields.EMPTY);

    /** @param payload encoded */
    boolean accepts(byte[] payload);

    /** The same of a payload that may be missing, which is an empty one. */
    default boolean acceptsStored(byte @Nullable [] payload) {
        return accepts(payload == null ? NO_PAYLOAD : payload);
    }

    static RowTest of(Filter filter) {
        return switch (filter) {
            case Filter.And(var filters) ->
                all(filters.stream().map(RowTest::of).toArray(RowTest[]::new));
            case Filter.Or(var filters) -> any(filters.stream().map(RowTest::of).toArray(RowTest[]::new));
            case Filter.Not(var inner) -> not(of(inner));
            case Filter.Equals(var field, var wanted) -> visiting(field, equal(wanted));
            case Filter.In(var field, var wanted) -> visiting(field, oneOf(wanted));
            case Filter.Range range -> visiting(range.field(), within(range));
            case Filter.Exists(var field) -> visiting(field, (bytes, at) -> true);
            case Filter.IsNull(var field) -> visiting(field, (bytes, at) -> bytes[at] == EncodedValue.NULL);
            case Filter.Prefix(var field, var prefix) ->
                visiting(field, Texts.isWhole(prefix) ? beginning(Texts.utf8(prefix)) : decoding(filter));
            case Filter.Contains(var field, var part) ->
                visiting(field, Texts.isWhole(part) ? containing(Texts.utf8(part)) : decoding(filter));
        };
    }

    private static RowTest not(RowTest test) {
        return payload -> !test.accepts(payload);
    }

    private static RowTest all(RowTest[] tests) {
        return payload -> {
            for (RowTest test : tests) {
                if (!test.accepts(payload)) {
                    return false;
                }
            }
            return true;
        };
    }

    private static RowTest any(RowTest[] tests) {
        return payload -> {
            for (RowTest test : tests) {
                if (test.accepts(payload)) {
                    return true;
                }
            }
            return false;
        };
    }

    private static RowTest visiting(FieldPath field, Visitor test) {
        if (!field.steps().stream().allMatch(Texts::isWhole)) {
            return payload -> false; // No payload has such a name.
        }
        byte[][] path = Texts.utf8(field.steps());
        return payload -> EncodedValue.visit(payload, path, test);
    }

    /** What cannot be compared byte by byte. */
    private static Visitor decoding(Filter filter) {
        return (bytes, at) -> PayloadTest.holds(filter, EncodedValue.decode(bytes, at));
    }

    private static Visitor equal(Value wanted) {
        return switch (wanted) {
            case Value.Items _ -> decodingOnly(EncodedValue.ITEMS, wanted);
            case Value.Fields _ -> decodingOnly(EncodedValue.FIELDS, wanted);
            case Value.Text(String text) when !Texts.isWhole(text) -> (bytes, at) -> false;
            case Value.Null _, Value.Bool _, Value.Int _, Value.Real _, Value.Text _, Value.Bytes _ -> {
                byte[] encoded = ValueCodec.encode(wanted);
                yield (bytes, at) -> at + encoded.length <= bytes.length
                        && Arrays.equals(bytes, at, at + encoded.length, encoded, 0, encoded.length);
            }
        };
    }

    private static Visitor decodingOnly(byte tag, Value wanted) {
        return (bytes, at) -> bytes[at] == tag && wanted.equals(EncodedValue.decode(bytes, at));
    }

    private static Visitor oneOf(List<Value> wanted) {
        if (wanted.size() > LISTED_MAX) {
            Set<Value> set = new HashSet<>(wanted);
            return (bytes, at) -> set.contains(EncodedValue.decode(bytes, at));
        }
        Visitor[] tests = wanted.stream().map(RowTest::equal).toArray(Visitor[]::new);
        return (bytes, at) -> {
            for (Visitor test : tests) {
                if (test.visit(bytes, at)) {
                    return true;
                }
            }
            return false;
        };
    }

    private static Visitor within(Filter.Range range) {
        Filter.Bound any = range.low().or(range::high).orElseThrow();
        if (!(any.value() instanceof Value.Text)) {
            Interval interval = Interval.of(range);
            return (bytes, at) -> switch (bytes[at]) {
                case EncodedValue.INT -> interval.has(EncodedValue.number(bytes, at));
                case EncodedValue.REAL -> interval.has(EncodedValue.real(bytes, at));
                default -> false;
            };
        }
        if (!isWhole(range.low()) || !isWhole(range.high())) {
            return decoding(range);
        }
        Visitor low = beyond(range.low(), 1);
        Visitor high = beyond(range.high(), -1);
        return (bytes, at) -> bytes[at] == EncodedValue.TEXT && low.visit(bytes, at) && high.visit(bytes, at);
    }

    private static boolean isWhole(Optional<Filter.Bound> bound) {
        return bound.isEmpty() || !(bound.get().value() instanceof Value.Text(String text)) || Texts.isWhole(text);
    }

    /** @param side 1: the text is to be above the bound; −1: below it */
    private static Visitor beyond(Optional<Filter.Bound> bound, int side) {
        if (bound.isEmpty()) {
            return (bytes, at) -> true;
        }
        byte[] text = Texts.utf8(((Value.Text) bound.get().value()).value());
        return (bytes, at) -> {
            int from = at + EncodedValue.HEAD_BYTES;
            int order = Arrays.compareUnsigned(bytes, from, EncodedValue.end(bytes, at), text, 0, text.length);
            return order == 0 ? bound.get().inclusive() : order > 0 == side > 0;
        };
    }

    private static Visitor beginning(byte[] prefix) {
        return (bytes, at) -> {
            if (bytes[at] != EncodedValue.TEXT) {
                return false;
            }
            int from = at + EncodedValue.HEAD_BYTES;
            int to = from + prefix.length;
            return to <= EncodedValue.end(bytes, at) && Arrays.equals(bytes, from, to, prefix, 0, prefix.length);
        };
    }

    private static Visitor containing(byte[] part) {
        return (bytes, at) -> bytes[at] == EncodedValue.TEXT
                && Texts.contains(bytes, at + EncodedValue.HEAD_BYTES, EncodedValue.end(bytes, at), part);
    }
}
