package dev.kith.embed.image;

import dev.kith.embed.image.ImageFile.Colours;
import dev.kith.embed.image.ImageFile.Format;
import dev.kith.embed.image.ImageFile.Layer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Walks the chunks of a PNG file and keeps header, palette and data: texts and profiles, which may be compressed
 * without bounds, are never opened. Transparency of single colours is dropped like any other. Source: PNG (Third
 * Edition), sections 5 and 11.
 */
final class PngHeader {
    private static final String SIGNATURE = "\u0089PNG\r\n\u001a\n";
    private static final int FRAME_BYTES = 12;

    private PngHeader() {}

    static boolean matches(Cursor in) {
        return in.says(0, SIGNATURE);
    }

    static ImageFile read(byte[] bytes) {
        Cursor in = new Cursor(bytes, ByteOrder.BIG_ENDIAN);
        if (!in.says(12, "IHDR")) {
            throw Undecodable.damaged();
        }
        long width = in.u32(16);
        long height = in.u32(20);
        if (width < 1 || height < 1 || width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
            throw Undecodable.damaged();
        }
        int orientation = Orientation.UPRIGHT;
        ByteArrayOutputStream kept = new ByteArrayOutputStream(bytes.length);
        kept.write(bytes, 0, SIGNATURE.length());
        long at = SIGNATURE.length();
        boolean data = false;
        while (!in.says(at + 4, "IEND")) {
            long length = in.u32(at);
            in.require(at, length + FRAME_BYTES);
            boolean isData = in.says(at + 4, "IDAT");
            if (isData || in.says(at + 4, "IHDR") || in.says(at + 4, "PLTE")) {
                kept.write(bytes, (int) at, (int) length + FRAME_BYTES);
            } else if (in.says(at + 4, "eXIf")) {
                orientation = Orientation.of(bytes, (int) at + 8);
            }
            data |= isData;
            at += length + FRAME_BYTES;
        }
        in.require(at, FRAME_BYTES);
        kept.write(bytes, (int) at, FRAME_BYTES);
        if (!data) {
            throw Undecodable.damaged();
        }
        return new ImageFile(
                Format.PNG,
                (int) width,
                (int) height,
                Layer.whole((int) width, (int) height),
                colours(in),
                orientation,
                List.of(),
                kept.toByteArray());
    }

    /** Grey of one bit is treated like a palette of two. */
    private static Colours colours(Cursor in) {
        int bits = in.u8(24);
        if (in.u8(25) != 0 || bits == 1) {
            return Colours.AS_DECODED;
        }
        return bits == 16 ? Colours.CLIPPED_GREY : Colours.GREY;
    }
}
