package dev.kith.embed.vp8;

import java.util.Arrays;

/** How macroblocks are predicted, from the first partition (RFC 6386, sections 10 and 11). One picture, one thread. */
final class Modes {
    /** Of 16 × 16 and 8 × 8, and with the same numbers of 4 × 4. */
    static final int DC = 0;

    static final int TRUE_MOTION = 1;
    static final int VERTICAL = 2;
    static final int HORIZONTAL = 3;
    /** Of 4 × 4 alone. */
    static final int LEFT_DOWN = 4;

    static final int RIGHT_DOWN = 5;
    static final int VERTICAL_RIGHT = 6;
    static final int VERTICAL_LEFT = 7;
    static final int HORIZONTAL_DOWN = 8;
    static final int HORIZONTAL_UP = 9;

    private static final int SMALL_MODES = 10;
    private static final int NODES = 9;

    private final Header header;
    private final Bits bits;
    /** The modes of the lowest blocks of the row above, and of the rightmost blocks to the left. */
    private final int[] above;

    private final int[] left = new int[4];

    Modes(Header header) {
        this.header = header;
        this.bits = header.modes();
        this.above = new int[4 * header.columns()];
    }

    void beginRow() {
        Arrays.fill(left, DC);
    }

    void read(int column, Macroblock into) {
        if (bits.isOver()) {
            throw new Vp8Exception("The first partition ends too early");
        }
        into.segment = header.segments().coded() ? segment(header.segments().tree()) : 0;
        into.skipped = header.skip() > 0 && bits.bit(header.skip()) == 1;
        into.small = bits.bit(145) == 0;
        if (into.small) {
            for (int block = 0; block < 16; block++) {
                int x = 4 * column + block % 4;
                int y = block / 4;
                int mode = small((above[x] * SMALL_MODES + left[y]) * NODES);
                into.modes[block] = mode;
                above[x] = mode;
                left[y] = mode;
            }
        } else {
            into.mode = large();
            Arrays.fill(above, 4 * column, 4 * column + 4, into.mode);
            Arrays.fill(left, into.mode);
        }
        into.chromaMode = chroma();
    }

    private int segment(int[] tree) {
        return bits.bit(tree[0]) == 0 ? bits.bit(tree[1]) : 2 + bits.bit(tree[2]);
    }

    private int large() {
        if (bits.bit(156) == 0) {
            return bits.bit(163) == 0 ? DC : VERTICAL;
        }
        return bits.bit(128) == 0 ? HORIZONTAL : TRUE_MOTION;
    }

    private int chroma() {
        if (bits.bit(142) == 0) {
            return DC;
        }
        if (bits.bit(114) == 0) {
            return VERTICAL;
        }
        return bits.bit(183) == 0 ? HORIZONTAL : TRUE_MOTION;
    }

    /** @param at where the probabilities of these neighbours begin */
    private int small(int at) {
        if (!is(at)) {
            return DC;
        }
        if (!is(at + 1)) {
            return TRUE_MOTION;
        }
        if (!is(at + 2)) {
            return VERTICAL;
        }
        if (!is(at + 3)) {
            if (!is(at + 4)) {
                return HORIZONTAL;
            }
            return is(at + 5) ? VERTICAL_RIGHT : RIGHT_DOWN;
        }
        if (!is(at + 6)) {
            return LEFT_DOWN;
        }
        if (!is(at + 7)) {
            return VERTICAL_LEFT;
        }
        return is(at + 8) ? HORIZONTAL_UP : HORIZONTAL_DOWN;
    }

    private boolean is(int probability) {
        return bits.bit(Tables.SMALL_MODES[probability]) == 1;
    }
}
