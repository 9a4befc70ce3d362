package dev.kith.doors.idios;

import dev.kith.doors.idios.Problem.Place;
import dev.kith.vectors.Value;
import java.net.IDN;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The addresses that images are known by, by the rules of pydantic 1's {@code HttpUrl}: a scheme, a host with a dot or
 * an address, at most 2,083 characters; kept as they are, but for space around them and for international hosts, which
 * become ASCII.
 */
final class WebAddress {
    static final int CHARS_MAX = 2_083;
    private static final int PORT_MAX = 65_535;
    private static final int LABEL_CHARS_MAX = 63;
    /** Last character that an international label may have. */
    private static final int CHARACTER_MAX = 0x40000;

    private static final String SPACE = "\\s\\x1c-\\x1f";
    private static final Pattern PARTS = Pattern.compile(
            ("(?:(?<scheme>[a-z][a-z0-9+\\-.]+)://)?"
                            + "(?:(?<user>[^_:/]*)(?::(?<password>[^_/]*))?@)?"
                            + "(?:(?<four>(?:\\d{1,3}\\.){3}\\d{1,3})(?=$|[/:#?])"
                            + "|(?<six>\\[[A-F0-9]*:[A-F0-9:]+\\])(?=$|[/:#?])"
                            + "|(?<domain>[^_/:?#]+))?(?::(?<port>\\d+))?"
                            + "(?<path>/[^_?#]*)?(?:\\?(?<query>[^_#]*))?(?:#(?<fragment>[^_#]*))?")
                    .replace("_", SPACE),
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE | Pattern.UNICODE_CHARACTER_CLASS);

    private final String text;
    private final Place place;
    private final Matcher parts;

    private WebAddress(String text, Place place) {
        this.text = text;
        this.place = place;
        this.parts = PARTS.matcher(text);
    }

    /** What an address is kept as; where it is none, the problem is added. */
    static Optional<String> check(String given, Place place, List<Problem> problems) {
        String text = strip(given);
        WebAddress address = new WebAddress(text, place);
        Optional<Problem> problem = address.length().or(address::form);
        if (problem.isPresent()) {
            problems.add(problem.get());
            return Optional.empty();
        }
        return address.host(problems);
    }

