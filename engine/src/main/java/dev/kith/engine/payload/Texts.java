package dev.kith.engine.payload;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Texts as their UTF-8 bytes: as unsigned numbers they sort by code points. A text that has half of a pair of
 * surrogates has no such bytes; payloads never hold one, but a filter may. Stateless.
 */
final class Texts {
    private Texts() {}

    /** Whether the text is one that UTF-8 can write. */
    static boolean isWhole(String text) {
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (Character.isSurrogate(unit)) {
                boolean paired = Character.isHighSurrogate(unit)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!paired) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[][] utf8(List<String> texts) {
        return texts.stream().map(Texts::utf8).toArray(byte[][]::new);
    }

    /** Whether bytes {@code from} up to but without {@code to} have the part in them. */
    static boolean contains(byte[] bytes, int from, int to, byte[] part) {
        int last = to - part.length;
        for (int at = from; at <= last; at++) {
            if (part.length == 0
                    || (bytes[at] == part[0] && Arrays.equals(bytes, at, at + part.length, part, 0, part.length))) {
                return true;
            }
        }
        return false;
    }
}
