package dev.kith.embed.vp8;

import java.util.Arrays;

/**
 * The coefficients of each macroblock, from the partition of its row (RFC 6386, section 13), multiplied as they are
 * read (section 14.1). One picture, one thread.
 */
final class Coefficients {
    /** Kinds of blocks, which have probabilities of their own. */
    private static final int LUMA_WITHOUT_DC = 0;

    private static final int SECOND = 1;
    private static final int CHROMA = 2;
    private static final int LUMA = 3;

    private static final int NODES = 11;
    private static final int CONTEXTS = 3;
    private static final int BANDS = 8;
    private static final int[] BAND = {0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7};
    private static final int[] ZIGZAG = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};
    /** Probabilities of the bits that follow in the four largest categories. */
    private static final int[][] EXTRA = {
        {173, 148, 140},
        {176, 155, 140, 135},
        {180, 157, 141, 134, 130},
        {254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}
    };

    /** Whether neighbours have coefficients: four of luma, two and two of chroma, one of second order. */
    private static final int FLAGS = 9;

    private static final int SECOND_FLAG = 8;

    private final Header header;
    private final int[] probabilities;
    private final int[] above;
    private final int[] left = new int[FLAGS];
    private final short[] second = new short[Macroblock.BLOCK];

    Coefficients(Header header) {
        this.header = header;
        this.probabilities = header.probabilities();
        this.above = new int[FLAGS * header.columns()];
    }

    void beginRow() {
        Arrays.fill(left, 0);
    }

    void read(Bits bits, int column, Macroblock into) {
        into.coded = false;
        int flags = FLAGS * column;
        if (into.skipped) {
            int count = into.small ? SECOND_FLAG : FLAGS;
            Arrays.fill(above, flags, flags + count, 0);
            Arrays.fill(left, 0, count, 0);
            return;
        }
        Header.Quantiser quantiser = header.quantisers()[into.segment];
        int first = 0;
        int kind = LUMA;
        if (!into.small) {
            second(bits, flags, quantiser, into);
            first = 1;
            kind = LUMA_WITHOUT_DC;
        }
        Plan luma = new Plan(kind, first, quantiser.lumaDc(), quantiser.lumaAc());
        for (int block = 0; block < 16; block++) {
            block(bits, luma, into, new Place(block, flags + block % 4, block / 4));
        }
        Plan chroma = new Plan(CHROMA, 0, quantiser.chromaDc(), quantiser.chromaAc());
        for (int block = 16; block < Macroblock.BLOCKS; block++) {
            int plane = 4 + (block - 16) / 4 * 2;
            block(bits, chroma, into, new Place(block, flags + plane + block % 2, plane + block / 2 % 2));
        }
    }

    /** @param first the first coefficient that the block has */
    private record Plan(int kind, int first, int dc, int ac) {}

    /** A block, and where the flags of its neighbours are. */
    private record Place(int block, int above, int left) {}

    private void second(Bits bits, int flags, Header.Quantiser quantiser, Macroblock into) {
        Plan plan = new Plan(SECOND, 0, quantiser.secondDc(), quantiser.secondAc());
        int context = above[flags + SECOND_FLAG] + left[SECOND_FLAG];
        int count = coefficients(bits, plan, context, new Target(second, 0));
        above[flags + SECOND_FLAG] = count > 0 ? 1 : 0;
        left[SECOND_FLAG] = count > 0 ? 1 : 0;
        if (count > 0) {
            Transform.walsh(second, into.coefficients);
        }
        Arrays.fill(second, (short) 0);
    }

    private void block(Bits bits, Plan plan, Macroblock into, Place place) {
        int from = place.block * Macroblock.BLOCK;
        int context = above[place.above] + left[place.left];
        int count = coefficients(bits, plan, context, new Target(into.coefficients, from));
        int flag = count > plan.first ? 1 : 0;
        above[place.above] = flag;
        left[place.left] = flag;
        into.coded |= count > 1 || into.coefficients[from] != 0;
    }

    /** Sixteen coefficients from there. */
    private record Target(short[] values, int from) {}

    /** One more than the last that is coded; {@code plan.first} or less where none is. */
    private int coefficients(Bits bits, Plan plan, int context, Target into) {
        int at = plan.first;
        int p = node(plan.kind, at, context);
        while (bits.bit(probabilities[p]) == 1) {
            while (bits.bit(probabilities[p + 1]) == 0) {
                if (++at == Macroblock.BLOCK) {
                    return at;
                }
                p = node(plan.kind, at, 0);
            }
            int value = bits.bit(probabilities[p + 2]) == 0 ? 1 : large(bits, p);
            int step = at == 0 ? plan.dc : plan.ac;
            into.values[into.from + ZIGZAG[at]] = (short) ((bits.flag() ? -value : value) * step);
            if (++at == Macroblock.BLOCK) {
                return at;
            }
            p = node(plan.kind, at, value == 1 ? 1 : 2);
        }
        return at;
    }

    private static int node(int kind, int position, int context) {
        return ((kind * BANDS + BAND[position]) * CONTEXTS + context) * NODES;
    }

    private int large(Bits bits, int p) {
        if (bits.bit(probabilities[p + 3]) == 0) {
            return bits.bit(probabilities[p + 4]) == 0 ? 2 : 3 + bits.bit(probabilities[p + 5]);
        }
        if (bits.bit(probabilities[p + 6]) == 0) {
            if (bits.bit(probabilities[p + 7]) == 0) {
                return 5 + bits.bit(159);
            }
            return 7 + 2 * bits.bit(165) + bits.bit(145);
        }
        int high = bits.bit(probabilities[p + 8]);
        int category = 2 * high + bits.bit(probabilities[p + 9 + high]);
        int extra = 0;
        for (int probability : EXTRA[category]) {
            extra = 2 * extra + bits.bit(probability);
        }
        return 3 + (8 << category) + extra;
    }
}
