package dev.kith.embed.image;

import dev.kith.embed.image.ImageFile.Colours;
import dev.kith.embed.image.ImageFile.Format;
import dev.kith.embed.image.ImageFile.Layer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Walks the blocks of a GIF file up to the end of its first picture and keeps that alone, however many follow. Source:
 * GIF89a, sections 18 to 22.
 */
final class GifHeader {
    private static final int EXTENSION = 0x21;
    private static final int CONTROL = 0xF9;
    private static final int IMAGE = 0x2C;
    private static final int TRAILER = 0x3B;
    private static final int SCREEN_END = 13;
    private static final int IMAGE_BYTES = 10;

    private GifHeader() {}

    static boolean matches(Cursor in) {
        return in.says(0, "GIF87a") || in.says(0, "GIF89a");
    }

    static ImageFile read(byte[] bytes) {
        Cursor in = new Cursor(bytes, ByteOrder.LITTLE_ENDIAN);
        int at = SCREEN_END + tableBytes(in.u8(10));
        int tableEnd = at;
        int background = 0;
        while (in.u8(at) == EXTENSION) {
            boolean transparent = in.u8(at + 1L) == CONTROL && in.u8(at + 2L) == 4 && (in.u8(at + 3L) & 1) == 1;
            background = transparent ? in.u8(at + 6L) : background;
            at = endOfBlocks(in, at + 2);
        }
        if (in.u8(at) != IMAGE) {
            throw Undecodable.damaged();
        }
        int left = in.u16(at + 1L);
        int top = in.u16(at + 3L);
        int width = in.u16(at + 5L);
        int height = in.u16(at + 7L);
        int data = at + IMAGE_BYTES + tableBytes(in.u8(at + 9L));
        int end = endOfBlocks(in, data + 1);
        if (width == 0 || height == 0) {
            throw Undecodable.damaged();
        }
        ByteArrayOutputStream kept = new ByteArrayOutputStream(tableEnd + end - at + 1);
        kept.write(bytes, 0, tableEnd);
        kept.write(bytes, at, end - at);
        kept.write(TRAILER);
        return new ImageFile(
                Format.GIF,
                Math.max(in.u16(6), left + width),
                Math.max(in.u16(8), top + height),
                new Layer(left, top, width, height, background),
                Colours.AS_DECODED,
                Orientation.UPRIGHT,
                List.of(),
                kept.toByteArray());
    }

    /** Bytes of the colour table that these flags announce. */
    private static int tableBytes(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }

    private static int endOfBlocks(Cursor in, int from) {
        int at = from;
        while (in.u8(at) != 0) {
            at += in.u8(at) + 1;
        }
        return at + 1;
    }
}
