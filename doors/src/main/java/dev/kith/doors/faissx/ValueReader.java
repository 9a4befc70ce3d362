package dev.kith.doors.faissx;

import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads values of any kind, as payloads and options have them. Belongs to one thread. */
final class ValueReader {
    /** Memory of a value in a list, and of one in a map with its name. */
    private static final long ITEM_BYTES = 32;

    private static final long FIELD_BYTES = 128;

    private final MsgpackReader reader;
    private final Allowance allowance;

    ValueReader(MsgpackReader reader, Allowance allowance) {
        this.reader = reader;
        this.allowance = allowance;
    }

    /** The next value; refuses one of more than {@link WireLimits#DEPTH_MAX} levels, and a field given twice. */
    Value read() {
        return read(0);
    }

    private Value read(int depth) {
        return switch (reader.peek()) {
            case NIL -> {
                reader.readNil();
                yield Value.NULL;
            }
            case BOOLEAN -> new Value.Bool(reader.readBoolean());
            case INTEGER -> new Value.Int(reader.readInteger());
            case REAL -> new Value.Real(reader.readNumber());
            case TEXT -> new Value.Text(reader.readText());
            case BYTES -> {
                int length = reader.readBytesLength();
                int start = reader.position();
                reader.seek(start + length);
                yield new Value.Bytes(Arrays.copyOfRange(reader.bytes(), start, start + length));
            }
            case ARRAY -> items(deeper(depth));
            case MAP -> fields(deeper(depth));
        };
    }

    private int deeper(int depth) {
        if (depth >= WireLimits.DEPTH_MAX) {
            throw MsgpackReader.malformed("more than %d levels".formatted(WireLimits.DEPTH_MAX), reader.position());
        }
        return depth + 1;
    }

    private Value.Items items(int depth) {
        int count = reader.readArray();
        allowance.take(count * ITEM_BYTES);
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(read(depth));
        }
        return new Value.Items(values);
    }

    private Value.Fields fields(int depth) {
        int count = reader.readMap();
        allowance.take(count * FIELD_BYTES);
        Map<String, Value> values = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            int at = reader.position();
            if (values.put(reader.readText(), read(depth)) != null) {
                throw MsgpackReader.malformed("a field is given twice", at);
            }
        }
        return new Value.Fields(values);
    }
}
