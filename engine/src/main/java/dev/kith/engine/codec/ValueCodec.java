package dev.kith.engine.codec;

import dev.kith.vectors.Limits;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values as bytes: a tag, then the content; counts and lengths as u32, numbers as 64 bits, all big-endian.
 *
 * <pre>
 *   0 null   1 false   2 true   3 integer i64   4 float f64   5 text: bytes, UTF-8   6 bytes: length, bytes
 *   7 items: count, values        8 fields: count, (text without tag, value) each
 * </pre>
 */
public final class ValueCodec {
    private ValueCodec() {}

    /** The bytes of a value; refuses one deeper than {@link Limits#DEPTH_MAX} levels. */
    public static byte[] encode(Value value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            write(value, new DataOutputStream(bytes), 0);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    private static void write(Value value, DataOutputStream out, int depth) throws IOException {
        if (depth > Limits.DEPTH_MAX) {
            throw Rejection.invalid("A value has at most %d levels".formatted(Limits.DEPTH_MAX));
        }
        switch (value) {
            case Value.Null() -> out.writeByte(0);
            case Value.Bool(boolean truth) -> out.writeByte(truth ? 2 : 1);
            case Value.Int(long number) -> {
                out.writeByte(3);
                out.writeLong(number);
            }
            case Value.Real(double number) -> {
                out.writeByte(4);
                out.writeDouble(number);
            }
            case Value.Text(String text) -> {
                out.writeByte(5);
                writeText(text, out);
            }
            case Value.Bytes(byte[] bytes) -> {
                out.writeByte(6);
                out.writeInt(bytes.length);
                out.write(bytes);
            }
            case Value.Items(List<Value> items) -> {
                out.writeByte(7);
                out.writeInt(items.size());
                for (Value item : items) {
                    write(item, out, depth + 1);
                }
            }
            case Value.Fields(Map<String, Value> fields) -> {
                out.writeByte(8);
                out.writeInt(fields.size());
                for (Map.Entry<String, Value> field : fields.entrySet()) {
                    writeText(field.getKey(), out);
                    write(field.getValue(), out, depth + 1);
                }
            }
        }
    }

    private static void writeText(String text, DataOutputStream out) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** The value in these bytes, all of them; {@link MalformedException} where they are none. */
    public static Value decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN);
        Value value = read(in, 0);
        MalformedException.require(!in.hasRemaining(), "bytes after a value");
        return value;
    }

    /** The object in these bytes. */
    public static Value.Fields decodeFields(byte[] bytes) {
        if (decode(bytes) instanceof Value.Fields fields) {
            return fields;
        }
        throw new MalformedException("a value that is not an object");
    }

    private static Value read(ByteBuffer in, int depth) {
        MalformedException.require(depth <= Limits.DEPTH_MAX, "a value too deep");
        MalformedException.require(in.hasRemaining(), "a value cut short");
        byte tag = in.get();
        return switch (tag) {
            case 0 -> Value.NULL;
            case 1 -> new Value.Bool(false);
            case 2 -> new Value.Bool(true);
            case 3 -> new Value.Int(need(in, Long.BYTES).getLong());
            case 4 -> new Value.Real(need(in, Double.BYTES).getDouble());
            case 5 -> new Value.Text(new String(readBytes(in), StandardCharsets.UTF_8));
            case 6 -> new Value.Bytes(readBytes(in));
            case 7 -> readItems(in, depth);
            case 8 -> readFields(in, depth);
            default -> throw new MalformedException("an unknown value tag " + tag);
        };
    }

    private static Value readItems(ByteBuffer in, int depth) {
        int count = readCount(in);
        List<Value> items = new ArrayList<>(); // Grows as items are there: a false count costs nothing.
        for (int i = 0; i < count; i++) {
            items.add(read(in, depth + 1));
        }
        return new Value.Items(items);
    }

    private static Value readFields(ByteBuffer in, int depth) {
        int count = readCount(in);
        Map<String, Value> fields = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            String name = new String(readBytes(in), StandardCharsets.UTF_8);
            fields.put(name, read(in, depth + 1));
        }
        return new Value.Fields(fields);
    }

    /** A count of things of which each takes a byte at least, so that what remains bounds it. */
    private static int readCount(ByteBuffer in) {
        int count = need(in, Integer.BYTES).getInt();
        MalformedException.require(count >= 0 && count <= in.remaining(), "a count beyond the bytes");
        return count;
    }

    private static byte[] readBytes(ByteBuffer in) {
        byte[] bytes = new byte[readCount(in)];
        in.get(bytes);
        return bytes;
    }

    private static ByteBuffer need(ByteBuffer in, int bytes) {
        MalformedException.require(in.remaining() >= bytes, "a value cut short");
        return in;
    }
}
