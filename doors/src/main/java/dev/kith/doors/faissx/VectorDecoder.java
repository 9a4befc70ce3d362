package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads vectors straight into the block that will be stored or searched: an array of arrays of numbers, one flat array
 * for a single vector, or bytes that are little-endian float32, row after row. In a collection of bits a component is
 * 1 where the number is above 0.5. A block is allocated when all its numbers are known to be in the message.
 */
final class VectorDecoder {
    private static final double BIT_THRESHOLD = 0.5;

    private final MsgpackReader reader;
    private final Expectation expected;
    private final Allowance allowance;

    /**
     * What the vectors must be.
     *
     * @param field its name in the message
     * @param mismatch begins the text of a refusal for the wrong width
     * @param dimension components of each; 0: those of the first
     * @param countMax most vectors accepted
     */
    record Expectation(String field, String mismatch, int dimension, int countMax) {}

    /** Where decoded components go. */
    private sealed interface Sink {
        void put(int row, int column, double value);
    }

    private record FloatSink(float[] values, int dimension) implements Sink {
        @Override
        public void put(int row, int column, double value) {
            values[row * dimension + column] = (float) value;
        }
    }

    private record BitSink(byte[] values, int bytesPerVector) implements Sink {
        @Override
        public void put(int row, int column, double value) {
            if (value > BIT_THRESHOLD) {
                values[row * bytesPerVector + (column >> 3)] |= (byte) (1 << (column & 7));
            }
        }
    }

    /** @param reader at the vectors */
    VectorDecoder(MsgpackReader reader, Expectation expected, Allowance allowance) {
        this.reader = reader;
        this.expected = expected;
        this.allowance = allowance;
    }

    VectorBlock decode(ElementType element) {
        Kind kind = reader.peek();
        return switch (kind) {
            case BYTES -> raw(element);
            case ARRAY -> numbers(element);
            default -> throw FieldReader.wrongType(expected.field(), "an array of vectors or float32 bytes", kind);
        };
    }

    private VectorBlock numbers(ElementType element) {
        int start = reader.position();
        int count = reader.readArray();
        if (count == 0) {
            return block(element, 0, Math.max(1, expected.dimension()));
        }
        if (reader.peek() != Kind.ARRAY) {
            reader.seek(start);
            return rows(element, 1, expected.dimension() == 0 ? count : expected.dimension());
        }
        requireCount(count);
        int dimension = expected.dimension();
        if (dimension == 0) {
            int first = reader.position();
            dimension = Math.max(1, reader.readArray());
            reader.seek(first);
        }
        return rows(element, count, dimension);
    }

    private VectorBlock rows(ElementType element, int count, int dimension) {
        // A component takes at least one byte, so what does not fit the rest of the message is not in it.
        if ((long) count * dimension > reader.remaining()) {
            int width = reader.peek() == Kind.ARRAY ? reader.readArray() : 0;
            throw width == dimension
                    ? MsgpackReader.malformed("the vectors are longer than the message", reader.position())
                    : mismatch(dimension, width, 0);
        }
        VectorBlock block = block(element, count, dimension);
        switch (block) {
            case VectorBlock.Floats(float[] values, int rows, int columns) -> {
                for (int row = 0; row < rows; row++) {
                    beginRow(row, columns);
                    floats(values, row, columns);
                }
            }
            case VectorBlock.Bits bits -> {
                Sink sink = sink(block);
                for (int row = 0; row < bits.count(); row++) {
                    beginRow(row, dimension);
                    components(sink, row, 0, dimension);
                }
            }
        }
        return block;
    }

    private void beginRow(int row, int dimension) {
        Kind kind = reader.peek();
        if (kind != Kind.ARRAY) {
            throw FieldReader.wrongType("%s[%d]".formatted(expected.field(), row), "an array of numbers", kind);
        }
        int width = reader.readArray();
        if (width != dimension) {
            throw mismatch(dimension, width, row);
        }
    }

    private Rejection mismatch(int dimension, int width, int row) {
        String text = expected.mismatch().formatted(dimension, width);
        return Rejection.invalid(row == 0 ? text : text + " (row %d)".formatted(row));
    }

