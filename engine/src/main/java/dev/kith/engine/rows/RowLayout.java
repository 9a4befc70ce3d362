package dev.kith.engine.rows;

import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.KeyPolicy;

/**
 * Where the components of a collection's rows are.
 *
 * @param element what a component is
 * @param dimension components of a vector
 * @param keyed whether rows are found by their vectors
 */
public record RowLayout(ElementType element, int dimension, boolean keyed) {
    /** Vectors of one chunk: large enough for huge pages, small enough that a little collection costs little. */
    private static final int CHUNK_BYTES = 8 << 20;

    private static final int CHUNK_ROWS_MIN = 64;
    private static final int CHUNK_ROWS_MAX = 1 << 16;
    /** Floats of one 64-byte line: kernels read whole lines and need no tails. */
    private static final int LINE_FLOATS = 16;

    /** Squared norm, id, sequence of deletion, older row: what a row has beside its vector. */
    private static final int SIDE_BYTES = Float.BYTES + Long.BYTES + Long.BYTES + Integer.BYTES;

    /** Rows that are not found by their vectors. */
    public RowLayout(ElementType element, int dimension) {
        this(element, dimension, false);
    }

    public static RowLayout of(CollectionSpec spec) {
        return new RowLayout(spec.element(), spec.dimension(), spec.keyPolicy() == KeyPolicy.VECTOR_BITS);
    }

    /** Components of a float row with its padding: the next multiple of 16. */
    public int paddedDimension() {
        return Math.ceilDiv(dimension, LINE_FLOATS) * LINE_FLOATS;
    }

    /** 64-bit words of a bit row with its padding. */
    public int words() {
        return Math.ceilDiv(dimension, Long.SIZE);
    }

    /** Bytes from one row to the next. */
    public int strideBytes() {
        return switch (element) {
            case FLOAT32 -> paddedDimension() * Float.BYTES;
            case BIT -> words() * Long.BYTES;
        };
    }

    /** Bytes of one vector as it is stored in the log: no padding. */
    public int vectorBytes() {
        return element.bytesPerVector(dimension);
    }

    /** Resident bytes of one row with all that belongs to it. */
    public long residentBytes() {
        return (long) strideBytes() + SIDE_BYTES;
    }

    /** Rows of one chunk: a power of two. */
    public int rowsPerChunk() {
        int fitting = Integer.highestOneBit(Math.max(1, CHUNK_BYTES / strideBytes()));
        return Math.clamp(fitting, CHUNK_ROWS_MIN, CHUNK_ROWS_MAX);
    }
}
