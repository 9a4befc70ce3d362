package dev.kith.doors.idios;

import dev.kith.vectors.Value;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/** Compact JSON in UTF-8, into an array that grows. Used by one thread. */
final class JsonOut {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int INITIAL_BYTES = 512;
    /** Memory of what is written, over its bytes: it is copied when it grows, and at the end. */
    static final int COPIES = 3;

    private byte[] bytes;
    private int size;
    private final StringBuilder digits = new StringBuilder();

    JsonOut() {
        this(INITIAL_BYTES);
    }

    JsonOut(int capacity) {
        bytes = new byte[capacity];
    }

    static byte[] bytes(Value value) {
        return new JsonOut().value(value).bytes();
    }

    byte[] bytes() {
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    int size() {
        return size;
    }

    JsonOut raw(char c) {
        room(1);
        bytes[size] = (byte) c;
        size++;
        return this;
    }

    /** @param ascii written as it is */
    @SuppressWarnings("deprecation") // the one copy of ASCII that makes no array on the way
    JsonOut raw(String ascii) {
        int length = ascii.length();
        room(length);
        ascii.getBytes(0, length, bytes, size);
        size += length;
        return this;
    }

    JsonOut value(Value value) {
        return switch (value) {
            case Value.Null _ -> raw("null");
            case Value.Bool(boolean truth) -> raw(truth ? "true" : "false");
            case Value.Int(long number) -> raw(Long.toString(number));
            case Value.Real(double number) -> number(number);
            case Value.Text(String text) -> text(text);
            case Value.Bytes(byte[] content) -> text(base64(content));
            case Value.Items(var items) -> {
                raw('[');
                for (int i = 0; i < items.size(); i++) {
                    comma(i).value(items.get(i));
                }
                yield raw(']');
            }
            case Value.Fields(var fields) -> {
                raw('{');
                int i = 0;
                for (Map.Entry<String, Value> field : fields.entrySet()) {
                    comma(i).text(field.getKey()).raw(':').value(field.getValue());
                    i++;
                }
                yield raw('}');
            }
        };
    }

    /** A comma before every element but the first. */
    JsonOut comma(int index) {
        return index == 0 ? this : raw(',');
    }

    JsonOut number(double number) {
        digits.setLength(0);
        PythonText.append(digits, number);
        return raw(digits.toString());
    }

    /** Components, each widened to a double and printed in full, in brackets. */
    JsonOut vector(float[] vector) {
        digits.setLength(0);
        digits.append('[');
        for (int i = 0; i < vector.length; i++) {
            if (i > 0) {
                digits.append(',');
            }
            PythonText.append(digits, vector[i]);
        }
        return raw(digits.append(']').toString());
    }

    JsonOut text(String text) {
        raw('"');
        int plain = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == '"' || c == '\\') {
                utf8(text.substring(plain, i));
                escape(c);
                plain = i + 1;
            }
        }
        utf8(plain == 0 ? text : text.substring(plain));
        return raw('"');
    }

    private void utf8(String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        room(encoded.length);
        System.arraycopy(encoded, 0, bytes, size, encoded.length);
        size += encoded.length;
    }

    private void escape(char c) {
        int known = "\"\\\b\f\n\r\t".indexOf(c);
        if (known >= 0) {
            raw('\\').raw("\"\\bfnrt".charAt(known));
        } else {
            raw("\\u00").raw((char) HEX[c >> 4]).raw((char) HEX[c & 0xf]);
        }
    }

    private void room(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), 2 * size));
        }
    }

    /** How bytes are shown in JSON, which has none. */
    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
