package dev.kith.bench.rivals;

import dev.kith.vectors.Metric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;

/** Little-endian float32 rows in a file, and what they are compared by. */
record FloatFile(Path file, int dimension, Metric metric) {

    /** {@code count} rows from the {@code first} on, row-major. */
    float[] read(int first, int count) {
        float[] values = new float[count * dimension];
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file)) {
            channel.position((long) first * dimension * Float.BYTES);
            while (bytes.hasRemaining()) {
                if (channel.read(bytes) < 0) {
                    throw new IllegalStateException(file + " ends before row " + (first + count));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        bytes.flip().asFloatBuffer().get(values);
        return values;
    }

    /** The same, one array a row. */
    float[][] readEach(int first, int count) {
        float[] values = read(first, count);
        float[][] rows = new float[count][];
        for (int i = 0; i < count; i++) {
            rows[i] = Arrays.copyOfRange(values, i * dimension, (i + 1) * dimension);
        }
        return rows;
    }
}
