package dev.kith.doors.idios;

import dev.kith.vectors.Value;
import java.util.Map;

/** How Python writes things, where clients see it or limits are counted in it. */
final class PythonText {
    private static final int ESCAPE_CHARS = 6;
    private static final int ASCII_END = 0x7f;
    /** Python writes without an exponent what is below this and not below {@link #PLAIN_MIN}; Java's bounds differ. */
    private static final double PLAIN_MAX = 1e16;

    private static final double PLAIN_MIN = 1e-4;
    private static final double JAVA_PLAIN_MAX = 1e7;
    private static final double JAVA_PLAIN_MIN = 1e-3;

    private PythonText() {}

    /** {@code repr} of a float: the shortest digits that give it back. */
    static void append(StringBuilder out, double number) {
        double size = Math.abs(number);
        if (size == 0 || (size >= JAVA_PLAIN_MIN && size < JAVA_PLAIN_MAX)) {
            out.append(number);
        } else if (Double.isFinite(number)) {
            appendWithExponent(out, number);
        } else {
            out.append(Double.isNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
        }
    }

    private static void appendWithExponent(StringBuilder out, double number) {
        String java = Double.toString(number);
        int mark = java.indexOf('E');
        String sign = number < 0 ? "-" : "";
        int point = java.indexOf('.');
        String fraction = java.substring(point + 1, mark);
        String digits = java.substring(sign.length(), point) + (fraction.equals("0") ? "" : fraction);
        int exponent = Integer.parseInt(java.substring(mark + 1));
        double size = Math.abs(number);
        out.append(sign);
        if (size >= PLAIN_MIN && size < 1) {
            out.append("0.").append("0".repeat(-exponent - 1)).append(digits);
        } else if (size >= 1 && size < PLAIN_MAX) {
            int whole = exponent + 1;
            out.append(digits, 0, Math.min(whole, digits.length()));
            out.append("0".repeat(Math.max(0, whole - digits.length()))).append('.');
            out.append(digits.length() > whole ? digits.substring(whole) : "0");
        } else {
            out.append(digits.charAt(0));
            if (digits.length() > 1) {
                out.append('.').append(digits, 1, digits.length());
            }
            out.append('e').append(exponent < 0 ? '-' : '+');
            out.append(Math.abs(exponent) < 10 ? "0" : "").append(Math.abs(exponent));
        }
    }

    static String of(double number) {
        StringBuilder out = new StringBuilder();
        append(out, number);
        return out.toString();
    }

    /** Characters of {@code json.dumps(value)}: ", " and ": " between, and ASCII alone. */
    static long jsonLength(Value value) {
        return switch (value) {
            case Value.Null _ -> "null".length();
            case Value.Bool(boolean truth) -> truth ? "true".length() : "false".length();
            case Value.Int(long number) -> Long.toString(number).length();
            case Value.Real(double number) -> of(number).length();
            case Value.Text(String text) -> jsonLength(text);
            case Value.Bytes(byte[] bytes) -> jsonLength(JsonOut.base64(bytes));
            case Value.Items(var items) -> {
                long length = 2 + 2L * Math.max(0, items.size() - 1);
                for (Value item : items) {
                    length += jsonLength(item);
                }
                yield length;
            }
            case Value.Fields(var fields) -> {
                long length = 2 + 2L * Math.max(0, fields.size() - 1);
                for (Map.Entry<String, Value> field : fields.entrySet()) {
                    length += jsonLength(field.getKey()) + 2 + jsonLength(field.getValue());
                }
                yield length;
            }
        };
    }

    private static long jsonLength(String text) {
        long length = 2;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\' || "\n\r\t\f\b".indexOf(c) >= 0) {
                length += 2;
            } else {
                length += c < ' ' || c >= ASCII_END ? ESCAPE_CHARS : 1;
            }
        }
        return length;
    }
}
