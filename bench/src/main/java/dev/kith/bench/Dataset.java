package dev.kith.bench;

import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.VectorBlock;
import dev.kith.vectors.Vectors;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Rows from a seed in a file, so that every side of a comparison reads the same bytes: little-endian float32,
 * row-major, standard normal; of unit length where they are compared by inner product.
 */
record Dataset(Path file, int rows, int dimension, Metric metric) {
    /** Of everything a run makes up. */
    static final long SEED = 20_260_101;
    /** Of the queries, which must not be rows. */
    static final long QUERY_SEED = SEED + 1;
    /** Rows written, read or put at a time. */
    static final int BATCH_ROWS = 10_000;

    private static final String GENERATOR = "L64X128MixRandom";

    /** Makes up the rows and writes the file. */
    Dataset written(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of(GENERATOR).create(seed);
        float[] row = new float[dimension];
        ByteBuffer bytes = ByteBuffer.allocate(dimension * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (OutputStream out = new java.io.BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            for (int i = 0; i < rows; i++) {
                fill(row, random);
                bytes.asFloatBuffer().put(row);
                out.write(bytes.array());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    private void fill(float[] row, RandomGenerator random) {
        double squares = 0;
        for (int i = 0; i < row.length; i++) {
            row[i] = (float) random.nextGaussian();
            squares += (double) row[i] * row[i];
        }
        if (metric == Metric.INNER_PRODUCT) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) (row[i] / Math.sqrt(squares));
            }
        }
    }

    /** {@code count} rows from the {@code first} on. */
    VectorBlock.Floats read(int first, int count) {
        float[] values = new float[count * dimension];
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file)) {
            channel.position((long) first * dimension * Float.BYTES);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        bytes.flip().asFloatBuffer().get(values);
        return new VectorBlock.Floats(values, count, dimension);
    }

    /** All rows, some at a time. */
    void forEachBatch(Consumer<VectorBlock.Floats> consumer) {
        for (int first = 0; first < rows; first += BATCH_ROWS) {
            consumer.accept(read(first, Math.min(BATCH_ROWS, rows - first)));
        }
    }

    /** Makes a collection of all rows; row i gets id i. */
    void putInto(Vectors vectors, CollectionName name) {
        vectors.create(name, CollectionSpec.floats(dimension, metric));
        forEachBatch(batch -> vectors.put(name, Put.append(batch)));
    }

    long bytes() {
        return (long) rows * dimension * Float.BYTES;
    }
}
