package dev.kith.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Status and headers of an answer, by RFC 9112; stricter where readers differ.
 *
 * @param headers by names in lower case; those that come more than once are joined with a comma
 */
record ResponseHead(int status, Map<String, String> headers) {
    /** Bytes of status line and headers together. */
    private static final int HEAD_BYTES_MAX = 64 << 10;
    /** Interim answers before the final one. */
    private static final int INTERIM_MAX = 8;

    private static final int CONTINUE = 100;
    private static final int OK = 200;

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2})(?: .*)?");
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /** Reads the head of the final answer. */
    static ResponseHead read(InputStream in) throws IOException {
        LineReader lines = new LineReader(in, HEAD_BYTES_MAX);
        for (int interim = 0; interim <= INTERIM_MAX; interim++) {
            ResponseHead head = readOne(lines);
            if (head.status < CONTINUE || head.status >= OK) {
                return head;
            }
        }
        throw FetchException.broken();
    }

    private static ResponseHead readOne(LineReader lines) throws IOException {
        Matcher status = STATUS_LINE.matcher(lines.next());
        if (!status.matches()) {
            throw FetchException.broken();
        }
        Map<String, String> headers = new HashMap<>();
        for (String line = lines.next(); !line.isEmpty(); line = lines.next()) {
            int colon = line.indexOf(':');
            if (colon < 0
                    || line.indexOf('\r') >= 0
                    || !NAME.matcher(line.substring(0, colon)).matches()) {
                throw FetchException.broken();
            }
            headers.merge(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    stripped(line, colon + 1),
                    (one, other) -> one + "," + other);
        }
        return new ResponseHead(Integer.parseInt(status.group(1)), headers);
    }

    /** The rest of a line without the blanks around it; no pattern, whose search a hostile line could make cubic. */
    private static String stripped(String line, int from) {
        int start = from;
        int end = line.length();
        while (start < end && isBlank(line.charAt(start))) {
            start++;
        }
        while (end > start && isBlank(line.charAt(end - 1))) {
            end--;
        }
        return line.substring(start, end);
    }

    private static boolean isBlank(char character) {
        return character == ' ' || character == '\t';
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** Reads lines of one head, whose bytes are bounded together. */
    static final class LineReader {
        private final InputStream in;
        private int left;

        LineReader(InputStream in, int bytesMax) {
            this.in = in;
            this.left = bytesMax;
        }

        /** The next line, without its end. */
        String next() throws IOException {
            java.io.ByteArrayOutputStream line = new java.io.ByteArrayOutputStream();
            for (int octet = in.read(); octet != '\n'; octet = in.read()) {
                if (octet < 0 || --left < 0) {
                    throw FetchException.broken();
                }
                line.write(octet);
            }
            String text = line.toString(StandardCharsets.ISO_8859_1);
            return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
        }
    }
}
