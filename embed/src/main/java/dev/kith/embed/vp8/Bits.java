package dev.kith.embed.vp8;

/**
 * Reads the bits of one partition, each with its probability (RFC 6386, section 7). After the end there are zeros: a
 * partition may lack those with which it would end, so what is missing more is for the caller to judge. One thread.
 */
final class Bits {
    /** A probability of a half. */
    static final int EVEN = 128;

    private static final int RANGE_BITS = 8;

    private final byte[] bytes;
    private final int end;
    private int at;
    /** What was read and not yet used up: less than {@code range << spare}. */
    private int value;

    private int range = 255;
    /** Bits of {@code value} below those that {@code range} is compared with. */
    private int spare = -RANGE_BITS;

    private boolean over;

    /** @throws Vp8Exception where there are not that many bytes */
    Bits(byte[] bytes, int from, int length) {
        if (from < 0 || length < 0 || length > bytes.length - from) {
            throw new Vp8Exception("A partition ends after its picture");
        }
        this.bytes = bytes;
        this.at = from;
        this.end = from + length;
    }

    /** A bit that is 0 with a probability of {@code probability / 256}. */
    int bit(int probability) {
        if (spare < 0) {
            load();
        }
        int split = 1 + (((range - 1) * probability) >> RANGE_BITS);
        int scaled = split << spare;
        int bit = 0;
        if (value >= scaled) {
            value -= scaled;
            range -= split;
            bit = 1;
        } else {
            range = split;
        }
        int shift = Integer.numberOfLeadingZeros(range) - (Integer.SIZE - RANGE_BITS);
        range <<= shift;
        spare -= shift;
        return bit;
    }

    private void load() {
        if (at + 1 < end) {
            value = (value << 16) | ((bytes[at] & 255) << 8) | (bytes[at + 1] & 255);
            at += 2;
            spare += 16;
            return;
        }
        int next = 0;
        if (at < end) {
            next = bytes[at++] & 255;
        } else {
            over = true;
        }
        value = (value << 8) | next;
        spare += 8;
    }

    boolean flag() {
        return bit(EVEN) == 1;
    }

    /** A number of as many bits, the highest first. */
    int number(int bits) {
        int number = 0;
        for (int i = 0; i < bits; i++) {
            number = (number << 1) | bit(EVEN);
        }
        return number;
    }

    /** A number that is there if a flag says so, with its sign after it; else 0. */
    int optional(int bits) {
        if (!flag()) {
            return 0;
        }
        int number = number(bits);
        return flag() ? -number : number;
    }

    /** Whether more was asked for than there is. */
    boolean isOver() {
        return over;
    }
}
