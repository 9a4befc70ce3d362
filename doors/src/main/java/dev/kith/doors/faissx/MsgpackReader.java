package dev.kith.doors.faissx;

import dev.kith.vectors.Rejection;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A cursor over one msgpack message (the specification at github.com/msgpack/msgpack, {@code spec.md}). Every declared
 * length is compared with the bytes that remain before anything is allocated. Stricter than the specification: text is
 * valid UTF-8, the keys of maps are text, extension types are refused. Belongs to one thread.
 *
 * <p>Whatever cannot be read is a {@link Rejection} that names the byte.
 */
final class MsgpackReader {
    static final VarHandle DOUBLE = MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle FLOAT = MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

    /** The head of a float64, by far the most frequent value. */
    static final byte FLOAT64 = (byte) 0xCB;

    static final int FLOAT64_BYTES = 9;

    /** What a value is. */
    enum Kind {
        NIL,
        BOOLEAN,
        INTEGER,
        REAL,
        TEXT,
        BYTES,
        ARRAY,
        MAP
    }

    private final byte[] bytes;
    private final int end;
    private int position;

    MsgpackReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    MsgpackReader(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
    }

    byte[] bytes() {
        return bytes;
    }

    int position() {
        return position;
    }

    void seek(int to) {
        position = to;
    }

    int remaining() {
        return end - position;
    }

    static Rejection malformed(String what, int at) {
        return Rejection.invalid("Malformed request: %s (byte %d)".formatted(what, at));
    }

    /** The kind of the next value, which stays unread. */
    Kind peek() {
        need(1);
        int head = bytes[position] & 0xFF;
        if (head <= 0x7F || head >= 0xE0) {
            return Kind.INTEGER;
        }
        if (head <= 0x8F) {
            return Kind.MAP;
        }
        if (head <= 0x9F) {
            return Kind.ARRAY;
        }
        if (head <= 0xBF) {
            return Kind.TEXT;
        }
        return switch (head) {
            case 0xC0 -> Kind.NIL;
            case 0xC2, 0xC3 -> Kind.BOOLEAN;
            case 0xC4, 0xC5, 0xC6 -> Kind.BYTES;
            case 0xCA, 0xCB -> Kind.REAL;
            case 0xCC, 0xCD, 0xCE, 0xCF, 0xD0, 0xD1, 0xD2, 0xD3 -> Kind.INTEGER;
            case 0xD9, 0xDA, 0xDB -> Kind.TEXT;
            case 0xDC, 0xDD -> Kind.ARRAY;
            case 0xDE, 0xDF -> Kind.MAP;
            case 0xC1 -> throw malformed("0xC1 begins no value", position);
            default -> throw malformed("extension types are not accepted", position);
        };
    }

    private void need(int count) {
        if (count > end - position) {
            throw malformed("the message ends early", end);
        }
    }

    private Rejection expected(String what) {
        return malformed("expected " + what, position);
    }

    void readNil() {
        if (peek() != Kind.NIL) {
            throw expected("nil");
        }
        position++;
    }

    boolean readBoolean() {
        if (peek() != Kind.BOOLEAN) {
            throw expected("a boolean");
        }
        return bytes[position++] == (byte) 0xC3;
    }

    /** An integer of any width; refuses those of 2⁶³ and above. */
    long readInteger() {
        if (peek() != Kind.INTEGER) {
            throw expected("an integer");
        }
        int head = bytes[position] & 0xFF;
        if (head <= 0x7F || head >= 0xE0) {
            return bytes[position++];
        }
        int width = 1 << (head & 3);
        need(1 + width);
        int at = position + 1;
        position = at + width;
        return switch (head) {
            case 0xCC -> bytes[at] & 0xFF;
            case 0xCD -> (short) SHORT.get(bytes, at) & 0xFFFF;
            case 0xCE -> (int) INT.get(bytes, at) & 0xFFFFFFFFL;
            case 0xD0 -> bytes[at];
            case 0xD1 -> (short) SHORT.get(bytes, at);
            case 0xD2 -> (int) INT.get(bytes, at);
            default -> long64(head, at);
        };
    }

    private long long64(int head, int at) {
        long value = (long) LONG.get(bytes, at);
        if (head == 0xCF && value < 0) {
            throw malformed("an integer of 2^63 or more", at - 1);
        }
        return value;
    }

