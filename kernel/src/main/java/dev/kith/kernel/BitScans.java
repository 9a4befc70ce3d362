package dev.kith.kernel;

import static dev.kith.kernel.ScalarKernels.WORD;

import java.lang.foreign.MemorySegment;

/**
 * One bit query against many bit rows. Counting is scalar, because a processor counts the bits of at least one word a
 * cycle; what costs is the loop around it. So rows are copied to an array in blocks, whose bounds checks the compiler
 * removes where it keeps those of a segment, and four rows share a pass, with one counter each.
 *
 * <p>Rows are absolute addresses that {@link RowMemory} has checked.
 */
final class BitScans {
    /** Words of a block: 16 KiB, half of a first-level cache of 32 KiB. A longer row is a block of its own. */
    private static final int BLOCK_WORDS = 2048;

    private BitScans() {}

    /** Scores as {@link Kernels#hamming} says. */
    static void hamming(long[] query, int queryOffset, long rows, int count, int words, float[] out, int outOffset) {
        int blockRows = Math.min(count, Math.max(1, BLOCK_WORDS / Math.max(1, words)));
        long[] block = new long[blockRows * words];
        for (int first = 0; first < count; first += blockRows) {
            int some = Math.min(blockRows, count - first);
            long start = rows + (long) first * words * Long.BYTES;
            MemorySegment.copy(RowMemory.ALL, WORD, start, block, 0, some * words);
            int fours = some & ~3;
            for (int i = 0; i < fours; i += 4) {
                fourRows(query, queryOffset, block, i * words, words, out, outOffset + first + i);
            }
            for (int i = fours; i < some; i++) {
                out[outOffset + first + i] = oneRow(query, queryOffset, block, i * words, words);
            }
        }
    }

    private static void fourRows(
            long[] query, int queryOffset, long[] block, int row0, int words, float[] out, int outOffset) {
        int row1 = row0 + words;
        int row2 = row1 + words;
        int row3 = row2 + words;
        int differing0 = 0;
        int differing1 = 0;
        int differing2 = 0;
        int differing3 = 0;
        for (int w = 0; w < words; w++) {
            long q = query[queryOffset + w];
            differing0 += Long.bitCount(q ^ block[row0 + w]);
            differing1 += Long.bitCount(q ^ block[row1 + w]);
            differing2 += Long.bitCount(q ^ block[row2 + w]);
            differing3 += Long.bitCount(q ^ block[row3 + w]);
        }
        out[outOffset] = 0f - differing0;
        out[outOffset + 1] = 0f - differing1;
        out[outOffset + 2] = 0f - differing2;
        out[outOffset + 3] = 0f - differing3;
    }

    private static float oneRow(long[] query, int queryOffset, long[] block, int row, int words) {
        int differing = 0;
        for (int w = 0; w < words; w++) {
            differing += Long.bitCount(query[queryOffset + w] ^ block[row + w]);
        }
        return 0f - differing;
    }
}
