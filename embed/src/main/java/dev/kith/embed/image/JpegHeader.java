package dev.kith.embed.image;

import dev.kith.embed.image.ImageFile.Colours;
import dev.kith.embed.image.ImageFile.Format;
import dev.kith.embed.image.ImageFile.Layer;
import dev.kith.embed.image.ImageFile.Sampling;
import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Walks the segments of a JPEG file: finds its size, what its samples mean, its orientation and its scans, checks that
 * it ends, and copies what the decoder needs. Source: ITU T.81, appendix B; Adobe Technical Note 5116 for its marker.
 */
final class JpegHeader {
    private static final int START = 0xD8;
    private static final int END = 0xD9;
    private static final int SCAN = 0xDA;
    private static final int STEPS = 0xDB;
    private static final int APP0 = 0xE0;
    private static final int APP1 = 0xE1;
    private static final int APP14 = 0xEE;
    private static final int APP15 = 0xEF;
    private static final int COMMENT = 0xFE;
    /** A segment's length counts its own field. */
    private static final int LENGTH_BYTES = 2;

    private static final int LUMA_ONLY = 1;
    private static final int THREE = 3;
    private static final int FOUR = 4;
    private static final int BLOCK = JpegBlock.SIDE * JpegBlock.SIDE;
    private static final int[] ZIGZAG = zigzag();
    /** Scans of a progressive file: encoders write some ten, and each costs a pass over the whole picture. */
    static final int SCANS_MAX = 100;

    private final Cursor in;
    private final byte[] bytes;
    private final ByteArrayOutputStream kept;
    private int width;
    private int height;
    private int components;
    private final List<Component> frame = new ArrayList<>();
    /** Steps by the names of their tables, row by row; none of what was defined twice. */
    private final Map<Integer, List<Integer>> steps = new HashMap<>();

    private boolean namedRgb;
    private boolean jfif;
    /** Of Adobe's marker; -1: there is none. */
    private int transform = -1;

    private int orientation = Orientation.UPRIGHT;
    private int scans;

    /** How densely a component is sampled, and the table of its steps. */
    private record Component(int across, int down, int table) {}

    private JpegHeader(byte[] bytes) {
        this.bytes = bytes;
        this.in = new Cursor(bytes, ByteOrder.BIG_ENDIAN);
        this.kept = new ByteArrayOutputStream(bytes.length);
    }

    static boolean matches(Cursor in) {
        return in.length() > 2 && in.u8(0) == 0xFF && in.u8(1) == START && in.u8(2) == 0xFF;
    }

    static ImageFile read(byte[] bytes) {
        return new JpegHeader(bytes).walk();
    }

    private ImageFile walk() {
        kept.write(bytes, 0, 2);
        int at = 2;
        while (true) {
            while (in.u8(at) != 0xFF) {
                // Bytes that belong to no segment are passed over, as the common decoders do.
                at++;
            }
            while (in.u8(at) == 0xFF) {
                at++;
            }
            int marker = in.u8(at++);
            if (marker == END) {
                kept.write(0xFF);
                kept.write(END);
                return finished();
            }
            if (marker == 0 || marker == 1 || (marker >= 0xD0 && marker <= START)) {
                continue;
            }
            int length = in.u16(at);
            if (length < LENGTH_BYTES) {
                // A decoder would take the next marker, or a part of it, for the length.
                throw Undecodable.damaged();
            }
            in.require(at, length);
            segment(marker, at + LENGTH_BYTES, length - LENGTH_BYTES);
            int next = at + length;
            if (marker == SCAN) {
                next = endOfScan(next);
            }
            if (!isDropped(marker)) {
                kept.write(0xFF);
                kept.write(marker);
                kept.write(bytes, at, next - at);
            }
            at = next;
        }
    }

    private static boolean isDropped(int marker) {
        return (marker >= APP0 && marker <= APP15) || marker == COMMENT;
    }

