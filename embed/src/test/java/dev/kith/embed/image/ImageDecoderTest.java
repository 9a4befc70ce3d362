package dev.kith.embed.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.embed.Preparation.Orientation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the samples that Pillow reads from the same files. */
class ImageDecoderTest {
    private final ImageDecoder decoder = new ImageDecoder(ImageLimits.DEFAULT);

    static byte[] file(String name) {
        try (InputStream in = ImageDecoderTest.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static byte[] samples(String name) {
        return inflated(name + ".rgb.z");
    }

    private static byte[] inflated(String name) {
        try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(file(name)))) {
            return in.readAllBytes();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private Pixels decoded(String name, Orientation orientation) {
        return decoder.decode(file(name), orientation, Picture::colours);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain.png",
                "alpha.png",
                "grey.png",
                "grey-alpha.png",
                "palette.png",
                "palette-transparent.png",
                "four-colours.png",
                "bits.png",
                "deep.png",
                "deep-alpha.png",
                "interlaced.png",
                "two-bit-grey.png",
                "four-bit-grey.png",
                "plain.gif",
                "interlaced.gif",
                "animated.gif",
                "transparent.gif",
                "grey.gif",
                "plain.bmp",
                "grey.bmp",
                "palette.bmp",
                "alpha.bmp",
                "bits.bmp",
                "lossless.webp",
                "lossless-alpha.webp",
                "animated.webp"
            })
    void decode_ofLosslessFiles_isPillowsToTheBit(String name) {
        Pixels out = decoded(name, Orientation.IGNORED);

        assertThat(out.width()).isEqualTo(67);
        assertThat(out.height()).isEqualTo(45);
        assertThat(out.samples()).isEqualTo(samples(name));
    }

    @ParameterizedTest
    @CsvSource({
        "plain.jpg, 0",
        "sharp.jpg, 0",
        "half.jpg, 0",
        "progressive.jpg, 0",
        "restart.jpg, 0",
        "grey.jpg, 0",
        "cmyk.jpg, 0",
        "profile.jpg, 0",
        "plain.webp, 0",
        "alpha.webp, 0",
        "rough.webp, 0",
        "simple.webp, 0",
        "parts.webp, 0",
        "even.webp, 0",
        "unfiltered.webp, 0",
        "tiny.webp, 0",
        "narrow.webp, 0",
        "opacity0.webp, 0",
        "opacity1.webp, 0",
        "opacity2.webp, 0",
        "opacity-plain.webp, 0",
        "opacity-smooth.webp, 0"
    })
    void decode_ofLossyFiles_differsByRoundingAtMost(String name, int most) {
        assertDifference(decoded(name, Orientation.IGNORED).samples(), samples(name), most);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"opacity0.webp", "opacity1.webp", "opacity2.webp", "opacity-plain.webp", "opacity-smooth.webp"})
    void decode_ofLossyFilesThatAreNotOpaque_hasTheirOpacity(String name) {
        byte[] out = decoder.decode(
                file(name), Orientation.IGNORED, picture -> picture.pixels().samples());

        assertThat(out).isEqualTo(inflated(name + ".rgba.z"));
    }

    private static void assertDifference(byte[] out, byte[] expected, int most) {
        assertThat(out).hasSameSizeAs(expected);
        int largest = 0;
        double sum = 0;
        for (int at = 0; at < expected.length; at++) {
            int difference = Math.abs((out[at] & 255) - (expected[at] & 255));
            largest = Math.max(largest, difference);
            sum += difference;
        }
        assertThat(largest).as("mean %.3f", sum / expected.length).isLessThanOrEqualTo(most);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "turned1.jpg",
                "turned2.jpg",
                "turned3.jpg",
                "turned4.jpg",
                "turned5.jpg",
                "turned6.jpg",
                "turned7.jpg",
                "turned8.jpg",
                "turned6.png",
                "turned6.webp"
            })
    void decode_ofTurnedPictures_turnsThemWhereAsked(String name) {
        boolean lying = name.charAt(6) > '4';
        assertThat(decoded(name, Orientation.IGNORED).samples()).isEqualTo(samples(name));
        Pixels turned = decoded(name, Orientation.APPLIED);
        assertThat(turned.width()).isEqualTo(lying ? 45 : 67);
        assertThat(turned.height()).isEqualTo(lying ? 67 : 45);
        assertThat(turned.samples()).isEqualTo(samples(name + ".turned"));
    }

    /** All above 255 of 65,535 is white. */
    @ParameterizedTest
    @ValueSource(strings = {"deep-grey.png", "dim-grey.png"})
    void decode_ofGreyOfSixteenBits_isPillows(String name) {
        assertThat(decoded(name, Orientation.IGNORED).samples()).isEqualTo(samples(name));
    }

    @ParameterizedTest
    @CsvSource({
        "draft-420.jpg, 200", "draft-420.jpg, 100", "draft-420.jpg, 50", "draft-420.jpg, 20",
        "draft-422.jpg, 200", "draft-422.jpg, 100", "draft-422.jpg, 50", "draft-422.jpg, 20",
        "draft-444.jpg, 200", "draft-444.jpg, 100", "draft-444.jpg, 50", "draft-444.jpg, 20",
        "draft-grey.jpg, 200", "draft-grey.jpg, 100", "draft-grey.jpg, 50", "draft-grey.jpg, 20",
        "draft-cmyk.jpg, 200", "draft-cmyk.jpg, 100", "draft-cmyk.jpg, 50", "draft-cmyk.jpg, 20"
    })
    void decode_ofAJpegFarLargerThanWanted_givesANetworkWhatPillowsThumbnailDoes(String name, int side) {
        int shorter = side * 224 / 1000;
        Middle.Cut cut = new Middle.Cut(shorter, shorter, Resample.Filter.BICUBIC);
        Pixels out = decoder.decode(
                file(name),
                new ImageDecoder.Wanted(Orientation.IGNORED, side),
                picture -> Middle.of(Shrink.toFit(picture, side).colours(), cut));

        assertDifference(out.samples(), samples(name + "." + side), 1);
    }
}
