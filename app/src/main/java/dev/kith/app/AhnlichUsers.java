package dev.kith.app;

import dev.kith.doors.ahnlich.Users;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the original's file of users: TOML with the table {@code [users]}, a name and the SHA-256 of a key in
 * hexadecimal a line, and {@code min_key_length} in {@code [security]}. Of TOML it understands what such a file needs
 * and refuses the rest, since a file that is misread lets the wrong people in. No fault text contains a digest.
 */
final class AhnlichUsers {
    /** The original's default. */
    private static final int KEY_LENGTH_MIN = 16;
    /** Bytes of a file: some forty thousand users. */
    private static final long FILE_BYTES_MAX = 4L << 20;

    private static final Pattern TABLE = Pattern.compile("\\[\\s*([A-Za-z0-9_-]+)\\s*]\\s*(?:#.*)?");
    private static final Pattern PAIR = Pattern.compile("(?:([A-Za-z0-9_-]+)|\"([^\"\\\\]+)\"|'([^']+)')\\s*=\\s*"
            + "(?:(\\d{1,9})|\"([^\"\\\\]*)\"|'([^']*)')\\s*(?:#.*)?");
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    private final Map<String, byte[]> digests = new LinkedHashMap<>();
    private int keyLengthMin = KEY_LENGTH_MIN;
    private String table = "";

    private AhnlichUsers() {}

    static Users read(Path file) {
        AhnlichUsers reader = new AhnlichUsers();
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new IllegalArgumentException("has more than %d bytes".formatted(FILE_BYTES_MAX));
            }
            int number = 0;
            for (String line : Files.readAllLines(file)) {
                number++;
                reader.take(line.strip(), number);
            }
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("cannot be read", unreadable);
        }
        if (reader.digests.isEmpty()) {
            throw new IllegalArgumentException("has no users");
        }
        return new Users(reader.digests, reader.keyLengthMin);
    }

    private void take(String line, int number) {
        Matcher header = TABLE.matcher(line);
        Matcher pair = PAIR.matcher(line);
        if (header.matches()) {
            table = header.group(1);
        } else if (pair.matches()) {
            take(given(pair, 1, 3), given(pair, 4, 6), number);
        } else if (!line.isEmpty() && !line.startsWith("#")) {
            throw new IllegalArgumentException("line %d is neither a [table] nor name = value".formatted(number));
        }
    }

    private void take(String name, String value, int number) {
        if (table.equals("users")) {
            String digest = value.toLowerCase(Locale.ROOT);
            if (!DIGEST.matcher(digest).matches()) {
                throw new IllegalArgumentException(
                        "line %d: the value is not a SHA-256 digest of 64 hexadecimal digits".formatted(number));
            }
            if (digests.put(name, HexFormat.of().parseHex(digest)) != null) {
                throw new IllegalArgumentException("line %d: the user is there twice".formatted(number));
            }
        } else if (table.equals("security") && name.equals("min_key_length") && value.matches("\\d+")) {
            keyLengthMin = Integer.parseInt(value);
        } else {
            throw new IllegalArgumentException("line %d: there is no such setting".formatted(number));
        }
    }

    private static String given(Matcher matcher, int from, int to) {
        for (int group = from; group <= to; group++) {
            String text = matcher.group(group);
            if (text != null) {
                return text;
            }
        }
        throw new IllegalStateException("The pattern has matched one of them");
    }
}
