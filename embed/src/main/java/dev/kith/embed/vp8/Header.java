package dev.kith.embed.vp8;

/**
 * What a key frame says of itself before its macroblocks (RFC 6386, sections 9.2 to 9.11 and 19.2).
 *
 * @param modes the rest of the first partition
 * @param tokens the other partitions: 1, 2, 4 or 8, for one row of macroblocks each in turn
 * @param quantisers by segment
 * @param probabilities of the coefficients, in the shape of {@link Tables#COEFFICIENTS}
 * @param skip the probability that a macroblock has coefficients; 0: it is not said of any
 */
record Header(
        int width,
        int height,
        Bits modes,
        Bits[] tokens,
        Segments segments,
        Filter filter,
        Quantiser[] quantisers,
        int[] probabilities,
        int skip) {
    static final int SEGMENTS = 4;

    private static final int TAG_BYTES = 3;
    private static final int SIZE_BYTES = 7;
    private static final int SIDE_MASK = 0x3FFF;
    private static final int PROFILE_MAX = 3;
    private static final int INDEX_MAX = 127;
    /** Chroma's first coefficient is quantised no coarser. */
    private static final int CHROMA_INDEX_MAX = 117;

    /**
     * @param coded whether each macroblock says its segment
     * @param steps of the quantiser, by segment, or what is added to that of the picture
     * @param strengths of the filter, in the same way
     * @param tree probabilities of the segments
     */
    record Segments(boolean used, boolean coded, boolean absolute, int[] steps, int[] strengths, int[] tree) {}

    /**
     * @param intra what is added to the level because the picture is not predicted from another
     * @param small what is added where blocks are predicted one by one
     */
    record Filter(boolean simple, int level, int sharpness, int intra, int small) {}

    /** By what coefficients are multiplied: of luma, of luma's first coefficients among themselves, of chroma. */
    record Quantiser(int lumaDc, int lumaAc, int secondDc, int secondAc, int chromaDc, int chromaAc) {}

    /** @throws Vp8Exception where it is none, or is cut off */
    static Header read(byte[] bytes, int from, int length) {
        int end = from + length;
        if (length < TAG_BYTES + SIZE_BYTES || end > bytes.length) {
            throw new Vp8Exception("The picture has no header");
        }
        int tag = little(bytes, from, TAG_BYTES);
        boolean key = (tag & 1) == 0 && ((tag >> 1) & 7) <= PROFILE_MAX && ((tag >> 4) & 1) == 1;
        if (!key || little(bytes, from + TAG_BYTES, 3) != 0x2A019D) {
            throw new Vp8Exception("The picture is no key frame that is shown");
        }
        int width = little(bytes, from + 6, 2) & SIDE_MASK;
        int height = little(bytes, from + 8, 2) & SIDE_MASK;
        if (width == 0 || height == 0) {
            throw new Vp8Exception("The picture has no pixels");
        }
        int first = from + TAG_BYTES + SIZE_BYTES;
        int firstLength = tag >> 5;
        if (firstLength > end - first) {
            throw new Vp8Exception("The first partition is cut off");
        }
        Bits bits = new Bits(bytes, first, firstLength);
        // How colours are meant, which all do in one way, and whether samples stay in bounds, which is not relied on.
        bits.number(2);
        Segments segments = segments(bits);
        Filter filter = filter(bits);
        Bits[] tokens = partitions(bytes, first + firstLength, end, 1 << bits.number(2));
        Quantiser[] quantisers = quantisers(bits, segments);
        bits.flag();
        int[] probabilities = probabilities(bits);
        int skip = bits.flag() ? bits.number(8) : 0;
        return new Header(width, height, bits, tokens, segments, filter, quantisers, probabilities, skip);
    }

    private static int little(byte[] bytes, int at, int count) {
        int number = 0;
        for (int i = 0; i < count; i++) {
            number |= (bytes[at + i] & 255) << (8 * i);
        }
        return number;
    }

    private static Segments segments(Bits bits) {
        int[] steps = new int[SEGMENTS];
        int[] strengths = new int[SEGMENTS];
        int[] tree = {255, 255, 255};
        boolean used = bits.flag();
        boolean coded = used && bits.flag();
        boolean absolute = true;
        if (used && bits.flag()) {
            absolute = bits.flag();
            for (int i = 0; i < SEGMENTS; i++) {
                steps[i] = bits.optional(7);
            }
            for (int i = 0; i < SEGMENTS; i++) {
                strengths[i] = bits.optional(6);
            }
        }
        for (int i = 0; coded && i < tree.length; i++) {
            tree[i] = bits.flag() ? bits.number(8) : 255;
        }
        return new Segments(used, coded, absolute, steps, strengths, tree);
    }

    private static Filter filter(Bits bits) {
        boolean simple = bits.flag();
        int level = bits.number(6);
        int sharpness = bits.number(3);
        boolean adjusted = bits.flag();
        // Four for pictures that others are predicted from, four for modes; of each the first concerns a key frame.
        int[] deltas = new int[8];
        if (adjusted && bits.flag()) {
            for (int i = 0; i < deltas.length; i++) {
                deltas[i] = bits.optional(6);
            }
        }
        return new Filter(simple, level, sharpness, deltas[0], deltas[4]);
    }

    private static Bits[] partitions(byte[] bytes, int from, int end, int count) {
        int at = from + TAG_BYTES * (count - 1);
        if (at >= end) {
            throw new Vp8Exception("The partitions are cut off");
        }
        Bits[] partitions = new Bits[count];
        for (int i = 0; i < count; i++) {
            int said = i < count - 1 ? little(bytes, from + TAG_BYTES * i, TAG_BYTES) : Integer.MAX_VALUE;
            int length = Math.min(said, end - at);
            partitions[i] = new Bits(bytes, at, length);
            at += length;
        }
        return partitions;
    }

    private static Quantiser[] quantisers(Bits bits, Segments segments) {
        int index = bits.number(7);
        int lumaDc = bits.optional(4);
        int secondDc = bits.optional(4);
        int secondAc = bits.optional(4);
        int chromaDc = bits.optional(4);
        int chromaAc = bits.optional(4);
        Quantiser[] quantisers = new Quantiser[SEGMENTS];
        for (int i = 0; i < SEGMENTS; i++) {
            int own = segments.used && segments.absolute ? segments.steps[i] : index + segments.steps[i];
            quantisers[i] = new Quantiser(
                    step(Tables.DC_STEPS, own + lumaDc, INDEX_MAX),
                    step(Tables.AC_STEPS, own, INDEX_MAX),
                    2 * step(Tables.DC_STEPS, own + secondDc, INDEX_MAX),
                    Math.max(8, step(Tables.AC_STEPS, own + secondAc, INDEX_MAX) * 155 / 100),
                    step(Tables.DC_STEPS, own + chromaDc, CHROMA_INDEX_MAX),
                    step(Tables.AC_STEPS, own + chromaAc, INDEX_MAX));
        }
        return quantisers;
    }

    private static int step(int[] steps, int index, int most) {
        return steps[Math.clamp(index, 0, most)];
    }

    private static int[] probabilities(Bits bits) {
        int[] probabilities = Tables.COEFFICIENTS.clone();
        for (int i = 0; i < probabilities.length; i++) {
            if (bits.bit(Tables.COEFFICIENT_UPDATES[i]) == 1) {
                probabilities[i] = bits.number(8);
            }
        }
        return probabilities;
    }

    int columns() {
        return (width + 15) / 16;
    }

    int rows() {
        return (height + 15) / 16;
    }
}