    private void segment(int marker, int at, int length) {
        switch (marker) {
            case APP0 -> jfif |= length >= 5 && in.says(at, "JFIF\0");
            case APP1 -> {
                if (length > 6 && in.says(at, "Exif\0")) {
                    orientation = Orientation.of(bytes, at + 6);
                }
            }
            case APP14 -> {
                if (length >= 12 && in.says(at, "Adobe")) {
                    transform = in.u8(at + 11L);
                }
            }
            case STEPS -> steps(at, length);
            case SCAN -> {
                if (++scans > SCANS_MAX) {
                    throw Undecodable.tooSlow();
                }
            }
            default -> {
                if (isFrame(marker)) {
                    frame(at, length);
                }
            }
        }
    }

    /** Tables of 64 steps, of one byte each or of two, from the lowest frequency in zigzag. */
    private void steps(int from, int length) {
        int at = from;
        while (at < from + length) {
            int said = in.u8(at++);
            int width = said >> 4 == 0 ? 1 : 2;
            if (from + length - at < BLOCK * width) {
                throw Undecodable.damaged();
            }
            Integer[] table = new Integer[BLOCK];
            for (int k = 0; k < BLOCK; k++) {
                table[ZIGZAG[k]] = Math.max(1, width == 1 ? in.u8(at + k) : in.u16(at + 2L * k));
            }
            at += BLOCK * width;
            steps.merge(said & 15, List.of(table), (first, second) -> first.equals(second) ? first : List.of());
        }
    }

    private static int[] zigzag() {
        int[] order = new int[BLOCK];
        int k = 0;
        for (int sum = 0; sum < 2 * JpegBlock.SIDE - 1; sum++) {
            for (int i = Math.max(0, sum - JpegBlock.SIDE + 1); i <= Math.min(sum, JpegBlock.SIDE - 1); i++) {
                int row = sum % 2 == 0 ? sum - i : i;
                order[k++] = row * JpegBlock.SIDE + sum - row;
            }
        }
        return order;
    }

    private List<Sampling> sampling() {
        return frame.stream()
                .map(one -> new Sampling(one.across, one.down, steps.getOrDefault(one.table, List.of())))
                .toList();
    }

    private static boolean isFrame(int marker) {
        return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    private void frame(int at, int length) {
        if (components != 0 || length < 6 || in.u8(at) != 8) {
            throw Undecodable.damaged();
        }
        height = in.u16(at + 1L);
        width = in.u16(at + 3L);
        components = in.u8(at + 5L);
        if (width == 0 || height == 0 || length < 6 + 3 * components) {
            throw Undecodable.damaged();
        }
        for (int component = 0; component < components; component++) {
            int said = in.u8(at + 7L + 3L * component);
            frame.add(new Component(said >> 4, said & 15, in.u8(at + 8L + 3L * component)));
        }
        namedRgb = components == THREE && in.u8(at + 6L) == 'R' && in.u8(at + 9L) == 'G' && in.u8(at + 12L) == 'B';
    }

    /** Coded data hold a 0xFF only before a zero or a restart marker. */
    private int endOfScan(int from) {
        int at = from;
        while (true) {
            while (in.u8(at) != 0xFF) {
                at++;
            }
            int marker = in.u8(at + 1L);
            if (marker != 0 && marker != 0xFF && (marker < 0xD0 || marker > 0xD7)) {
                return at;
            }
            at += marker == 0xFF ? 1 : 2;
        }
    }

    private ImageFile finished() {
        if (scans == 0) {
            throw Undecodable.damaged();
        }
        return new ImageFile(
                Format.JPEG,
                width,
                height,
                Layer.whole(width, height),
                colours(),
                orientation,
                sampling(),
                kept.toByteArray());
    }

    /** As the common decoders guess: JFIF before Adobe's marker, that before the names of the components. */
    private Colours colours() {
        return switch (components) {
            case LUMA_ONLY -> Colours.GREY;
            case THREE -> !jfif && (transform == 0 || (transform < 0 && namedRgb)) ? Colours.RGB : Colours.YCC;
            case FOUR -> transform == 2 ? Colours.YCCK_INVERTED : transform < 0 ? Colours.CMYK : Colours.CMYK_INVERTED;
            default -> throw Undecodable.damaged();
        };
    }
}
