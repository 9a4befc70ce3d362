package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;

/**
 * The vector data of a framed message: little-endian float32, row after row.
 *
 * @param values {@code float[count × columns]}
 */
record ProxyRows(float[] values, int count, int columns) {

    static ProxyRows read(ProxyMessage message) {
        int bytes = message.vectorBytes();
        if (bytes % Float.BYTES != 0) {
            throw Rejection.invalid("%d bytes of vector data are not float32".formatted(bytes));
        }
        int numbers = bytes / Float.BYTES;
        FieldReader header = message.header();
        int columns = numbers;
        int rows = numbers == 0 ? 0 : 1;
        if (header.has("vector_shape")) {
            MsgpackReader shape = header.at("vector_shape", "an array of two integers", Kind.ARRAY);
            if (shape.readArray() != 2) {
                throw Rejection.invalid("Invalid vector_shape: must be an array of two integers");
            }
            rows = dimension(shape);
            columns = dimension(shape);
        } else if (header.has("dimension")) {
            columns = CatalogueActions.dimension(header);
            rows = numbers / columns;
        }
        if ((long) rows * columns != numbers || columns > Limits.DIMENSION_MAX || rows > WireLimits.VECTORS_MAX) {
            throw Rejection.invalid("%d numbers are not %d vectors of dimension %d (at most %d of %d)"
                    .formatted(numbers, rows, columns, WireLimits.VECTORS_MAX, Limits.DIMENSION_MAX));
        }
        // These, and those of them that are picked.
        header.allowance().take(2L * bytes);
        float[] values = new float[numbers];
        ByteBuffer.wrap(message.body(), message.vectorStart(), bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        return new ProxyRows(values, rows, columns);
    }

    private static int dimension(MsgpackReader shape) {
        if (shape.peek() != Kind.INTEGER) {
            throw Rejection.invalid("Invalid vector_shape: must be an array of two integers");
        }
        long value = shape.readInteger();
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw Rejection.invalid("Invalid vector_shape: %d".formatted(value));
        }
        return (int) value;
    }

    boolean isFinite(int row) {
        for (int i = row * columns; i < (row + 1) * columns; i++) {
            if (!Float.isFinite(values[i])) {
                return false;
            }
        }
        return true;
    }

    /** Some rows as a block of their own. */
    VectorBlock.Floats pick(Collection<Integer> rows) {
        float[] picked = new float[Math.multiplyExact(rows.size(), columns)];
        int at = 0;
        for (int row : rows) {
            System.arraycopy(values, row * columns, picked, at, columns);
            at += columns;
        }
        return new VectorBlock.Floats(picked, rows.size(), columns);
    }
}
