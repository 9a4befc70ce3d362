package dev.kith.embed.image;

import dev.kith.embed.image.ImageFile.Colours;
import dev.kith.embed.image.ImageFile.Format;
import dev.kith.embed.image.ImageFile.Layer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Reads the header of a BMP file. Source: Microsoft's BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER and
 * BITMAPV5HEADER.
 */
final class BmpHeader {
    private static final int CORE_BYTES = 12;
    private static final int INFO_BYTES = 40;
    /** From here on the pixels are a JPEG or PNG file of their own, with headers that we have not seen. */
    private static final long EMBEDDED_FILE = 4;

    private static final int PALETTE_MAX = 256;
    /** The headers from here on say what their colours mean, and may name a profile or hold one. */
    private static final int SPACED_BYTES = 108;

    private static final int SPACE_AT = 70;
    private static final byte[] SRGB = "BGRs".getBytes(StandardCharsets.US_ASCII);

    private BmpHeader() {}

    static boolean matches(Cursor in) {
        return in.says(0, "BM") && in.length() > 18;
    }

    static ImageFile read(byte[] bytes) {
        Cursor in = new Cursor(bytes, ByteOrder.LITTLE_ENDIAN);
        long header = in.u32(14);
        long width;
        long height;
        if (header == CORE_BYTES) {
            width = in.u16(18);
            height = in.u16(20);
        } else if (header >= INFO_BYTES) {
            width = in.u32(18);
            // A height below zero says that the rows come from the top.
            height = Math.abs((long) (int) in.u32(22));
            boolean readable = in.u32(30) < EMBEDDED_FILE && in.u32(46) <= PALETTE_MAX;
            if (!readable) {
                throw Undecodable.damaged();
            }
        } else {
            throw Undecodable.damaged();
        }
        in.require(in.u32(10), 1);
        in.require(14, header);
        if (width < 1 || height < 1 || width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
            throw Undecodable.damaged();
        }
        return new ImageFile(
                Format.BMP,
                (int) width,
                (int) height,
                Layer.whole((int) width, (int) height),
                Colours.AS_DECODED,
                Orientation.UPRIGHT,
                List.of(),
                header >= SPACED_BYTES ? withoutProfile(bytes) : bytes);
    }

    /** The same file, said to be of the usual colours: the JDK's decoder has native code read what profile there is. */
    private static byte[] withoutProfile(byte[] bytes) {
        byte[] plain = bytes.clone();
        System.arraycopy(SRGB, 0, plain, SPACE_AT, SRGB.length);
        return plain;
    }
}