    /** One row as float64 values; the first component that is something else, and all after it, go the slow way. */
    private void floats(float[] values, int row, int dimension) {
        byte[] bytes = reader.bytes();
        int at = reader.position();
        int out = row * dimension;
        int fast = Math.min(dimension, reader.remaining() / MsgpackReader.FLOAT64_BYTES);
        int column = 0;
        while (column < fast && bytes[at] == MsgpackReader.FLOAT64) {
            float value = (float) (double) MsgpackReader.DOUBLE.get(bytes, at + 1);
            // One comparison for infinities and NaN: of NaN every comparison is false.
            if (!(Math.abs(value) <= Float.MAX_VALUE)) {
                throw notFinite(row, column);
            }
            values[out + column] = value;
            at += MsgpackReader.FLOAT64_BYTES;
            column++;
        }
        reader.seek(at);
        components(new FloatSink(values, dimension), row, column, dimension);
    }

    private void components(Sink sink, int row, int from, int dimension) {
        for (int column = from; column < dimension; column++) {
            Kind kind = reader.peek();
            if (kind != Kind.REAL && kind != Kind.INTEGER) {
                throw FieldReader.wrongType("%s[%d][%d]".formatted(expected.field(), row, column), "a number", kind);
            }
            double value = reader.readNumber();
            if (!(Math.abs((float) value) <= Float.MAX_VALUE)) {
                throw notFinite(row, column);
            }
            sink.put(row, column, value);
        }
    }

    private Rejection notFinite(int row, int column) {
        return Rejection.invalid(
                "Invalid %s: row %d, column %d is not a finite float32".formatted(expected.field(), row, column));
    }

    private VectorBlock raw(ElementType element) {
        int length = reader.readBytesLength();
        int dimension = expected.dimension();
        int rowBytes = Math.multiplyExact(Float.BYTES, Math.max(1, dimension));
        if (dimension == 0 || length % rowBytes != 0) {
            throw Rejection.invalid("Invalid %s: %d bytes are not float32 vectors of dimension %d"
                    .formatted(expected.field(), length, dimension));
        }
        int count = length / rowBytes;
        requireCount(count);
        VectorBlock block = block(element, count, dimension);
        ByteBuffer given =
                ByteBuffer.wrap(reader.bytes(), reader.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        switch (block) {
            case VectorBlock.Floats floats -> given.asFloatBuffer().get(floats.values());
            case VectorBlock.Bits bits -> {
                Sink sink = sink(bits);
                for (int i = 0; i < count * dimension; i++) {
                    sink.put(i / dimension, i % dimension, requireFinite(given.getFloat(), i));
                }
            }
        }
        if (block instanceof VectorBlock.Floats(float[] values, int rows, int columns)) {
            for (int i = 0; i < values.length; i++) {
                requireFinite(values[i], i);
            }
        }
        reader.seek(reader.position() + length);
        return block;
    }

    private float requireFinite(float value, int i) {
        if (!(Math.abs(value) <= Float.MAX_VALUE)) {
            throw notFinite(i / expected.dimension(), i % expected.dimension());
        }
        return value;
    }

    private void requireCount(int count) {
        if (count > expected.countMax()) {
            throw Rejection.invalid("Batch size %d exceeds maximum (%d)".formatted(count, expected.countMax()));
        }
    }

    private VectorBlock block(ElementType element, int count, int dimension) {
        allowance.take((long) count * element.bytesPerVector(dimension));
        return switch (element) {
            case FLOAT32 -> new VectorBlock.Floats(new float[Math.multiplyExact(count, dimension)], count, dimension);
            case BIT ->
                new VectorBlock.Bits(
                        new byte[Math.multiplyExact(count, ElementType.BIT.bytesPerVector(dimension))],
                        count,
                        dimension);
        };
    }

    private static Sink sink(VectorBlock block) {
        return switch (block) {
            case VectorBlock.Floats floats -> new FloatSink(floats.values(), floats.dimension());
            case VectorBlock.Bits bits -> new BitSink(bits.values(), ElementType.BIT.bytesPerVector(bits.dimension()));
        };
    }
}
