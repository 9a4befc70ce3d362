package dev.kith.embed.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.kith.embed.Preparation.Orientation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.Unembeddable.Reason;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that mean harm: whatever is in them, the answer is a picture or a refusal, and it costs what was allowed. */
class HostileImageTest {
    private static final List<String> FILES = List.of(
            "plain.jpg",
            "progressive.jpg",
            "restart.jpg",
            "grey.jpg",
            "cmyk.jpg",
            "turned6.jpg",
            "plain.png",
            "palette.png",
            "interlaced.png",
            "deep-alpha.png",
            "turned6.png",
            "plain.gif",
            "animated.gif",
            "interlaced.gif",
            "plain.bmp",
            "palette.bmp",
            "bits.bmp",
            "lossless.webp",
            "plain.webp",
            "parts.webp",
            "simple.webp",
            "opacity-smooth.webp",
            "opacity-plain.webp",
            "animated.webp",
            "turned6.webp");
    private static final int PIXELS_MAX = 200_000;
    /** What one of them may allocate: some thirty bytes a pixel, and what decoders take however small a picture is. */
    private static final long BYTES_MAX = 30L * PIXELS_MAX + (4 << 20);
    /** The tables of a lossless WebP, for which there is room of their own; what they are made of is as much again. */
    private static final long WEBP_BYTES_MAX = BYTES_MAX + 2 * 384_000_000L;

    private final ImageDecoder decoder = new ImageDecoder(new ImageLimits(1 << 20, PIXELS_MAX, PIXELS_MAX, 5_000));

    private Reason refused(byte[] file) {
        try {
            decoder.decode(file, Orientation.IGNORED, Picture::colours);
            throw new AssertionError("was decoded");
        } catch (Unembeddable refusal) {
            return refusal.reason();
        }
    }

    @Test
    void decode_ofCorruptedFiles_refusesOrDecodes() {
        corrupt(60, 20261130);
    }

    @Test
    @Tag("slow")
    void decode_ofManyCorruptedFiles_refusesOrDecodes() {
        corrupt(1_000, 4711);
    }

