package dev.kith.doors.faissx;

import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes msgpack into memory that grows up to {@link WireLimits#REPLY_BYTES_MAX}, as far as there is an allowance.
 * Belongs to one thread.
 */
final class MsgpackWriter {
    private static final VarHandle DOUBLE = MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    /** Most replies are smaller. */
    private static final int START_BYTES = 512;

    private final Allowance allowance;
    private byte[] bytes = new byte[START_BYTES];
    private int size;
    /** Bytes that the memory may have without asking again. */
    private long granted = START_BYTES;

    MsgpackWriter(Allowance allowance) {
        this.allowance = allowance;
    }

    /**
     * Asks now for the memory of so many bytes more, so that it is there once they are known.
     *
     * @param besides bytes of what they are made from; asked for in one, so that nobody waits for one half while it
     *     keeps the other from somebody else
     */
    void expect(long more, long besides) {
        long wanted = Math.clamp(size + more, granted, WireLimits.REPLY_BYTES_MAX);
        allowance.take(wanted - granted + besides);
        granted = wanted;
    }

    private void ensure(int more) {
        if (more > bytes.length - size) {
            grow((long) size + more);
        }
    }

    private void grow(long needed) {
        if (needed > WireLimits.REPLY_BYTES_MAX) {
            throw tooLarge();
        }
        if (needed > granted) {
            expect(Math.max(2L * bytes.length, needed) - size, 0);
        }
        bytes = Arrays.copyOf(bytes, (int) granted);
    }

    static Rejection tooLarge() {
        return Rejection.invalid(
                "Response too large: more than %d bytes; ask for less at once".formatted(WireLimits.REPLY_BYTES_MAX));
    }

    int size() {
        return size;
    }

    ByteBuffer finish() {
        return ByteBuffer.wrap(bytes, 0, size);
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, size);
    }

    MsgpackWriter nil() {
        return head(0xC0);
    }

    MsgpackWriter bool(boolean value) {
        return head(value ? 0xC3 : 0xC2);
    }

    MsgpackWriter real(double value) {
        ensure(MsgpackReader.FLOAT64_BYTES);
        bytes[size] = MsgpackReader.FLOAT64;
        DOUBLE.set(bytes, size + 1, value);
        size += MsgpackReader.FLOAT64_BYTES;
        return this;
    }

    MsgpackWriter integer(long value) {
        if (value >= -32 && value <= 0x7F) {
            return head((int) value);
        }
        if (value >= 0 && value <= 0xFF) {
            return head(0xCC).head((int) value);
        }
        if (value >= 0 && value <= 0xFFFF) {
            return head16(0xCD, (int) value);
        }
        if (value >= 0 && value <= 0xFFFFFFFFL) {
            return head32(0xCE, (int) value);
        }
        ensure(1 + Long.BYTES);
        bytes[size] = (byte) 0xD3;
        LONG.set(bytes, size + 1, value);
        size += 1 + Long.BYTES;
        return this;
    }

    /** Bytes of {@link #integer}, for a number that is not negative. */
    static long integerBytes(long value) {
        if (value <= 0x7F) {
            return 1;
        }
        if (value <= 0xFFFF) {
            return value <= 0xFF ? 2 : 3;
        }
        return value <= 0xFFFFFFFFL ? 5 : 1 + Long.BYTES;
    }

    MsgpackWriter text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        if (utf8.length <= 31) {
            head(0xA0 | utf8.length);
        } else if (utf8.length <= 0xFF) {
            head(0xD9).head(utf8.length);
        } else {
            sized(0xDA, utf8.length);
        }
        return raw(utf8);
    }

    MsgpackWriter binary(byte[] value) {
        if (value.length <= 0xFF) {
            head(0xC4).head(value.length);
        } else {
            sized(0xC5, value.length);
        }
        return raw(value);
    }

    MsgpackWriter array(int length) {
        return length <= 15 ? head(0x90 | length) : sized(0xDC, length);
    }

    MsgpackWriter map(int pairs) {
        return pairs <= 15 ? head(0x80 | pairs) : sized(0xDE, pairs);
    }

    /** Begins a map whose size is not known yet; returns what {@link #endMap} wants. */
    int beginMap() {
        int start = size;
        head16(0xDE, 0);
        return start;
    }

    void endMap(int start, int pairs) {
        SHORT.set(bytes, start + 1, (short) pairs);
    }

    MsgpackWriter value(Value value) {
        switch (value) {
            case Value.Null() -> nil();
            case Value.Bool(boolean flag) -> bool(flag);
            case Value.Int(long number) -> integer(number);
            case Value.Real(double number) -> real(number);
            case Value.Text(String text) -> text(text);
            case Value.Bytes(byte[] content) -> binary(content);
            case Value.Items items -> {
                array(items.values().size());
                items.values().forEach(this::value);
            }
            case Value.Fields fields -> {
                map(fields.values().size());
                fields.values().forEach((name, field) -> text(name).value(field));
            }
        }
        return this;
    }

    MsgpackWriter raw(byte[] content) {
        return raw(ByteBuffer.wrap(content));
    }

    MsgpackWriter raw(ByteBuffer content) {
        int length = content.remaining();
        ensure(length);
        content.get(bytes, size, length);
        size += length;
        return this;
    }

    private MsgpackWriter head(int value) {
        ensure(1);
        bytes[size++] = (byte) value;
        return this;
    }

    private MsgpackWriter sized(int wide, int length) {
        return length <= 0xFFFF ? head16(wide, length) : head32(wide + 1, length);
    }

    private MsgpackWriter head16(int head, int value) {
        ensure(1 + Short.BYTES);
        bytes[size] = (byte) head;
        SHORT.set(bytes, size + 1, (short) value);
        size += 1 + Short.BYTES;
        return this;
    }

    private MsgpackWriter head32(int head, int value) {
        ensure(1 + Integer.BYTES);
        bytes[size] = (byte) head;
        INT.set(bytes, size + 1, value);
        size += 1 + Integer.BYTES;
        return this;
    }
}