    private static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isSpace(text.charAt(from))) {
            from++;
        }
        while (from < to && isSpace(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }

    private Optional<Problem> length() {
        int chars = text.codePointCount(0, text.length());
        if (chars < 1) {
            return Optional.of(Problem.limit(
                    place,
                    "ensure this value has at least 1 characters",
                    "value_error.any_str.min_length",
                    new Value.Int(1)));
        }
        if (chars > CHARS_MAX) {
            return Optional.of(Problem.limit(
                    place,
                    "ensure this value has at most %d characters".formatted(CHARS_MAX),
                    "value_error.any_str.max_length",
                    new Value.Int(CHARS_MAX)));
        }
        return Optional.empty();
    }

    private Optional<Problem> form() {
        if (!parts.lookingAt()) {
            throw new IllegalStateException("Every part of an address may be absent");
        }
        String scheme = parts.group("scheme");
        if (scheme == null) {
            return Optional.of(Problem.of(place, "invalid or missing URL scheme", "value_error.url.scheme"));
        }
        if (!scheme.equalsIgnoreCase("http") && !scheme.equalsIgnoreCase("https")) {
            Value allowed = new Value.Items(List.of(new Value.Text("https"), new Value.Text("http")));
            return Optional.of(new Problem(
                    place.steps(),
                    "URL scheme not permitted",
                    "value_error.url.scheme",
                    Map.of("allowed_schemes", allowed)));
        }
        String port = parts.group("port");
        if (port != null && isAbove(port, PORT_MAX)) {
            return Optional.of(Problem.of(
                    place, "URL port invalid, port cannot exceed %d".formatted(PORT_MAX), "value_error.url.port"));
        }
        if (parts.end() != text.length()) {
            String extra = text.substring(parts.end());
            return Optional.of(new Problem(
                    place.steps(),
                    "URL invalid, extra characters found after valid URL: " + quoted(extra),
                    "value_error.url.extra",
                    Map.of("extra", new Value.Text(extra))));
        }
        return Optional.empty();
    }

    private static boolean isAbove(String digits, int max) {
        long number = 0;
        for (int i = 0; i < digits.length(); ) {
            int c = digits.codePointAt(i);
            number = Math.min(number * 10 + Character.digit(c, 10), max + 1L);
            i += Character.charCount(c);
        }
        return number > max;
    }

    /** Python's {@code repr} of a short text. */
    private static String quoted(String text) {
        String quote = text.contains("'") && !text.contains("\"") ? "\"" : "'";
        StringBuilder quoted = new StringBuilder(quote);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                case '\\' -> quoted.append("\\\\");
                case '\'' -> quoted.append(quote.equals("'") ? "\\'" : "'");
                default -> {
                    if (c < ' ' || (c >= 0x7f && c <= 0xa0)) {
                        quoted.append("\\x%02x".formatted((int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append(quote).toString();
    }

    private Optional<String> host(List<Problem> problems) {
        if (parts.group("four") != null || parts.group("six") != null) {
            return Optional.of(text);
        }
        String domain = parts.group("domain");
        if (domain == null) {
            problems.add(invalidHost());
            return Optional.empty();
        }
        List<String> labels = labels(domain);
        boolean ascii = labels.stream().allMatch(WebAddress::isAsciiLabel);
        String last = labels.getLast();
        if (ascii && labels.size() > 1 && last.length() > 1 && last.chars().allMatch(Character::isLetter)) {
            return Optional.of(text);
        }
        boolean top = labels.size() > 1 && isTop(last);
        boolean international =
                labels.subList(0, labels.size() - 1).stream().allMatch(WebAddress::isLabel) && (top || isLabel(last));
        if (!international) {
            problems.add(invalidHost());
            return Optional.empty();
        }
        if (!top) {
            problems.add(Problem.of(place, "URL host invalid, top level domain required", "value_error.url.host"));
            return Optional.empty();
        }
        return inAscii(domain, problems);
    }

    private Problem invalidHost() {
        return Problem.of(place, "URL host invalid", "value_error.url.host");
    }

    /** What is between the dots; one dot at the end is passed over. */
    private static List<String> labels(String domain) {
        String plain = domain.endsWith(".") ? domain.substring(0, domain.length() - 1) : domain;
        return Arrays.asList(plain.split("\\.", -1));
    }

    private static boolean isAsciiLabel(String label) {
        return isLabel(label) && label.chars().allMatch(c -> c < 0x80 && (c == '-' || c == '_' || isAlphanumeric(c)));
    }

    private static boolean isAlphanumeric(int c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean isLabel(String label) {
        int[] characters = label.codePoints().toArray();
        return characters.length >= 1
                && characters.length <= LABEL_CHARS_MAX
                && characters[0] != '-'
                && characters[characters.length - 1] != '-'
                && Arrays.stream(characters)
                        .allMatch(c -> c == '-' || c == '_' || isAlphanumeric(c) || (c >= 'a' && c <= CHARACTER_MAX));
    }

    /** Whether a label can be the last: letters alone, or the ASCII form of such. */
    private static boolean isTop(String label) {
        int[] characters = label.codePoints().toArray();
        if (label.toLowerCase(Locale.ROOT).startsWith("xn--")) {
            int rest = label.length() - "xn--".length();
            return rest >= 2
                    && rest <= LABEL_CHARS_MAX
                    && label.chars().allMatch(c -> c == '-' || c == '_' || isAlphanumeric(c));
        }
        return characters.length >= 2
                && characters.length <= LABEL_CHARS_MAX
                && Arrays.stream(characters).allMatch(WebAddress::isLetter);
    }

    private static boolean isLetter(int c) {
        int type = Character.getType(c);
        return Character.isLetter(c) || type == Character.LETTER_NUMBER || type == Character.OTHER_NUMBER;
    }

    private Optional<String> inAscii(String domain, List<Problem> problems) {
        String ascii;
        try {
            ascii = IDN.toASCII(domain, IDN.ALLOW_UNASSIGNED);
        } catch (IllegalArgumentException impossible) {
            problems.add(invalidHost());
            return Optional.empty();
        }
        String scheme = parts.group("scheme");
        StringBuilder rebuilt = new StringBuilder(scheme).append("://");
        String user = part("user");
        String password = part("password");
        rebuilt.append(user).append(password.isEmpty() ? "" : ":").append(password);
        rebuilt.append(user.isEmpty() && password.isEmpty() ? "" : "@").append(ascii);
        String port = part("port");
        String usual = scheme.equals("http") ? "80" : "443";
        rebuilt.append(port.isEmpty() || port.equals(usual) ? "" : ":" + port);
        rebuilt.append(part("path"));
        rebuilt.append(part("query").isEmpty() ? "" : "?" + part("query"));
        rebuilt.append(part("fragment").isEmpty() ? "" : "#" + part("fragment"));
        return Optional.of(rebuilt.toString());
    }

    private String part(String name) {
        String part = parts.group(name);
        return part == null ? "" : part;
    }
}