    private void corrupt(int rounds, long seed) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Random random = new Random(seed);
        for (int round = 0; round < rounds; round++) {
            for (String name : FILES) {
                byte[] file = corrupted(ImageDecoderTest.file(name), random);
                long before = threads.getCurrentThreadAllocatedBytes();
                try {
                    Pixels out = decoder.decode(file, Orientation.APPLIED, Picture::colours);
                    assertThat((long) out.width() * out.height()).isBetween(1L, (long) PIXELS_MAX);
                } catch (Unembeddable refusal) {
                    assertThat(refusal.reason()).isIn(Reason.UNDECODABLE, Reason.TOO_LARGE);
                } catch (RuntimeException | Error fault) {
                    throw new AssertionError("%s, round %d, seed %d".formatted(name, round, seed), fault);
                }
                assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                        .as("%s, round %d, seed %d", name, round, seed)
                        .isLessThan(name.endsWith(".webp") ? WEBP_BYTES_MAX : BYTES_MAX);
            }
        }
    }

    /**
     * Bytes or bits changed, more of them near the beginning, where the headers are; lengths and sizes that become as
     * large or as small as they can; then, perhaps, cut off, a piece repeated or left out, or the rest of another file.
     */
    private static byte[] corrupted(byte[] good, Random random) {
        byte[] bad = good.clone();
        int changes = 1 + random.nextInt(6);
        for (int change = 0; change < changes; change++) {
            int at = random.nextInt(random.nextBoolean() ? Math.min(bad.length, 64) : bad.length);
            switch (random.nextInt(4)) {
                case 0 -> bad[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> number(bad, at, random);
                case 2 -> bad[at] = (byte) 0xFF;
                default -> bad[at] = (byte) random.nextInt();
            }
        }
        int at = random.nextInt(bad.length);
        return switch (random.nextInt(8)) {
            case 0 -> Arrays.copyOf(bad, at);
            case 1 -> joined(bad, bad.length, bad, 0, at);
            case 2 -> joined(bad, at, bad, random.nextInt(bad.length), bad.length);
            case 3 -> {
                byte[] other = ImageDecoderTest.file(FILES.get(random.nextInt(FILES.size())));
                yield joined(bad, at, other, random.nextInt(other.length), other.length);
            }
            default -> bad;
        };
    }

    /** The first bytes of one, and after them those of another from there to there. */
    private static byte[] joined(byte[] first, int count, byte[] second, int from, int to) {
        byte[] joined = Arrays.copyOf(first, count + Math.max(0, to - from));
        System.arraycopy(second, from, joined, count, Math.max(0, to - from));
        return joined;
    }

    /** A number of two, three or four bytes that is at an end of its range, or next to it. */
    private static void number(byte[] bytes, int at, Random random) {
        long number = new long[] {0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFFL, 0x80000000L}[random.nextInt(7)];
        int length = 2 + random.nextInt(3);
        boolean little = random.nextBoolean();
        for (int i = 0; i < length && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (number >> (8 * (little ? i : length - 1 - i)));
        }
    }

    @Test
    void decode_ofCutFiles_refusesAtEveryByteOfTheHeaders() {
        for (String name : FILES) {
            byte[] file = ImageDecoderTest.file(name);
            for (int length = 0; length < Math.min(60, file.length); length++) {
                assertThat(refused(Arrays.copyOf(file, length))).isEqualTo(Reason.UNDECODABLE);
            }
        }
    }

    @Test
    void decode_ofABomb_isRefusedByItsHeader() {
        assertThat(refused(png(50_000, 50_000, new byte[100]))).isEqualTo(Reason.TOO_LARGE);
        assertThat(refused(png(Integer.MAX_VALUE, Integer.MAX_VALUE, new byte[100])))
                .isEqualTo(Reason.TOO_LARGE);
        assertThat(refused(png(1_000, 201, new byte[201 * 3_001]))).isEqualTo(Reason.TOO_LARGE);
    }

    /** Decoders hold some rows more than once, and as integers. */
    @Test
    void decode_ofAPictureThatIsOneRow_isRefusedByItsHeader() {
        assertThat(refused(png(65_536, 1, new byte[3 * 65_536 + 1]))).isEqualTo(Reason.TOO_LARGE);
        Pixels out = decoder.decode(png(65_535, 1, new byte[3 * 65_535 + 1]), Orientation.IGNORED, Picture::colours);
        assertThat(out.width()).isEqualTo(65_535);
    }

    @Test
    void decode_ofAsManyPixelsAsAllowed_decodes() {
        Pixels out = decoder.decode(png(1_000, 200, new byte[200 * 3_001]), Orientation.IGNORED, Picture::colours);

        assertThat(out.width()).isEqualTo(1_000);
    }

    /** Rows that the header promises and the data lack, and data that go on for ever. */
    @Test
    void decode_ofDataThatDoNotFitTheHeader_isBounded() {
        assertThat(refused(png(100, 100, new byte[100]))).isEqualTo(Reason.UNDECODABLE);
        Pixels out = decoder.decode(png(10, 10, new byte[50_000_000]), Orientation.IGNORED, Picture::colours);
        assertThat(out.width()).isEqualTo(10);
    }

    @Test
    void decode_ofOnePixel_isThatPixel() {
        Pixels out = decoder.decode(png(1, 1, new byte[] {0, 1, 2, 3}), Orientation.IGNORED, Picture::colours);

        assertThat(out.samples()).containsExactly(1, 2, 3);
    }

    @Test
    void decode_ofMoreBytesThanAllowed_isRefused() {
        byte[] file = Arrays.copyOf(ImageDecoderTest.file("plain.png"), (1 << 20) + 1);

        assertThat(refused(file)).isEqualTo(Reason.TOO_LARGE);
    }

    /** Bytes behind its picture: as much as tables might be made of, and more than there is room for. */
    @Test
    void decode_ofALosslessWebpWhoseTablesMightNotFit_isRefused() {
        assertThat(refused(lengthened("lossless.webp"))).isEqualTo(Reason.TOO_LARGE);
        Pixels out = decoder.decode(lengthened("plain.webp"), Orientation.IGNORED, Picture::colours);
        assertThat(out.width()).isPositive();
    }

    private static byte[] lengthened(String name) {
        byte[] file = ImageDecoderTest.file(name);
        byte[] longer = Arrays.copyOf(file, PIXELS_MAX / 5);
        ByteBuffer lengths = ByteBuffer.wrap(longer).order(ByteOrder.LITTLE_ENDIAN);
        lengths.putInt(4, longer.length - 8).putInt(16, longer.length - 20);
        return longer;
    }

    /** A picture with a script behind it is the picture; a script is nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"plain.jpg", "plain.png", "plain.gif", "plain.bmp", "lossless.webp"})
    void decode_ofAPictureWithMoreBehindIt_isThePicture(String name) {
        byte[] file = ImageDecoderTest.file(name);
        byte[] longer = Arrays.copyOf(file, file.length + 5_000);
        byte[] script = "<script>alert(1)</script>PK".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(script, 0, longer, file.length, script.length);

        assertThat(decoder.decode(longer, Orientation.IGNORED, Picture::colours).samples())
                .isEqualTo(decoder.decode(file, Orientation.IGNORED, Picture::colours)
                        .samples());
        assertThat(refused(script)).isEqualTo(Reason.UNDECODABLE);
    }

    /** Profiles are passed over, as by Pillow: one that is embedded is not parsed, one that is named not opened. */
    @ParameterizedTest
    @ValueSource(ints = {3, 4, 0x4C494E4B, 0x4D424544})
    void decode_ofABmpWithAProfile_isThePictureWithoutIt(int space) {
        ByteBuffer file = ByteBuffer.allocate(138 + 3 * 4 + 200).order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {'B', 'M'}).putInt(file.capacity()).putInt(0).putInt(138);
        file.putInt(124).putInt(1).putInt(3).putShort((short) 1).putShort((short) 24);
        file.putInt(0).putInt(12);
        file.putInt(70, space);
        file.putInt(14 + 112, 124 + 12).putInt(14 + 116, 200);
        file.put(138, new byte[] {3, 2, 1, 0, 6, 5, 4, 0, 9, 8, 7, 0});
        Arrays.fill(file.array(), 150, 350, (byte) 'x');
        byte[] before = file.array().clone();

        Pixels out = decoder.decode(file.array(), Orientation.IGNORED, Picture::colours);

        assertThat(out.samples()).containsExactly(7, 8, 9, 4, 5, 6, 1, 2, 3);
        assertThat(file.array()).isEqualTo(before);
    }

    @Test
    void decode_ofMoreScansThanAnyEncoderWrites_isRefused() {
        byte[] file = ImageDecoderTest.file("progressive.jpg");
        int scan = indexOf(file, (byte) 0xDA) - 1;
        byte[] scans = Arrays.copyOfRange(file, scan, scan + 14);
        ByteArrayOutputStream many = new ByteArrayOutputStream();
        many.write(file, 0, scan);
        for (int at = 0; at <= JpegHeader.SCANS_MAX; at++) {
            many.writeBytes(scans);
        }
        many.write(file, scan, file.length - scan);

        assertThat(refused(many.toByteArray())).isEqualTo(Reason.TOO_LARGE);
    }

    private static int indexOf(byte[] file, byte marker) {
        int at = 1;
        while (file[at - 1] != (byte) 0xFF || file[at] != marker) {
            at++;
        }
        return at;
    }

    @Test
    void refusals_sayNothingOfTheDecoder() {
        try {
            decoder.decode(png(100, 100, new byte[9]), Orientation.IGNORED, Picture::colours);
        } catch (Unembeddable refusal) {
            assertThat(refusal.text())
                    .isEqualTo("The input is not a JPEG, PNG, WebP, GIF or BMP image, or it is damaged");
            assertThat(refusal.getCause()).isNull();
        }
    }

    /** Eight bits of red, green and blue. */
    private static byte[] png(int width, int height, byte[] rows) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 26, '\n'});
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        number(header, width);
        number(header, height);
        header.writeBytes(new byte[] {8, 2, 0, 0, 0});
        chunk(file, "IHDR", header.toByteArray());
        Deflater deflater = new Deflater();
        deflater.setInput(rows);
        deflater.finish();
        byte[] packed = new byte[rows.length / 100 + 1_000];
        int length = deflater.deflate(packed);
        deflater.end();
        chunk(file, "IDAT", Arrays.copyOf(packed, length));
        chunk(file, "IEND", new byte[0]);
        return file.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream file, String kind, byte[] data) {
        number(file, data.length);
        byte[] name = kind.getBytes(StandardCharsets.US_ASCII);
        file.writeBytes(name);
        file.writeBytes(data);
        CRC32 sum = new CRC32();
        sum.update(name);
        sum.update(data);
        number(file, (int) sum.getValue());
    }

    private static void number(ByteArrayOutputStream file, int value) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            file.write(value >> shift);
        }
    }
}
