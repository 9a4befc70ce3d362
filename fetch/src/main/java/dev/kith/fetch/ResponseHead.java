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
    private static final Pattern HEADER = Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*");

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
            Matcher header = HEADER.matcher(line);
            if (!header.matches()) {
                throw FetchException.broken();
            }
            headers.merge(header.group(1).toLowerCase(Locale.ROOT), header.group(2), (one, other) -> one + "," + other);
        }
        return new ResponseHead(Integer.parseInt(status.group(1)), headers);
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
