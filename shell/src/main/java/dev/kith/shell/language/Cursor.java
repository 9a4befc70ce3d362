package dev.kith.shell.language;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A place in a line, moved on by what it takes. Words end where a character comes that no name has; blanks between
 * words and signs do not matter. Every method named for a thing takes it or fails with its name; {@code take} methods
 * answer whether it was there, and take nothing if not.
 */
final class Cursor {
    private static final int FOUND_CHARS_MAX = 20;

    private final String text;
    private int at;

    Cursor(String text) {
        this.text = text;
    }

    int position() {
        return at;
    }

    void moveTo(int position) {
        at = position;
    }

    void skipBlanks() {
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
    }

    /** Whether only blanks are left. */
    boolean atEnd() {
        skipBlanks();
        return at == text.length();
    }

    /** The next character as it is, also a blank; NUL at the end. */
    char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    char next() {
        return text.charAt(at++);
    }

    boolean hasMore() {
        return at < text.length();
    }

    String since(int start) {
        return text.substring(start, at);
    }

    boolean takeSign(char sign) {
        skipBlanks();
        if (peek() != sign || !hasMore()) {
            return false;
        }
        at++;
        return true;
    }

    void sign(char sign) {
        if (!takeSign(sign)) {
            throw expected("'" + sign + "'");
        }
    }

    /** Takes the words, in any case, if they all come next. */
    boolean takeWords(String... words) {
        int start = at;
        for (String word : words) {
            skipBlanks();
            int end = at + word.length();
            if (!text.regionMatches(true, at, word, 0, word.length())
                    || (end < text.length() && isNamed(text.charAt(end)))) {
                at = start;
                return false;
            }
            at = end;
        }
        return true;
    }

    void word(String word) {
        if (!takeWords(word)) {
            throw expected(word);
        }
    }

    /** A name: letters, digits, {@code _} and {@code -}, or anything in quotes. */
    String name(String what) {
        skipBlanks();
        if (isQuote(peek())) {
            return Quoted.take(this).orElseThrow(() -> expected(what + ", and a quotation mark that ends it,"));
        }
        int start = at;
        while (hasMore() && isNamed(peek())) {
            at++;
        }
        if (start == at) {
            throw expected(what);
        }
        return since(start);
    }

    /** A word of a closed set, with dots too, in lower case; empty where none comes. */
    String choice() {
        skipBlanks();
        int start = at;
        while (hasMore() && (isNamed(peek()) || peek() == '.')) {
            at++;
        }
        return since(start).toLowerCase(Locale.ROOT);
    }

    /** One of a closed set, by its name in any case. */
    <E extends Enum<E>> E choice(Class<E> set, String what) {
        skipBlanks();
        int start = at;
        String word = choice();
        for (E one : set.getEnumConstants()) {
            if (one.name().equalsIgnoreCase(word)) {
                return one;
            }
        }
        at = start;
        throw expected(Arrays.stream(set.getEnumConstants())
                .map(one -> one.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", ", what + " (", ")")));
    }

    /** A whole number from 1. */
    long count(String what) {
        skipBlanks();
        int start = at;
        while (hasMore() && isDigit(peek())) {
            at++;
        }
        Optional<Long> count = unsigned(since(start));
        if (count.isEmpty() || count.get() == 0 || (hasMore() && isNamed(peek()))) {
            at = start;
            throw expected(what + ", a whole number from 1,");
        }
        return count.get();
    }

    /** A whole number from 1 that the wire carries in 32 bits; those above 2^31 are refused, as nothing has so many. */
    int smallCount(String what) {
        skipBlanks();
        int start = at;
        long count = count(what);
        if (count < 0 || count > Integer.MAX_VALUE) {
            throw fault(start, "%s is at most %d".formatted(what, Integer.MAX_VALUE));
        }
        return (int) count;
    }

    /** The complaint that something else stands here. */
    SyntaxException expected(String what) {
        skipBlanks();
        if (!hasMore()) {
            return new SyntaxException(at, "expected " + what + " but the line ends");
        }
        int end = Math.min(text.length(), at + FOUND_CHARS_MAX);
        String found = text.substring(at, end) + (end < text.length() ? "…" : "");
        return new SyntaxException(at, "expected %s but found %s".formatted(what, found.strip()));
    }

    SyntaxException fault(int position, String complaint) {
        return new SyntaxException(position, complaint);
    }

    static boolean isQuote(char c) {
        return c == '\'' || c == '"';
    }

    static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

    static boolean isNamed(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '_' || c == '-';
    }

    private static Optional<Long> unsigned(String digits) {
        try {
            return Optional.of(Long.parseUnsignedLong(digits));
        } catch (NumberFormatException tooLarge) {
            return Optional.empty();
        }
    }
}
