package dev.kith.shell.snapshot;

import java.io.ByteArrayOutputStream;
import java.util.Optional;

/**
 * Bytes from Ascii85: five characters from {@code !} to {@code u} are four bytes, highest first; {@code z} is four
 * zeros; a last group of n + 1 characters is n bytes. {@code <~} and {@code ~>} around it all may be there.
 */
final class Ascii85 {
    private static final int BASE = 85;
    private static final int GROUP_CHARS = 5;
    private static final int GROUP_BYTES = 4;

    private Ascii85() {}

    /** The bytes; nothing if the text is not of this form. */
    static Optional<byte[]> decode(String text) {
        int from = text.startsWith("<~") ? 2 : 0;
        int to = text.endsWith("~>") && text.length() >= from + 2 ? text.length() - 2 : text.length();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long group = 0;
        int chars = 0;
        for (int at = from; at < to; at++) {
            char c = text.charAt(at);
            if (c == 'z' && chars == 0) {
                append(bytes, 0, GROUP_BYTES);
                continue;
            }
            if (c < '!' || c > 'u') {
                return Optional.empty();
            }
            group = group * BASE + (c - '!');
            chars++;
            if (chars == GROUP_CHARS) {
                if (group > 0xFFFF_FFFFL) {
                    return Optional.empty();
                }
                append(bytes, group, GROUP_BYTES);
                group = 0;
                chars = 0;
            }
        }
        return chars == 0 || appendLast(bytes, group, chars) ? Optional.of(bytes.toByteArray()) : Optional.empty();
    }

    private static boolean appendLast(ByteArrayOutputStream bytes, long group, int chars) {
        long filled = group;
        for (int missing = chars; missing < GROUP_CHARS; missing++) {
            filled = filled * BASE + (BASE - 1);
        }
        append(bytes, filled, chars - 1);
        return chars > 1 && filled <= 0xFFFF_FFFFL;
    }

    private static void append(ByteArrayOutputStream bytes, long group, int count) {
        for (int at = 0; at < count; at++) {
            bytes.write((int) (group >>> (Byte.SIZE * (GROUP_BYTES - 1 - at))));
        }
    }
}
