package dev.kith.shell.language;

import java.util.Optional;

/**
 * Text between two equal quotation marks, single or double, so that it may hold every character. Inside, a backslash
 * stands before itself, a quotation mark, {@code n}, {@code r}, {@code t}, or {@code u} and four hexadecimal digits.
 */
public final class Quoted {
    private static final int UNICODE_DIGITS = 4;
    private static final int HEXADECIMAL = 16;

    private Quoted() {}

    /** The name as a statement writes it: in quotes where it has to be. */
    public static String name(String name) {
        if (!name.isEmpty() && name.chars().allMatch(c -> Cursor.isNamed((char) c))) {
            return name;
        }
        StringBuilder text = new StringBuilder("'");
        for (int at = 0; at < name.length(); at++) {
            char c = name.charAt(at);
            switch (c) {
                case '\'', '\\' -> text.append('\\').append(c);
                default -> text.append(Character.isISOControl(c) ? "\\u%04x".formatted((int) c) : c);
            }
        }
        return text.append('\'').toString();
    }

    /** Takes what is quoted here; nothing, and the cursor stays, when the mark that comes next is never repeated. */
    static Optional<String> take(Cursor cursor) {
        int start = cursor.position();
        char quote = cursor.next();
        StringBuilder text = new StringBuilder();
        while (cursor.hasMore()) {
            char c = cursor.next();
            if (c == quote) {
                return Optional.of(text.toString());
            }
            text.append(c == '\\' && cursor.hasMore() ? escaped(cursor) : c);
        }
        cursor.moveTo(start);
        return Optional.empty();
    }

    private static char escaped(Cursor cursor) {
        int at = cursor.position() - 1;
        char c = cursor.next();
        return switch (c) {
            case '\\', '\'', '"' -> c;
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode(cursor, at);
            default ->
                throw cursor.fault(at, "unknown escape \\" + c + "; there are \\\\ \\' \\\" \\n \\r \\t \\u0041");
        };
    }

    private static char unicode(Cursor cursor, int at) {
        int code = 0;
        for (int digits = 0; digits < UNICODE_DIGITS; digits++) {
            int digit = Character.digit(cursor.peek(), HEXADECIMAL);
            if (digit < 0 || !cursor.hasMore()) {
                throw cursor.fault(at, "\\u has four hexadecimal digits");
            }
            code = code * HEXADECIMAL + digit;
            cursor.next();
        }
        return (char) code;
    }
}
