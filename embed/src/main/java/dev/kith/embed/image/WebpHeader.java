package dev.kith.embed.image;

import dev.kith.embed.image.ImageFile.Colours;
import dev.kith.embed.image.ImageFile.Format;
import dev.kith.embed.image.ImageFile.Layer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Walks the chunks of a WebP file, takes the first picture out of an animation, and makes a file of it that has nothing
 * else. Sizes are read where the decoder will read them: in the coded picture. Source: RFC 9649, sections 2.5 to 2.7
 * and 3.4; RFC 6386, section 9.1.
 */
final class WebpHeader {
    private static final int CHUNK_BYTES = 8;
    private static final int FIRST_CHUNK = 12;
    /** Header of a frame of an animation: place, size, duration, flags. */
    private static final int FRAME_BYTES = 16;

    private final Cursor in;
    private final byte[] bytes;
    private int width;
    private int height;
    private boolean extended;
    private int orientation = Orientation.UPRIGHT;
    private int left;
    private int top;
    private boolean animated;
    /** Where the chunks of the first picture are; 0: not seen. */
    private long picture;

    private long alpha;

    private WebpHeader(byte[] bytes) {
        this.bytes = bytes;
        this.in = new Cursor(bytes, ByteOrder.LITTLE_ENDIAN);
    }

    static boolean matches(Cursor in) {
        return in.says(0, "RIFF") && in.says(8, "WEBP");
    }

    static ImageFile read(byte[] bytes) {
        return new WebpHeader(bytes).walk();
    }

    private ImageFile walk() {
        long end = Math.min(in.u32(4) + CHUNK_BYTES, in.length());
        chunks(FIRST_CHUNK, end);
        if (picture == 0) {
            throw Undecodable.damaged();
        }
        Layer layer = layer();
        if (!extended) {
            width = layer.width();
            height = layer.height();
        }
        if (layer.left() + layer.width() > width || layer.top() + layer.height() > height) {
            throw Undecodable.damaged();
        }
        return new ImageFile(Format.WEBP, width, height, layer, Colours.AS_DECODED, orientation, List.of(), alone());
    }

    private void chunks(long from, long end) {
        for (long at = from; at + CHUNK_BYTES <= end; ) {
            long length = in.u32(at + 4);
            in.require(at, length + CHUNK_BYTES);
            long data = at + CHUNK_BYTES;
            if (in.says(at, "VP8X")) {
                extended = true;
                width = in.u24(data + 4) + 1;
                height = in.u24(data + 7) + 1;
            } else if (in.says(at, "EXIF")) {
                // Some writers put the marker of a JPEG before the TIFF header.
                orientation = Orientation.of(bytes, (int) data + (in.says(data, "Exif\0\0") ? 6 : 0));
            } else if (in.says(at, "ANMF") && picture == 0 && !animated) {
                animated = true;
                left = in.u24(data) * 2;
                top = in.u24(data + 3) * 2;
                chunks(data + FRAME_BYTES, data + length);
            } else if (picture == 0 && in.says(at, "ALPH")) {
                alpha = at;
            } else if (picture == 0 && (in.says(at, "VP8 ") || in.says(at, "VP8L"))) {
                picture = at;
            }
            at = data + length + (length & 1);
        }
    }

    private Layer layer() {
        long data = picture + CHUNK_BYTES;
        if (in.says(picture, "VP8L")) {
            if (in.u8(data) != 0x2F) {
                throw Undecodable.damaged();
            }
            long sizes = in.u32(data + 1);
            return new Layer(left, top, (int) (sizes & 0x3FFF) + 1, (int) (sizes >> 14 & 0x3FFF) + 1, 0);
        }
        boolean key = (in.u8(data) & 1) == 0 && in.u8(data + 3) == 0x9D && in.u16(data + 4) == 0x2A01;
        Layer layer = new Layer(left, top, in.u16(data + 6) & 0x3FFF, in.u16(data + 8) & 0x3FFF, 0);
        if (!key || layer.width() == 0 || layer.height() == 0) {
            throw Undecodable.damaged();
        }
        return layer;
    }

    /** A file with this picture alone, and before it its transparency where it has some. */
    private byte[] alone() {
        ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        if (alpha != 0 && in.says(picture, "VP8 ")) {
            copy(alpha, chunks);
        }
        copy(picture, chunks);
        ByteArrayOutputStream file = new ByteArrayOutputStream(chunks.size() + FIRST_CHUNK);
        write(file, "RIFF");
        little(file, chunks.size() + 4L, 4);
        write(file, "WEBP");
        file.writeBytes(chunks.toByteArray());
        return file.toByteArray();
    }

    private void copy(long chunk, ByteArrayOutputStream to) {
        int length = (int) in.u32(chunk + 4);
        to.write(bytes, (int) chunk, CHUNK_BYTES + length);
        if ((length & 1) == 1) {
            to.write(0);
        }
    }

    private static void write(ByteArrayOutputStream to, String text) {
        to.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void little(ByteArrayOutputStream to, long value, int count) {
        for (int at = 0; at < count; at++) {
            to.write((int) (value >> (8 * at)));
        }
    }
}
