package dev.kith.doors.http;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Percent-encoded text of paths and queries (RFC 3986, section 2.1; plus signs as HTML forms have them). */
final class PercentText {
    private static final int HEX = 16;

    private PercentText() {}

    /**
     * The text meant; empty where it is malformed, not UTF-8, or has control characters.
     *
     * @param form whether a plus sign is a space
     */
    static Optional<String> decode(String text, boolean form) {
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
            return Optional.of(text);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                if (i + 2 >= text.length()) {
                    return Optional.empty();
                }
                int high = Character.digit(text.charAt(i + 1), HEX);
                int low = Character.digit(text.charAt(i + 2), HEX);
                if (high < 0 || low < 0 || HEX * high + low < ' ') {
                    return Optional.empty();
                }
                bytes.write(HEX * high + low);
                i += 2;
            } else {
                bytes.writeBytes((c == '+' && form ? " " : String.valueOf(c)).getBytes(StandardCharsets.UTF_8));
            }
        }
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString());
        } catch (CharacterCodingException malformed) {
            return Optional.empty();
        }
    }

    /** The parameters of a query; of one that comes twice the last counts. */
    static Map<String, String> query(String query) {
        Map<String, String> parameters = new HashMap<>();
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            String value = equals < 0 ? "" : pair.substring(equals + 1);
            parameters.put(text(name), text(value));
        }
        return parameters;
    }

    private static String text(String part) {
        return decode(part, true).orElseThrow(() -> new HttpRefusal(400, "The query is malformed"));
    }
}