    /** A float of either width, or an integer, as a double. */
    double readNumber() {
        if (peek() == Kind.INTEGER) {
            return readInteger();
        }
        if (peek() != Kind.REAL) {
            throw expected("a number");
        }
        boolean wide = bytes[position] == FLOAT64;
        need(wide ? FLOAT64_BYTES : 5);
        int at = position + 1;
        position = at + (wide ? Double.BYTES : Float.BYTES);
        return wide ? (double) DOUBLE.get(bytes, at) : (float) FLOAT.get(bytes, at);
    }

    /** Reads an array's head; as many values follow, each of at least one byte. */
    int readArray() {
        if (peek() != Kind.ARRAY) {
            throw expected("an array");
        }
        return readLength(0x9F, 0x0F, 0xDC, 1);
    }

    /** Reads a map's head; as many pairs follow, each of at least two bytes. */
    int readMap() {
        if (peek() != Kind.MAP) {
            throw expected("a map");
        }
        return readLength(0x8F, 0x0F, 0xDE, 2);
    }

    /**
     * A length, from a head of one byte or the 16 or 32 bits behind it, checked against what remains.
     *
     * @param lastShort greatest head that holds the length itself, in the bits of {@code mask}
     * @param wide the head before 16 bits; the next one is before 32
     */
    private int readLength(int lastShort, int mask, int wide, int bytesEach) {
        int start = position;
        int head = bytes[position++] & 0xFF;
        long length;
        if (head <= lastShort) {
            length = head & mask;
        } else {
            int width = head == wide ? Short.BYTES : Integer.BYTES;
            need(width);
            length = width == Short.BYTES
                    ? (short) SHORT.get(bytes, position) & 0xFFFF
                    : (int) INT.get(bytes, position) & 0xFFFFFFFFL;
            position += width;
        }
        if (length * bytesEach > remaining()) {
            throw malformed("%d elements are declared, %d bytes remain".formatted(length, remaining()), start);
        }
        return (int) length;
    }

    /** Reads a text's or byte string's head; so many bytes follow. */
    private int readStringLength() {
        int head = bytes[position] & 0xFF;
        if (head <= 0xBF) {
            return readLength(0xBF, 0x1F, 0, 1);
        }
        boolean eight = head == 0xC4 || head == 0xD9;
        if (!eight) {
            return readLength(0, 0, head >= 0xD9 ? 0xDA : 0xC5, 1);
        }
        need(2);
        int length = bytes[position + 1] & 0xFF;
        position += 2;
        need(length);
        return length;
    }

    /** A text; refuses what is not UTF-8. */
    String readText() {
        int length = readTextLength();
        String text = text(position, length);
        position += length;
        return text;
    }

    /** A text of at most so many bytes; empty, and unread, where it is longer. */
    Optional<String> readTextUpTo(int bytesMax) {
        int start = position;
        int length = readTextLength();
        position = start;
        return length > bytesMax ? Optional.empty() : Optional.of(readText());
    }

    private int readTextLength() {
        if (peek() != Kind.TEXT) {
            throw expected("a text");
        }
        return readStringLength();
    }

    private String text(int start, int length) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, start, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed("a text is not UTF-8", start);
        }
    }

    /** Passes over a text without keeping it. */
    void skipText() {
        int length = readTextLength();
        for (int i = position; i < position + length; i++) {
            if (bytes[i] < 0) {
                text(position, length);
                break;
            }
        }
        position += length;
    }

    /** Reads a byte string's head; so many bytes follow, from {@link #position} on. */
    int readBytesLength() {
        if (peek() != Kind.BYTES) {
            throw expected("bytes");
        }
        return readStringLength();
    }

    /** Passes over a byte string. */
    void skipBytes() {
        int length = readBytesLength();
        position += length;
    }

    /** Passes over an integer, also one that is too great to be read. */
    void skipInteger() {
        if (bytes[position] == (byte) 0xCF) {
            need(1 + Long.BYTES);
            position += 1 + Long.BYTES;
        } else {
            readInteger();
        }
    }

    /** Passes over the float64 values at the front of an array; returns how many values are left of it. */
    int skipFloats(int values) {
        int left = values;
        while (left > 0 && end - position >= FLOAT64_BYTES && bytes[position] == FLOAT64) {
            position += FLOAT64_BYTES;
            left--;
        }
        return left;
    }
}
