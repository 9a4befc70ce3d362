package dev.kith.doors.faissx;

import dev.kith.vectors.ElementType;
import dev.kith.vectors.VectorBlock;

/** Writes vectors as clients read them: arrays of float64, or of 0 and 1 for bits. */
final class VectorWriter {
    private static final int HEAD_BYTES = 3;

    private VectorWriter() {}

    /** Bytes of one vector of an index, as it is written here. */
    static long bytesPerVector(FaissIndex index) {
        return HEAD_BYTES + (long) index.dimension() * (index.isBinary() ? 1 : MsgpackReader.FLOAT64_BYTES);
    }

    /** The block as an array of arrays. */
    static void rows(MsgpackWriter out, VectorBlock block) {
        out.array(block.count());
        for (int row = 0; row < block.count(); row++) {
            row(out, block, row);
        }
    }

    static void row(MsgpackWriter out, VectorBlock block, int row) {
        int dimension = block.dimension();
        out.array(dimension);
        switch (block) {
            case VectorBlock.Floats floats -> {
                for (int i = row * dimension; i < (row + 1) * dimension; i++) {
                    out.real(floats.values()[i]);
                }
            }
            case VectorBlock.Bits bits -> {
                int start = row * ElementType.BIT.bytesPerVector(dimension);
                for (int bit = 0; bit < dimension; bit++) {
                    out.integer(bits.values()[start + (bit >> 3)] >> (bit & 7) & 1);
                }
            }
        }
    }

    /** A vector of zeros, of the same kind as those in the block. */
    static void zeros(MsgpackWriter out, VectorBlock like, int dimension) {
        out.array(dimension);
        for (int i = 0; i < dimension; i++) {
            switch (like) {
                case VectorBlock.Floats floats -> out.real(0);
                case VectorBlock.Bits bits -> out.integer(0);
            }
        }
    }
}
