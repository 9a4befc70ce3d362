package dev.kith.embed.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.embed.image.Resample.Filter;
import dev.kith.embed.image.Resample.Side;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** Against what Pillow made of the same noise. */
class ResampleTest {
    @ParameterizedTest
    @CsvFileSource(resources = "resize.tsv", delimiter = '\t')
    void resize_ofNoise_isPillowsToTheBit(int width, int height, int toWidth, int toHeight, String filter, String sum) {
        Pixels out = Resample.resize(
                Noise.pixels(width, height, 3),
                Side.whole(width, toWidth),
                Side.whole(height, toHeight),
                Filter.valueOf(filter));

        assertThat(out.width()).isEqualTo(toWidth);
        assertThat(out.height()).isEqualTo(toHeight);
        assertThat(Noise.sum(out)).isEqualTo(sum);
    }

    @ParameterizedTest
    @CsvFileSource(resources = "fit.tsv", delimiter = '\t')
    void toFit_ofNoise_isPillowsThumbnail(String mode, int width, int height, int toWidth, int toHeight, String sum) {
        Pixels out = Shrink.toFit(Noise.picture(mode, width, height), 1000).colours();

        assertThat(out.width()).isEqualTo(toWidth);
        assertThat(out.height()).isEqualTo(toHeight);
        assertThat(Noise.sum(out)).isEqualTo(sum);
    }

    @ParameterizedTest
    @CsvFileSource(resources = "crop.tsv", delimiter = '\t')
    void middle_ofNoise_isThatOfTheWhole(int width, int height, int shorter, int crop, String sum) {
        Pixels out = Middle.of(Noise.pixels(width, height, 3), new Middle.Cut(shorter, crop, Filter.BICUBIC));

        assertThat(Noise.sum(out)).isEqualTo(sum);
    }

    @Test
    void resize_ofOneColour_keepsIt() {
        byte[] samples = new byte[301 * 203 * 4];
        Arrays.fill(samples, (byte) 200);

        Pixels out = Resample.resize(
                new Pixels(301, 203, 4, samples), Side.whole(301, 97), Side.whole(203, 411), Filter.BICUBIC);

        assertThat(out.samples()).containsOnly(200);
    }
}
