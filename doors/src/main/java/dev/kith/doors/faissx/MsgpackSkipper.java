package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;

/**
 * Passes over values of any kind and checks them on the way. Neither the depth nor the size of a value makes it
 * recurse or allocate: the open levels are counted in one array. Belongs to one thread.
 */
final class MsgpackSkipper {
    private final MsgpackReader reader;
    /** What is left of each open level: values of an array, or minus twice the pairs of a map. */
    private final int[] open = new int[WireLimits.DEPTH_MAX];

    MsgpackSkipper(MsgpackReader reader) {
        this.reader = reader;
    }

    /** @param depth levels that are open around the value */
    void skip(int depth) {
        int level = depth + skipOne(depth);
        while (level > depth) {
            int left = open[level - 1];
            if (left == 0) {
                level--;
                continue;
            }
            open[level - 1] = left < 0 ? left + 1 : left - 1;
            boolean isKey = left < 0 && (left & 1) == 0;
            if (isKey) {
                if (reader.peek() != Kind.TEXT) {
                    throw MsgpackReader.malformed("a map's key is not text", reader.position());
                }
                reader.skipText();
            } else {
                level += skipOne(level);
            }
        }
    }

    /** Passes over a scalar, or over the head of an array or a map; returns the number of levels this opened. */
    private int skipOne(int level) {
        Kind kind = reader.peek();
        switch (kind) {
            case NIL -> reader.readNil();
            case BOOLEAN -> reader.readBoolean();
            case INTEGER -> reader.skipInteger();
            case REAL -> reader.readNumber();
            case TEXT -> reader.skipText();
            case BYTES -> reader.skipBytes();
            case ARRAY, MAP -> {
                if (level >= WireLimits.DEPTH_MAX) {
                    throw MsgpackReader.malformed(
                            "more than %d levels".formatted(WireLimits.DEPTH_MAX), reader.position());
                }
                open[level] = kind == Kind.MAP ? -2 * reader.readMap() : reader.skipFloats(reader.readArray());
                return 1;
            }
        }
        return 0;
    }
}
