package dev.kith.embed.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.kith.embed.Preparation.Orientation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.Unembeddable.Reason;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JPEG files that show a small picture to whoever walks their segments and mean to show the decoder a large one. */
class HiddenFrameTest {
    private static final int PIXELS_MAX = 200_000;
    /** Of the hidden picture in pixels; it would take 48 MB. */
    private static final int LARGE = 4_000;

    private static final int BYTES_MAX = 16 << 20;
    private static final int FRAME = 0xC0;
    private static final int HUFFMAN = 0xC4;
    private static final int SCAN = 0xDA;
    private static final int QUANTA = 0xDB;
    private static final int COMMENT = 0xFE;
    /** What a decoder reads where a frame's marker stands in the place of a length. */
    private static final int MARKER_AS_LENGTH = 0xFFC0;

    private final ImageDecoder decoder = new ImageDecoder(new ImageLimits(1 << 20, PIXELS_MAX, PIXELS_MAX, 5_000));
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /**
     * Tables that are shorter than their own length field, so that the marker of the small frame behind them is that
     * length: the decoder takes the frame for tables, and meets another one within what the walker skips.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void decode_ofASegmentShorterThanItsLength_isRefused(int length) {
        assertThat(outcome(swallowed(length))).isEqualTo(Reason.UNDECODABLE.name());
    }

    /** The segments of a small and of a large picture and pieces of them, in any order, inside one another, cut. */
    @Test
    void decode_ofSplicedSegments_costsWhatIsAllowed() {
        long seed = 20261201;
        Random random = new Random(seed);
        List<byte[]> pieces = pieces();
        for (int round = 0; round < 4_000; round++) {
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            file.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xD8});
            int count = 4 + random.nextInt(20);
            for (int at = 0; at < count; at++) {
                file.writeBytes(piece(pieces, random));
            }
            file.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xD9});
            try {
                outcome(file.toByteArray());
            } catch (RuntimeException | Error fault) {
                throw new AssertionError("round %d, seed %d".formatted(round, seed), fault);
            }
        }
    }

    private static byte[] piece(List<byte[]> pieces, Random random) {
        byte[] piece = pieces.get(random.nextInt(pieces.size())).clone();
        return switch (random.nextInt(8)) {
            case 0 -> {
                // A length that is too small, a little wrong, or up to far behind.
                int length = random.nextBoolean() ? random.nextInt(4) : random.nextInt(2 * piece.length);
                yield withLength(piece, length);
            }
            case 1 -> withLength(piece, MARKER_AS_LENGTH);
            case 2 -> Arrays.copyOf(piece, 2 + random.nextInt(piece.length));
            case 3 -> segment(random.nextInt(0xC0, 0x100), piece);
            case 4 -> segment(SCAN, piece);
            case 5 -> new byte[] {(byte) 0xFF, (byte) random.nextInt(256)};
            default -> piece;
        };
    }

    private static byte[] withLength(byte[] piece, int length) {
        if (piece.length > 3) {
            piece[2] = (byte) (length >> 8);
            piece[3] = (byte) length;
        }
        return piece;
    }

    /** What became of a file: a refusal, or a picture of the size that is allowed; and it took no more memory. */
    private String outcome(byte[] file) {
        long before = threads.getCurrentThreadAllocatedBytes();
        String outcome;
        try {
            Pixels pixels = decoder.decode(file, Orientation.IGNORED, Picture::colours);
            assertThat((long) pixels.width() * pixels.height()).isLessThanOrEqualTo(PIXELS_MAX);
            outcome = "decoded";
        } catch (Unembeddable refusal) {
            outcome = refusal.reason().name();
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(BYTES_MAX);
        return outcome;
    }

    private static byte[] swallowed(int length) {
        byte[] small = frame(257);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, (byte) HUFFMAN, 0, (byte) length});
        file.writeBytes(small);
        ByteArrayOutputStream skipped = new ByteArrayOutputStream();
        // What the frame says, from its length on, is a class and the counts of sixteen lengths of codes.
        int codes = 0;
        for (int at = 3; at < small.length; at++) {
            codes += small[at] & 255;
        }
        int left = MARKER_AS_LENGTH - 2 - (small.length - 2) - codes;
        skipped.writeBytes(new byte[codes - 4]);
        while (left > 0) {
            int more = left >= 17 + 255 + 17 ? 255 : left - 17 <= 255 ? left - 17 : (left - 34) / 2;
            skipped.writeBytes(new byte[] {0, (byte) more});
            skipped.writeBytes(new byte[15 + more]);
            left -= 17 + more;
        }
        // From here the decoder is at the beginning of a segment: a comment up to the next of the walker.
        int rest = 0xFFFF - 2 - skipped.size();
        skipped.writeBytes(new byte[] {(byte) 0xFF, (byte) COMMENT, (byte) ((rest + 2) >> 8), (byte) (rest + 2)});
        skipped.writeBytes(new byte[rest - 4]);
        file.writeBytes(segment(QUANTA, skipped.toByteArray()));
        ByteArrayOutputStream large = new ByteArrayOutputStream();
        for (byte[] piece : segments(true)) {
            large.writeBytes(piece);
        }
        file.writeBytes(segment(QUANTA, large.toByteArray()));
        file.writeBytes(segment(SCAN, new byte[] {3, 1, 0, 2, 17, 3, 17, 0, 63, 0}));
        file.writeBytes(new byte[] {0, (byte) 0xFF, (byte) 0xD9});
        return file.toByteArray();
    }

    private static byte[] frame(int side) {
        byte high = (byte) (side >> 8);
        byte low = (byte) side;
        return segment(FRAME, new byte[] {8, high, low, high, low, 3, 1, 34, 0, 2, 17, 1, 3, 17, 1});
    }

    private static byte[] segment(int marker, byte[] data) {
        ByteArrayOutputStream segment = new ByteArrayOutputStream();
        int length = data.length + 2;
        segment.writeBytes(new byte[] {(byte) 0xFF, (byte) marker, (byte) (length >> 8), (byte) length});
        segment.writeBytes(data);
        return segment.toByteArray();
    }

    private static List<byte[]> pieces() {
        List<byte[]> pieces = new ArrayList<>(segments(false));
        pieces.addAll(segments(true));
        pieces.add(frame(257));
        pieces.add(frame(LARGE));
        return pieces;
    }

    /** The segments of a picture of a baseline file between its start and its end, the last one with its scan. */
    private static List<byte[]> segments(boolean large) {
        byte[] file = ImageDecoderTest.file("plain.jpg");
        Cursor in = new Cursor(file, ByteOrder.BIG_ENDIAN);
        List<byte[]> segments = new ArrayList<>();
        int at = 2;
        while (in.u8(at + 1L) != SCAN) {
            int end = at + 2 + in.u16(at + 2L);
            byte[] segment = Arrays.copyOfRange(file, at, end);
            if (in.u8(at + 1L) == FRAME && large) {
                System.arraycopy(frame(LARGE), 5, segment, 5, 4);
            }
            segments.add(segment);
            at = end;
        }
        segments.add(Arrays.copyOfRange(file, at, file.length - 2));
        return segments;
    }
}
