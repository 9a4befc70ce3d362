package dev.kith.embed.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.kith.embed.Input;
import dev.kith.embed.Preparation;
import dev.kith.embed.Preparation.Orientation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.Unembeddable.Reason;
import dev.kith.embed.models.Network;
import dev.kith.embed.models.Tower;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SoundPipelineTest {
    private static final Tower.SoundRecipe CLAP = new Tower.SoundRecipe(48_000, 10, 1_024, 480, 64, 50, 14_000);

    private final SoundPipeline pipeline =
            new SoundPipeline(new Tower.Sound(new Network("model.onnx", Map.of(), Map.of()), CLAP, true, 8));

    private float[] prepared(byte[] file) {
        return pipeline.prepare(new Input.Audio(file), Preparation.MODEL);
    }

    private Reason refused(byte[] file) {
        try {
            prepared(file);
            throw new AssertionError("was taken");
        } catch (Unembeddable refusal) {
            return refusal.reason();
        }
    }

    @ParameterizedTest
    @CsvSource({"44100, 3000", "16000, 1500", "96000, 5000", "11025, 777"})
    void changed_ofATone_isTheWholeConvolution(int rate, int count) {
        float[] out = Rate.changed(Tone.samples(count, rate), rate, 48_000);

        assertThat(out).containsExactly(Tone.expected("rate-%d.f32".formatted(rate)), within(2e-6f));
    }

    @Test
    void spectrogram_ofATone_isNumpys() {
        float[] decibels = new Spectrogram(CLAP).of(Tone.samples(48_000, 48_000));

        assertThat(decibels).containsExactly(Tone.expected("spectrogram.f32"), within(1e-3f));
    }

    @Test
    void prepare_ofAShortSound_repeatsItWhole() {
        float[] once = Tone.samples(48_000 * 3, 48_000);
        float[] thrice = new float[48_000 * 10];
        for (int at = 0; at < 3; at++) {
            System.arraycopy(once, 0, thrice, at * once.length, once.length);
        }

        assertThat(prepared(Tone.wave(once, 48_000, 1))).isEqualTo(prepared(Tone.wave(thrice, 48_000, 1)));
        assertThat(prepared(Tone.wave(once, 48_000, 1))).hasSize(1_001 * 64);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24, 32})
    void mono_ofWholeNumbers_isTheSameSound(int bits) {
        float[] samples = Tone.samples(1_000, 48_000);
        ByteBuffer file = Tone.header(1, bits, 48_000, 1, samples.length * bits / 8);
        for (float sample : samples) {
            long value = Math.round(sample * Math.scalb(1.0, bits - 1)) + (bits == 8 ? 128 : 0);
            for (int at = 0; at < bits / 8; at++) {
                file.put((byte) (value >> 8 * at));
            }
        }

        float[] mono = Wave.read(file.array()).mono();

        assertThat(mono).containsExactly(samples, within((float) Math.scalb(1.0, 1 - bits)));
    }

    @Test
    void mono_ofTwoChannels_isTheirMean() {
        float[] mono = Wave.read(Tone.wave(new float[] {1, 0, -0.5f, 0.25f, Float.NaN, 0}, 8_000, 2))
                .mono();

        assertThat(mono).containsExactly(0.5f, -0.125f, 0);
    }

    @Test
    void prepare_ofTooLongASound_namesBothLengths() {
        byte[] file = Tone.wave(new float[8_000 * 10 + 800], 8_000, 1);

        assertThatExceptionOfType(Unembeddable.class)
                .isThrownBy(() -> prepared(file))
                .satisfies(refusal -> assertThat(refusal.reason()).isEqualTo(Reason.TOO_LONG))
                .withMessageStartingWith("Audio input is too long (10100ms)")
                .withMessageContaining("10000ms");
        assertThat(prepared(Tone.wave(new float[8_000 * 10], 8_000, 1))).hasSize(1_001 * 64);
    }

    @Test
    void prepare_unprepared_isRefused() {
        Preparation unprepared = new Preparation(false, Orientation.IGNORED, 0, 0, Map.of());

        assertThatExceptionOfType(Unembeddable.class)
                .isThrownBy(() -> pipeline.prepare(new Input.Audio(Tone.wave(new float[9], 8_000, 1)), unprepared))
                .withMessageStartingWith("NoPreprocessing is not supported for audio inputs");
    }

    @Test
    void prepare_ofOtherFiles_isRefused() {
        assertThat(refused(new byte[0])).isEqualTo(Reason.UNDECODABLE);
        assertThat(refused(new byte[] {'I', 'D', '3', 4})).isEqualTo(Reason.UNDECODABLE);
        assertThat(refused(Tone.wave(new float[0], 8_000, 1))).isEqualTo(Reason.UNDECODABLE);
        assertThat(refused(Tone.header(2, 4, 8_000, 1, 100).array())).isEqualTo(Reason.UNDECODABLE);
        assertThat(refused(Tone.header(1, 16, 0, 1, 100).array())).isEqualTo(Reason.UNDECODABLE);
        assertThat(refused(Tone.header(1, 16, 8_000, 0, 100).array())).isEqualTo(Reason.UNDECODABLE);
    }

    /** Whatever is wrong with a file, it is a refusal. */
    @Test
    void prepare_ofDamagedFiles_refusesOrTakes() {
        long seed = 20261130;
        Random random = new Random(seed);
        byte[] good = Tone.wave(Tone.samples(400, 8_000), 8_000, 1);
        for (int round = 0; round < 2_000; round++) {
            byte[] bad = Arrays.copyOf(good, random.nextInt(4) == 0 ? random.nextInt(good.length) : good.length);
            for (int flip = 0; flip < 3 && bad.length > 0; flip++) {
                bad[random.nextInt(Math.min(bad.length, 60))] = (byte) random.nextInt();
            }
            try {
                assertThat(Wave.read(bad).mono())
                        .as("seed %d round %d", seed, round)
                        .doesNotContain(Float.NaN);
            } catch (Unembeddable refusal) {
                assertThat(refusal.reason()).isEqualTo(Reason.UNDECODABLE);
            }
        }
    }
}
