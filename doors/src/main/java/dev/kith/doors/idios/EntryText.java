package dev.kith.doors.idios;

import dev.kith.images.Images;
import dev.kith.vectors.Value;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads one entry of a dump from its bytes, fast where it looks as dumps do. Whatever looks otherwise, right or wrong,
 * is left to {@link PythonJson} and {@link Checks}, which say exactly what is the matter. One entry, one thread.
 *
 * <p>A number of up to 18 digits and a power of ten up to 22 is made by one multiplication or division of doubles
 * (Clinger, How to read floating point numbers accurately, 1990, section 2). That double is off by at most two units
 * in its last place, which matters for the float it is rounded to only beside the middle of two floats; there, and for
 * all other numbers, the JDK's parser decides. About 15 ns a number.
 */
final class EntryText {
    private static final int DIGITS_MAX = 18;
    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };
    /** Bits of a double's mantissa that a float has not. */
    private static final int DROPPED_BITS = Double.PRECISION - Float.PRECISION;

    private static final long DROPPED = (1L << DROPPED_BITS) - 1;
    private static final long MIDDLE = 1L << (DROPPED_BITS - 1);
    /** Units in the last place around the middle that are left to the exact parser: twice the error. */
    private static final long UNSURE = 4;

    private static final int COMPONENTS_USUAL = 512;

    private final byte[] bytes;
    private final int end;
    private int at;

    /** What is not as in a dump. */
    private static final class Unusual extends Exception {
        private static final long serialVersionUID = 1L;

        Unusual() {
            super(null, null, false, false);
        }
    }

    private EntryText(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    /** The entry in these bytes; empty where they need the thorough way. */
    static Optional<Images.Item> read(byte[] bytes, int from, int end) {
        try {
            return Optional.of(new EntryText(bytes, from, end).entry());
        } catch (Unusual | JsonFault | UnreadableBody unusual) {
            return Optional.empty();
        }
    }

    private Images.Item entry() throws Unusual, JsonFault {
        Optional<String> url = Optional.empty();
        Optional<Value.Fields> metadata = Optional.empty();
        Optional<float[]> vector = Optional.empty();
        require('{');
        boolean more = true;
        while (more) {
            skipSpace();
            String name = plainText();
            skipSpace();
            require(':');
            skipSpace();
            switch (name) {
                case "url" -> url = Optional.of(address());
                case "metadata" -> metadata = metadata();
                case "embedding" -> vector = Optional.of(vector());
                default -> throw new Unusual();
            }
            skipSpace();
            more = is(',');
            at += more ? 1 : 0;
        }
        require('}');
        if (at != end || url.isEmpty() || vector.isEmpty()) {
            throw new Unusual();
        }
        metadata.ifPresent(Checks::metadata);
        return new Images.Item(url.get(), metadata, new Images.Content.Vector(vector.get()));
    }

    private String address() throws Unusual {
        List<Problem> problems = new ArrayList<>();
        return WebAddress.check(plainText(), Problem.Place.BODY, problems).orElseThrow(Unusual::new);
    }

    /** A string without escapes. */
    private String plainText() throws Unusual {
        require('"');
        int from = at;
        while (at < end && bytes[at] != '"') {
            if (bytes[at] == '\\' || (bytes[at] >= 0 && bytes[at] < ' ')) {
                throw new Unusual();
            }
            at++;
        }
        require('"');
        String text = new String(bytes, from, at - 1 - from, StandardCharsets.UTF_8);
        if (text.indexOf('\ufffd') >= 0) {
            throw new Unusual();
        }
        return text;
    }

    private Optional<Value.Fields> metadata() throws Unusual, JsonFault {
        if (is('n')) {
            for (char c : "null".toCharArray()) {
                require(c);
            }
            return Optional.empty();
        }
        int from = at;
        at = objectEnd();
        String text = new String(bytes, from, at - from, StandardCharsets.UTF_8);
        if (text.indexOf('\ufffd') < 0 && PythonJson.parse(text) instanceof Value.Fields fields) {
            return Optional.of(fields);
        }
        throw new Unusual();
    }

    private int objectEnd() throws Unusual {
        int depth = 0;
        boolean inText = false;
        for (int i = at; i < end; i++) {
            byte b = bytes[i];
            if (inText) {
                i += b == '\\' ? 1 : 0;
                inText = b != '"';
            } else if (b == '"') {
                inText = true;
            } else if (b == '{') {
                depth++;
            } else if (b == '}') {
                depth--;
                if (depth == 0) {
                    return i + 1;
                }
            } else if (depth == 0) {
                throw new Unusual();
            }
        }
        throw new Unusual();
    }

    private float[] vector() throws Unusual {
        require('[');
        float[] components = new float[COMPONENTS_USUAL];
        int count = 0;
        boolean more = true;
        while (more) {
            skipSpace();
            if (count == components.length) {
                components = Arrays.copyOf(components, 2 * count);
            }
            components[count] = number();
            count++;
            skipSpace();
            more = is(',');
            at += more ? 1 : 0;
        }
        require(']');
        return count == components.length ? components : Arrays.copyOf(components, count);
    }

    private float number() throws Unusual {
        int begin = at;
        boolean negative = is('-');
        at += negative ? 1 : 0;
        int first = at;
        long digits = 0;
        int used = 0;
        int exponent = 0;
        int point = -1;
        for (; at < end; at++) {
            int digit = bytes[at] - '0';
            if (digit < 0 || digit > 9) {
                if (bytes[at] != '.' || point >= 0) {
                    break;
                }
                point = at;
            } else if (used < DIGITS_MAX) {
                digits = 10 * digits + digit;
                used += digits == 0 ? 0 : 1;
                exponent -= point < 0 ? 0 : 1;
            } else {
                exponent += point < 0 ? 1 : 0;
            }
        }
        int whole = (point < 0 ? at : point) - first;
        if (whole < 1 || (whole > 1 && bytes[first] == '0') || point == at - 1) {
            throw new Unusual();
        }
        exponent += exponentMark();
        if (Math.abs(exponent) < POWERS.length) {
            double value = exponent < 0 ? digits / POWERS[-exponent] : digits * POWERS[exponent];
            long low = Double.doubleToRawLongBits(value) & DROPPED;
            if (Math.abs(low - MIDDLE) > UNSURE) {
                return (float) (negative ? -value : value);
            }
        }
        return (float) Double.parseDouble(new String(bytes, begin, at - begin, StandardCharsets.US_ASCII));
    }

    /** The number after an {@code e}; 0 where there is none. */
    private int exponentMark() throws Unusual {
        if (!is('e') && !is('E')) {
            return 0;
        }
        at++;
        boolean negative = is('-');
        at += negative || is('+') ? 1 : 0;
        int from = at;
        int exponent = 0;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            exponent = Math.min(10 * exponent + bytes[at] - '0', Short.MAX_VALUE);
            at++;
        }
        if (at == from) {
            throw new Unusual();
        }
        return negative ? -exponent : exponent;
    }

    private boolean is(char c) {
        return at < end && bytes[at] == c;
    }

    private void require(char c) throws Unusual {
        if (!is(c)) {
            throw new Unusual();
        }
        at++;
    }

    private void skipSpace() {
        while (at < end && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
            at++;
        }
    }
}
