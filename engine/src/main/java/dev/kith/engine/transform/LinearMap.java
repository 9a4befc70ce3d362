package dev.kith.engine.transform;

import dev.kith.kernel.Kernels;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * y = A (x − mean). Immutable; the arrays are owned.
 *
 * @param mean {@code float[input]}
 * @param rows {@code float[output × input]}: A, row-major
 */
record LinearMap(float[] mean, float[] rows) {
    private static final String MEAN = "mean";
    private static final String ROWS = "rows";
    /** Alignment of A's first row: a cache line. */
    private static final long ALIGNMENT = 64;

    int input() {
        return mean.length;
    }

    int output() {
        return rows.length / mean.length;
    }

    VectorBlock.Floats apply(VectorBlock.Floats block) {
        Kernels kernels = Kernels.active();
        int length = Kernels.paddedLength(input());
        float[] out = new float[Math.multiplyExact(block.count(), output())];
        float[] centred = new float[length];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment padded = arena.allocate((long) output() * length * Float.BYTES, ALIGNMENT);
            for (int row = 0; row < output(); row++) {
                long at = (long) row * length * Float.BYTES;
                MemorySegment.copy(rows, row * input(), padded, ValueLayout.JAVA_FLOAT, at, input());
            }
            for (int vector = 0; vector < block.count(); vector++) {
                for (int i = 0; i < input(); i++) {
                    centred[i] = block.values()[vector * input() + i] - mean[i];
                }
                kernels.dot(centred, 0, padded, 0, output(), length, out, vector * output());
            }
        }
        return new VectorBlock.Floats(out, block.count(), output());
    }

    Value.Fields writtenInto(Value.Fields fields) {
        return fields.with(MEAN, bytes(mean)).with(ROWS, bytes(rows));
    }

    /** The map in these fields; empty where it is not there or has another shape. */
    static Optional<LinearMap> read(Value.Fields fields, int input, int output) {
        if (fields.values().get(MEAN) instanceof Value.Bytes(byte[] mean)
                && fields.values().get(ROWS) instanceof Value.Bytes(byte[] rows)
                && mean.length == input * Float.BYTES
                && rows.length == input * output * Float.BYTES) {
            return Optional.of(new LinearMap(floats(mean), floats(rows)));
        }
        return Optional.empty();
    }

    private static Value.Bytes bytes(float[] values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return new Value.Bytes(buffer.array());
    }

    private static float[] floats(byte[] bytes) {
        float[] values = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }
}
