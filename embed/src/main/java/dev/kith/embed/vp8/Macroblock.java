package dev.kith.embed.vp8;

/** 16 × 16 pixels as they are coded; one object serves for all of a picture, one after the other. */
final class Macroblock {
    /** Blocks of 4 × 4: sixteen of luma, four and four of chroma. */
    static final int BLOCKS = 24;

    static final int BLOCK = 16;

    int segment;
    /** Whether it is said to have no coefficients. */
    boolean skipped;
    /** Whether the blocks of luma are predicted one by one. */
    boolean small;
    /** Of luma as a whole, where it is not small. */
    int mode;
    /** Of the blocks of luma, where it is. */
    final int[] modes = new int[16];

    int chromaMode;
    /** Whether some coefficient is not zero. */
    boolean coded;
    /** {@code [24 blocks][16]}, already multiplied; all zeros between macroblocks. */
    final short[] coefficients = new short[BLOCKS * BLOCK];
}
