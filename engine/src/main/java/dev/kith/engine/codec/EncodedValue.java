package dev.kith.engine.codec;

import dev.kith.vectors.Value;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads in values that {@link ValueCodec} has encoded, without making objects of them. The bytes are such as it wrote:
 * of others, nobody knows what is read. Stateless.
 */
public final class EncodedValue {
    public static final byte NULL = 0;
    public static final byte FALSE = 1;
    public static final byte TRUE = 2;
    public static final byte INT = 3;
    public static final byte REAL = 4;
    public static final byte TEXT = 5;
    public static final byte BYTES = 6;
    public static final byte ITEMS = 7;
    public static final byte FIELDS = 8;

    /** Where the content of texts and bytes begins, after tag and length; and that of items and fields. */
    public static final int HEAD_BYTES = 1 + Integer.BYTES;

    private static final VarHandle INT_AT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG_AT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private EncodedValue() {}

    /** Is shown the places of values. */
    @FunctionalInterface
    public interface Visitor {
        /** @return whether no more values are wanted */
        boolean visit(byte[] bytes, int at);
    }

    /**
     * Visits the value that a path leads to in an encoded object, and, where that is an array, its elements, whatever
     * array they are in; on its way through arrays the path goes into every element.
     *
     * @param path names in UTF-8
     * @return whether a visit wanted no more
     */
    public static boolean visit(byte[] object, byte[][] path, Visitor visitor) {
        return visitField(object, 0, new Way(path, visitor), 0);
    }

    private record Way(byte[][] path, Visitor visitor) {}

    private static boolean visitField(byte[] bytes, int at, Way way, int step) {
        byte[] name = way.path[step];
        int count = intAt(bytes, at + 1);
        int next = at + HEAD_BYTES;
        for (int i = 0; i < count; i++) {
            int length = intAt(bytes, next);
            int from = next + Integer.BYTES;
            int value = from + length;
            if (length == name.length && Arrays.equals(bytes, from, value, name, 0, length)) {
                return visitValue(bytes, value, way, step + 1);
            }
            next = end(bytes, value);
        }
        return false;
    }

    private static boolean visitValue(byte[] bytes, int at, Way way, int step) {
        boolean arrived = step == way.path.length;
        if (arrived && way.visitor.visit(bytes, at)) {
            return true;
        }
        if (bytes[at] == FIELDS) {
            return !arrived && visitField(bytes, at, way, step);
        }
        if (bytes[at] != ITEMS) {
            return false;
        }
        int count = intAt(bytes, at + 1);
        int next = at + HEAD_BYTES;
        for (int i = 0; i < count; i++) {
            if (visitValue(bytes, next, way, step)) {
                return true;
            }
            next = end(bytes, next);
        }
        return false;
    }

    /** Where the value at {@code at} ends. */
    public static int end(byte[] bytes, int at) {
        return switch (bytes[at]) {
            case INT, REAL -> at + 1 + Long.BYTES;
            case TEXT, BYTES -> at + HEAD_BYTES + intAt(bytes, at + 1);
            case ITEMS -> {
                int next = at + HEAD_BYTES;
                for (int left = intAt(bytes, at + 1); left > 0; left--) {
                    next = end(bytes, next);
                }
                yield next;
            }
            case FIELDS -> {
                int next = at + HEAD_BYTES;
                for (int left = intAt(bytes, at + 1); left > 0; left--) {
                    next = end(bytes, next + Integer.BYTES + intAt(bytes, next));
                }
                yield next;
            }
            default -> at + 1;
        };
    }

    /** The value at {@code at}, decoded. */
    public static Value decode(byte[] bytes, int at) {
        return ValueCodec.decode(Arrays.copyOfRange(bytes, at, end(bytes, at)));
    }

    /** The integer at {@code at}. */
    public static long number(byte[] bytes, int at) {
        return (long) LONG_AT.get(bytes, at + 1);
    }

    /** The float at {@code at}. */
    public static double real(byte[] bytes, int at) {
        return Double.longBitsToDouble(number(bytes, at));
    }

    private static int intAt(byte[] bytes, int at) {
        return (int) INT_AT.get(bytes, at);
    }
}
