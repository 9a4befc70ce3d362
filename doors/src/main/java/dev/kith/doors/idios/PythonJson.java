package dev.kith.doors.idios;

import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON as Python's {@code json.loads} does, since clients see its words and offsets: NaN and the infinities are
 * numbers, of a key that comes twice the last value counts, in the place of the first. Unlike there, whole numbers
 * beyond 64 bits become floating point. One text; used by one thread.
 */
final class PythonJson {
    /** Levels of lists and objects; the metadata that the engine takes has fewer. */
    private static final int DEPTH_MAX = 256;
    /** Digits of a whole number: Python's own bound. */
    private static final int DIGITS_MAX = 4_300;

    private static final int UNICODE_DIGITS = 4;
    private static final int HEX = 16;

    private final String text;
    private int at;
    private int depth;

    private PythonJson(String text) {
        this.text = text;
    }

    /**
     * The value that a text is.
     *
     * @throws JsonFault where it is none
     * @throws UnreadableBody where it is one that cannot be held: too deep, or with half a surrogate pair
     */
    static Value parse(String text) throws JsonFault {
        PythonJson parser = new PythonJson(text);
        parser.skipSpace();
        Value value = parser.value();
        parser.skipSpace();
        if (parser.at != text.length()) {
            throw new JsonFault("Extra data", parser.at);
        }
        return value;
    }

    private Value value() throws JsonFault {
        if (at >= text.length()) {
            throw new JsonFault("Expecting value", at);
        }
        return switch (text.charAt(at)) {
            case '"' -> new Value.Text(string());
            case '{' -> object();
            case '[' -> array();
            case 'n' -> literal("null", Value.NULL);
            case 't' -> literal("true", new Value.Bool(true));
            case 'f' -> literal("false", new Value.Bool(false));
            case 'N' -> literal("NaN", new Value.Real(Double.NaN));
            case 'I' -> literal("Infinity", new Value.Real(Double.POSITIVE_INFINITY));
            default ->
                text.startsWith("-Infinity", at)
                        ? literal("-Infinity", new Value.Real(Double.NEGATIVE_INFINITY))
                        : number();
        };
    }

    private Value literal(String word, Value value) throws JsonFault {
        if (!text.startsWith(word, at)) {
            throw new JsonFault("Expecting value", at);
        }
        at += word.length();
        return value;
    }

    private Value object() throws JsonFault {
        enter();
        Map<String, Value> fields = new LinkedHashMap<>();
        at++;
        skipSpace();
        boolean more = !is('}');
        while (more) {
            if (!is('"')) {
                throw new JsonFault("Expecting property name enclosed in double quotes", at);
            }
            String name = string();
            skipSpace();
            if (!is(':')) {
                throw new JsonFault("Expecting ':' delimiter", at);
            }
            at++;
            skipSpace();
            fields.put(name, value());
            more = another('}');
        }
        at++;
        depth--;
        return new Value.Fields(fields);
    }

    private Value array() throws JsonFault {
        enter();
        List<Value> items = new ArrayList<>();
        at++;
        skipSpace();
        boolean more = !is(']');
        while (more) {
            items.add(value());
            more = another(']');
        }
        at++;
        depth--;
        return new Value.Items(items);
    }

    /** Whether a comma follows, and goes past it, or the end. */
    private boolean another(char end) throws JsonFault {
        skipSpace();
        if (is(end)) {
            return false;
        }
        if (!is(',')) {
            throw new JsonFault("Expecting ',' delimiter", at);
        }
        at++;
        skipSpace();
        return true;
    }

    private void enter() {
        depth++;
        if (depth > DEPTH_MAX) {
            throw new UnreadableBody();
        }
    }

    private boolean is(char c) {
        return at < text.length() && text.charAt(at) == c;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private String string() throws JsonFault {
        int begin = at;
        StringBuilder all = new StringBuilder();
        int from = begin + 1;
        int next = from;
        while (true) {
            if (next >= text.length()) {
                throw new JsonFault("Unterminated string starting at", begin);
            }
            char c = text.charAt(next);
            if (c == '"') {
                all.append(text, from, next);
                at = next + 1;
                return sound(all);
            }
            if (c == '\\') {
                all.append(text, from, next);
                next = escape(next, begin, all);
                from = next;
            } else if (c < ' ') {
                throw new JsonFault("Invalid control character at", next);
            } else {
                next++;
            }
        }
    }

    /** Appends what the escape at {@code backslash} means; where it ends. */
    private int escape(int backslash, int begin, StringBuilder all) throws JsonFault {
        int kind = backslash + 1;
        if (kind >= text.length()) {
            throw new JsonFault("Unterminated string starting at", begin);
        }
        char c = text.charAt(kind);
        if (c == 'u') {
            all.append((char) unicode(kind + 1));
            return kind + 1 + UNICODE_DIGITS;
        }
        int known = "\"\\/bfnrt".indexOf(c);
        if (known < 0) {
            throw new JsonFault("Invalid \\escape", backslash);
        }
        all.append("\"\\/\b\f\n\r\t".charAt(known));
        return kind + 1;
    }

    private int unicode(int from) throws JsonFault {
        if (from + UNICODE_DIGITS >= text.length()) {
            throw new JsonFault("Invalid \\uXXXX escape", from - 1);
        }
        int code = 0;
        for (int i = from; i < from + UNICODE_DIGITS; i++) {
            char c = text.charAt(i);
            int digit = c < 0x80 ? Character.digit(c, HEX) : -1;
            if (digit < 0) {
                throw new JsonFault("Invalid \\uXXXX escape", from - 1);
            }
            code = HEX * code + digit;
        }
        return code;
    }

    private static String sound(CharSequence all) {
        for (int i = 0; i < all.length(); i++) {
            char c = all.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < all.length()
                        && Character.isLowSurrogate(all.charAt(i + 1));
                if (!pair) {
                    throw new UnreadableBody();
                }
                i++;
            }
        }
        return all.toString();
    }

    private Value number() throws JsonFault {
        int begin = at;
        int next = is('-') ? begin + 1 : begin;
        if (!isDigit(next)) {
            throw new JsonFault("Expecting value", begin);
        }
        next = text.charAt(next) == '0' ? next + 1 : digits(next);
        int whole = next;
        if (next < text.length() && text.charAt(next) == '.' && isDigit(next + 1)) {
            next = digits(next + 1);
        }
        if (next < text.length() && (text.charAt(next) == 'e' || text.charAt(next) == 'E')) {
            int sign = next + 1 < text.length() && "+-".indexOf(text.charAt(next + 1)) >= 0 ? 1 : 0;
            next = isDigit(next + 1 + sign) ? digits(next + 1 + sign) : next;
        }
        at = next;
        String number = text.substring(begin, next);
        if (next > whole) {
            return new Value.Real(Double.parseDouble(number));
        }
        if (number.length() > DIGITS_MAX) {
            throw new UnreadableBody();
        }
        try {
            return new Value.Int(Long.parseLong(number));
        } catch (NumberFormatException beyond) {
            return new Value.Real(Double.parseDouble(number));
        }
    }

    private int digits(int from) {
        int next = from;
        while (isDigit(next)) {
            next++;
        }
        return next;
    }

    private boolean isDigit(int index) {
        return index < text.length() && text.charAt(index) >= '0' && text.charAt(index) <= '9';
    }
}
