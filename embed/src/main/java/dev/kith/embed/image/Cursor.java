package dev.kith.embed.image;

import java.nio.ByteOrder;

/** Reads numbers of a file from wherever asked; what is beyond the end is a damaged file and never an index error. */
final class Cursor {
    private final byte[] bytes;
    private final boolean bigEndian;

    Cursor(byte[] bytes, ByteOrder order) {
        this.bytes = bytes;
        this.bigEndian = order == ByteOrder.BIG_ENDIAN;
    }

    int length() {
        return bytes.length;
    }

    int u8(long at) {
        require(at, 1);
        return bytes[(int) at] & 255;
    }

    int u16(long at) {
        return bigEndian ? u8(at) << 8 | u8(at + 1) : u8(at + 1) << 8 | u8(at);
    }

    int u24(long at) {
        return bigEndian ? u8(at) << 16 | u16(at + 1) : u8(at + 2) << 16 | u16(at);
    }

    long u32(long at) {
        return bigEndian ? (long) u16(at) << 16 | u16(at + 2) : (long) u16(at + 2) << 16 | u16(at);
    }

    /** Whether these characters of ASCII stand there; false beyond the end. */
    boolean says(long at, String text) {
        if (at < 0 || at + text.length() > bytes.length) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if ((bytes[(int) at + i] & 255) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    void require(long at, long count) {
        if (at < 0 || count < 0 || at > bytes.length - count) {
            throw Undecodable.damaged();
        }
    }
}
