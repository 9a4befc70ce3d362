package dev.kith.engine.payload;

import dev.kith.engine.codec.EncodedValue;
import dev.kith.engine.codec.ValueCodec;
import dev.kith.vectors.Value;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Values as bytes that sort, as unsigned ones, the way the values do: a tag, then for integers and floats eight bytes
 * with the sign turned, for texts and bytes their content. So what lies in a range, and what begins with a prefix, lies
 * side by side.
 *
 * <pre>
 *   0 null   1 false   2 true   3 integer   4 float, NaN as the last   5 text   6 bytes
 *   7 an array, 8 an object: whatever is in it   9 the field is there   10 a text or bytes too long for a key
 * </pre>
 *
 * Stateless.
 */
final class FieldKeys {
    static final byte EXISTS = EncodedValue.FIELDS + 1;
    static final byte LONG = EXISTS + 1;

    /** A longer text is rather looked at in its payload than held twice. */
    static final int CONTENT_BYTES_MAX = 256;

    /** The longest key, with its tag. */
    static final int BYTES_MAX = 1 + CONTENT_BYTES_MAX;

    static final int NUMBER_BYTES = 1 + Long.BYTES;

    private static final VarHandle LONG_AT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private FieldKeys() {}

    /**
     * Writes the key of an encoded value at the place {@code to}, where {@link #BYTES_MAX} bytes are free.
     *
     * @return how long it is
     */
    static int write(byte[] value, int at, byte[] into, int to) {
        byte tag = value[at];
        into[to] = tag;
        switch (tag) {
            case EncodedValue.INT -> LONG_AT.set(into, to + 1, EncodedValue.number(value, at) ^ Long.MIN_VALUE);
            case EncodedValue.REAL -> {
                long bits = EncodedValue.number(value, at);
                LONG_AT.set(into, to + 1, bits < 0 ? ~bits : bits ^ Long.MIN_VALUE);
            }
            case EncodedValue.TEXT, EncodedValue.BYTES -> {
                int from = at + EncodedValue.HEAD_BYTES;
                int length = EncodedValue.end(value, at) - from;
                if (length > CONTENT_BYTES_MAX) {
                    into[to] = LONG;
                    return 1;
                }
                System.arraycopy(value, from, into, to + 1, length);
                return 1 + length;
            }
            default -> {
                return 1;
            }
        }
        return NUMBER_BYTES;
    }

    /** A number that sorts, signed, as the integers or floats do whose key is there. */
    static long sorted(byte[] keys, int at) {
        return (long) LONG_AT.get(keys, at + 1) ^ Long.MIN_VALUE;
    }

    /** The same number of a float; that of an integer is itself. */
    static long sorted(double real) {
        long bits = Double.doubleToLongBits(real);
        return bits < 0 ? bits ^ Long.MAX_VALUE : bits;
    }

    /** The key of a value, which is no array and no object. */
    static byte[] of(Value scalar) {
        byte[] encoded = ValueCodec.encode(scalar);
        byte[] key = new byte[BYTES_MAX];
        return Arrays.copyOf(key, write(encoded, 0, key, 0));
    }

    static byte[] of(byte tag) {
        return new byte[] {tag};
    }

    /** The key of a text's beginning, however long. */
    static byte[] ofText(byte[] content) {
        byte[] key = new byte[1 + content.length];
        key[0] = EncodedValue.TEXT;
        System.arraycopy(content, 0, key, 1, content.length);
        return key;
    }

    /** What all keys that begin with this one sort before; its last byte is not the greatest there is. */
    static byte[] after(byte[] key) {
        byte[] next = key.clone();
        next[next.length - 1]++;
        return next;
    }
}
