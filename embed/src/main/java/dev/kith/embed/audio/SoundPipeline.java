package dev.kith.embed.audio;

import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.Unembeddable.Measure;
import dev.kith.embed.Unembeddable.Reason;
import dev.kith.embed.models.Tower;
import dev.kith.embed.models.Tower.SoundRecipe;
import dev.kith.embed.pipeline.Networks;
import dev.kith.embed.pipeline.Pipeline;
import dev.kith.embed.pipeline.Rows;
import dev.kith.embed.pipeline.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One vector a sound: its channels mixed, brought to the model's rate, repeated whole as often as it fits and then
 * followed by silence. Prepared sounds are {@code float[frames × bands]}. Safe on any thread.
 */
public final class SoundPipeline implements Pipeline<float[]> {
    private static final int BYTES_MAX = 64 << 20;
    private static final String SPECTROGRAM = "spectrogram";
    private static final String VECTOR = "vector";

    private final Tower.Sound tower;
    private final Spectrogram spectrogram;

    public SoundPipeline(Tower.Sound tower) {
        this.tower = tower;
        this.spectrogram = new Spectrogram(tower.recipe());
    }

    /** The spectrogram, and the sound at its own rate and at the model's while it is made. */
    @Override
    public long preparedBytesMax() {
        SoundRecipe recipe = tower.recipe();
        long samples = (long) (Wave.RATE_MAX + 2 * recipe.rate()) * recipe.seconds();
        return (samples + (long) Spectrogram.frames(recipe) * recipe.bands()) * Float.BYTES;
    }

    /**
     * {@inheritDoc}
     *
     * @throws Unembeddable KIND, UNPREPARED, UNDECODABLE, TOO_LARGE, TOO_LONG
     */
    @Override
    public float[] prepare(Input input, Preparation preparation) {
        if (!(input instanceof Input.Audio(byte[] bytes))) {
            throw new Unembeddable(Reason.KIND, 0, "The input is not a sound");
        }
        if (!preparation.prepared()) {
            throw new Unembeddable(Reason.UNPREPARED, 0, "NoPreprocessing is not supported for audio inputs");
        }
        if (bytes.length > BYTES_MAX) {
            throw new Unembeddable(Reason.TOO_LARGE, 0, "Sounds must have at most %d bytes".formatted(BYTES_MAX));
        }
        Wave wave = Wave.read(bytes);
        SoundRecipe recipe = tower.recipe();
        if (wave.count() > (long) wave.rate() * recipe.seconds()) {
            int given = (int) Math.min(wave.milliseconds(), Integer.MAX_VALUE);
            int taken = recipe.seconds() * 1_000;
            throw new Unembeddable(
                    Reason.TOO_LONG,
                    0,
                    "Audio input is too long (%dms): the model takes at most %dms".formatted(given, taken),
                    Optional.of(new Measure(List.of(given), List.of(taken))));
        }
        if (wave.count() == 0) {
            throw new Unembeddable(Reason.UNDECODABLE, 0, "The WAVE file has no samples");
        }
        return spectrogram.of(filled(Rate.changed(wave.mono(), wave.rate(), recipe.rate())));
    }

    private float[] filled(float[] sound) {
        float[] filled = new float[tower.recipe().rate() * tower.recipe().seconds()];
        for (int at = 0; at + sound.length <= filled.length; at += sound.length) {
            System.arraycopy(sound, 0, filled, at, sound.length);
        }
        return filled;
    }

    @Override
    public long computingBytes(int count, int length) {
        return Rows.computingBytes(
                count,
                (long) Spectrogram.frames(tower.recipe()) * tower.recipe().bands());
    }

    @Override
    public List<List<Embedding>> run(List<float[]> batch, Networks networks) {
        SoundRecipe recipe = tower.recipe();
        int frames = Spectrogram.frames(recipe);
        int each = frames * recipe.bands();
        float[] values = new float[batch.size() * each];
        for (int at = 0; at < batch.size(); at++) {
            System.arraycopy(batch.get(at), 0, values, at * each, each);
        }
        Tensor pictures = new Tensor.Floats(values, batch.size(), 1, frames, recipe.bands());
        Tensor.Floats output = Rows.of(
                networks.run(Networks.ONLY, Map.of(tower.network().input(SPECTROGRAM), pictures)),
                tower.network().output(VECTOR),
                batch.size());
        return Rows.embeddings(output, batch.size(), tower.normalised());
    }
}
