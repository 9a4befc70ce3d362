package dev.kith.shell.language;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The parts that several statements have: keys, values, maps and lists of them. */
final class Pieces {
    private static final String TEXT_ENDS = ",[]()}";
    private static final String VALUE_ENDS = ",])}";
    private static final int FIRST_COMPONENTS = 64;

    private final Cursor cursor;
    private final Agent agent;

    Pieces(Cursor cursor, Agent agent) {
        this.cursor = cursor;
        this.agent = agent;
    }

    /** One or more, with commas between them, in parentheses. */
    <T> List<T> list(Supplier<T> one) {
        List<T> all = new ArrayList<>();
        cursor.sign('(');
        do {
            all.add(one.get());
        } while (cursor.takeSign(','));
        cursor.sign(')');
        return all;
    }

    Statement.Store store() {
        return new Statement.Store(cursor.name("the name of a store"), Optional.empty());
    }

    String key() {
        return cursor.name("a key");
    }

    Statement.Entry entry() {
        cursor.sign('(');
        Key key = entryKey();
        cursor.sign(',');
        Map<String, Value> values = map();
        cursor.sign(')');
        return new Statement.Entry(key, values);
    }

    /** What an entry is known by, which is a matter of the server. */
    Key entryKey() {
        return switch (agent) {
            case DB -> new Key.Vector(vector());
            case AI -> {
                cursor.sign('[');
                Value value = value();
                cursor.sign(']');
                yield new Key.Input(value);
            }
        };
    }

    Map<String, Value> map() {
        Map<String, Value> values = new LinkedHashMap<>();
        cursor.sign('{');
        do {
            cursor.skipBlanks();
            int start = cursor.position();
            String key = key();
            cursor.sign(':');
            if (values.putIfAbsent(key, value()) != null) {
                throw cursor.fault(start, "the key " + key + " is there twice");
            }
        } while (cursor.takeSign(','));
        cursor.sign('}');
        return values;
    }

    /**
     * Text as it stands, blanks after it included, up to a comma, a bracket or a closing brace; or text in quotes; or
     * bytes. As the original has no quotes, what only begins with a quotation mark is text as it stands.
     */
    Value value() {
        cursor.skipBlanks();
        int start = cursor.position();
        if (Cursor.isQuote(cursor.peek())) {
            var quoted = Quoted.take(cursor);
            if (quoted.isPresent() && atValueEnd()) {
                return new Value.Text(quoted.get());
            }
            cursor.moveTo(start);
        }
        if (takeBytesMark('x')) {
            return new Value.Image(bytes(start));
        }
        if (takeBytesMark('a')) {
            return new Value.Audio(bytes(start));
        }
        while (cursor.hasMore() && TEXT_ENDS.indexOf(cursor.peek()) < 0) {
            cursor.next();
        }
        if (cursor.position() == start) {
            throw cursor.expected("a value (\"\" is the empty text)");
        }
        return new Value.Text(cursor.since(start));
    }

    private float[] vector() {
        cursor.sign('[');
        float[] components = new float[FIRST_COMPONENTS];
        int count = 0;
        do {
            if (count == components.length) {
                components = Arrays.copyOf(components, 2 * count);
            }
            components[count++] = number();
        } while (cursor.takeSign(','));
        cursor.sign(']');
        return Arrays.copyOf(components, count);
    }

    /** A number with sign, fraction and exponent as wanted, that a 32-bit float can hold. */
    private float number() {
        cursor.skipBlanks();
        int start = cursor.position();
        takeOneOf("+-");
        boolean whole = takeDigits();
        boolean fraction = !takeOneOf(".") || takeDigits();
        boolean exponent = true;
        if (takeOneOf("eE")) {
            takeOneOf("+-");
            exponent = takeDigits();
        }
        if (!whole || !fraction || !exponent) {
            cursor.moveTo(start);
            throw cursor.expected("a number");
        }
        float number = Float.parseFloat(cursor.since(start));
        if (!Float.isFinite(number)) {
            throw cursor.fault(start, "%s is beyond the range of 32-bit numbers".formatted(cursor.since(start)));
        }
        return number;
    }

    private boolean takeDigits() {
        int start = cursor.position();
        while (cursor.hasMore() && Cursor.isDigit(cursor.peek())) {
            cursor.next();
        }
        return cursor.position() > start;
    }

    private boolean takeOneOf(String signs) {
        if (!cursor.hasMore() || signs.indexOf(cursor.peek()) < 0) {
            return false;
        }
        cursor.next();
        return true;
    }

    /** Only with a hexadecimal digit behind it; otherwise the text happens to begin so. */
    private boolean takeBytesMark(char letter) {
        int start = cursor.position();
        if (takeOneOf("/") && takeOneOf(String.valueOf(letter)) && HexFormat.isHexDigit(cursor.peek())) {
            return true;
        }
        cursor.moveTo(start);
        return false;
    }

    private byte[] bytes(int mark) {
        int start = cursor.position();
        while (cursor.hasMore() && HexFormat.isHexDigit(cursor.peek())) {
            cursor.next();
        }
        String digits = cursor.since(start);
        if (digits.length() % 2 != 0 || !atValueEnd()) {
            throw cursor.fault(
                    mark, "/x and /a begin bytes, two hexadecimal digits each; text that begins so goes in quotes");
        }
        return HexFormat.of().parseHex(digits);
    }

    private boolean atValueEnd() {
        return !cursor.atEnd() && VALUE_ENDS.indexOf(cursor.peek()) >= 0;
    }
}
