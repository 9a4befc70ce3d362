package dev.kith.embed.image;

import dev.kith.embed.Unembeddable;
import java.nio.ByteOrder;

/**
 * The orientation that EXIF data name, and turning pixels by it. Of EXIF's tags this one is all that is looked at.
 * Source: TIFF 6.0, section 2; EXIF 2.32, tag 0x0112.
 */
final class Orientation {
    static final int UPRIGHT = 1;
    private static final int TAG = 0x0112;
    private static final int SHORT = 3;
    /** Entries of a directory that are looked at: cameras write some forty. */
    private static final int ENTRIES_MAX = 512;

    private Orientation() {}

    /**
     * @param start where the TIFF header of the EXIF data begins; whatever is wrong with them, the answer is upright
     */
    static int of(byte[] bytes, int start) {
        try {
            Cursor header = new Cursor(bytes, ByteOrder.BIG_ENDIAN);
            boolean little = header.says(start, "II");
            if (!little && !header.says(start, "MM")) {
                return UPRIGHT;
            }
            Cursor in = little ? new Cursor(bytes, ByteOrder.LITTLE_ENDIAN) : header;
            long directory = start + in.u32(start + 4L);
            int entries = Math.min(in.u16(directory), ENTRIES_MAX);
            for (int entry = 0; entry < entries; entry++) {
                long at = directory + 2 + 12L * entry;
                if (in.u16(at) == TAG && in.u16(at + 2) == SHORT) {
                    int value = in.u16(at + 8);
                    return value >= 1 && value <= 8 ? value : UPRIGHT;
                }
            }
            return UPRIGHT;
        } catch (Unembeddable beyondTheEnd) {
            return UPRIGHT;
        }
    }

    /** The pixels as they are meant to be seen. */
    static Pixels applied(Pixels in, int orientation) {
        if (orientation == UPRIGHT) {
            return in;
        }
        boolean turned = orientation > 4;
        Pixels out = Pixels.empty(turned ? in.height() : in.width(), turned ? in.width() : in.height(), in.channels());
        int channels = in.channels();
        for (int y = 0; y < out.height(); y++) {
            for (int x = 0; x < out.width(); x++) {
                // Where the pixel lies in the file: mirrored across, down, and with its axes exchanged.
                int column = turned ? y : x;
                int row = turned ? x : y;
                boolean fromRight = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
                boolean fromBelow = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
                int oldX = fromRight ? in.width() - 1 - column : column;
                int oldY = fromBelow ? in.height() - 1 - row : row;
                System.arraycopy(
                        in.samples(),
                        (oldY * in.width() + oldX) * channels,
                        out.samples(),
                        (y * out.width() + x) * channels,
                        channels);
            }
        }
        return out;
    }
}
