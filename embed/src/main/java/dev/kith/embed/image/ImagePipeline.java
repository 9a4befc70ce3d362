package dev.kith.embed.image;

import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.Unembeddable.Measure;
import dev.kith.embed.Unembeddable.Reason;
import dev.kith.embed.models.Tower;
import dev.kith.embed.pipeline.Networks;
import dev.kith.embed.pipeline.Pipeline;
import dev.kith.embed.pipeline.Rows;
import dev.kith.embed.pipeline.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One vector a picture. Prepared pictures are {@code float[3 × crop × crop]}, red, green and blue one after the other,
 * as the image processors of Hugging Face's transformers make them: the shorter side resized, the longer rounded down,
 * the middle cropped. Safe on any thread.
 */
public final class ImagePipeline implements Pipeline<float[]> {
    private static final int CHANNELS = 3;
    private static final int SHADES = 256;
    private static final float WHITE = 255;
    private static final String PIXELS = "pixels";
    private static final String VECTOR = "vector";

    private final Tower.Image tower;
    private final ImageDecoder decoder;
    private final Middle.Cut cut;
    /** What becomes of each shade, {@code float[3 × 256]}. */
    private final float[] normalised = new float[CHANNELS * SHADES];

    public ImagePipeline(Tower.Image tower, ImageDecoder decoder) {
        this.tower = tower;
        this.decoder = decoder;
        Tower.ImageRecipe recipe = tower.recipe();
        Resample.Filter filter = switch (recipe.resampling()) {
            case BILINEAR -> Resample.Filter.BILINEAR;
            case BICUBIC -> Resample.Filter.BICUBIC;
        };
        this.cut = new Middle.Cut(recipe.shorterSide(), recipe.crop(), filter);
        for (int at = 0; at < normalised.length; at++) {
            float value = at % SHADES / WHITE;
            int channel = at / SHADES;
            normalised[at] =
                    (value - recipe.means().get(channel)) / recipe.deviations().get(channel);
        }
    }

    @Override
    public long preparedBytesMax() {
        return (long) CHANNELS * cut.side() * cut.side() * Float.BYTES;
    }

    /**
     * {@inheritDoc}
     *
     * @throws Unembeddable KIND, UNDECODABLE, TOO_LARGE, TOO_SMALL below the preparation's shortest side, SIZE
     */
    @Override
    public float[] prepare(Input input, Preparation preparation) {
        if (!(input instanceof Input.Image(byte[] bytes))) {
            throw new Unembeddable(Reason.KIND, 0, "The input is not an image");
        }
        ImageDecoder.Wanted wanted = new ImageDecoder.Wanted(preparation.orientation(), preparation.sideMax());
        return decoder.decode(bytes, wanted, picture -> prepared(picture, preparation));
    }

    private float[] prepared(Picture picture, Preparation preparation) {
        Picture.Original original = picture.original();
        int shortest = preparation.sideMin();
        if (Math.min(original.width(), original.height()) < shortest) {
            throw new Unembeddable(
                    Reason.TOO_SMALL,
                    0,
                    "Images must have their dimensions above %d x %d pixels".formatted(shortest, shortest));
        }
        int side = cut.side();
        if (!preparation.prepared()) {
            if (original.width() != side || original.height() != side) {
                throw new Unembeddable(
                        Reason.SIZE,
                        0,
                        "Image Dimensions [(%d, %d)] does not match the expected model dimensions [(%d, %d)]"
                                .formatted(original.width(), original.height(), side, side),
                        Optional.of(new Measure(List.of(original.width(), original.height()), List.of(side, side))));
            }
            return Planes.of(picture.colours(), 0, 1);
        }
        Picture shrunk = preparation.sideMax() == 0 ? picture : Shrink.toFit(picture, preparation.sideMax());
        return normalised(Middle.of(shrunk.colours(), cut));
    }

    private float[] normalised(Pixels pixels) {
        byte[] samples = pixels.samples();
        float[] values = new float[samples.length];
        int into = 0;
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int at = channel; at < samples.length; at += CHANNELS) {
                values[into++] = normalised[channel * SHADES + (samples[at] & 255)];
            }
        }
        return values;
    }

    @Override
    public long computingBytes(int count, int length) {
        return Rows.computingBytes(count, (long) cut.side() * cut.side());
    }

    @Override
    public List<List<Embedding>> run(List<float[]> batch, Networks networks) {
        int side = cut.side();
        int each = CHANNELS * side * side;
        float[] values = new float[batch.size() * each];
        for (int at = 0; at < batch.size(); at++) {
            System.arraycopy(batch.get(at), 0, values, at * each, each);
        }
        Tensor pixels = new Tensor.Floats(values, batch.size(), CHANNELS, side, side);
        Tensor.Floats output = Rows.of(
                networks.run(Networks.ONLY, Map.of(tower.network().input(PIXELS), pixels)),
                tower.network().output(VECTOR),
                batch.size());
        return Rows.embeddings(output, batch.size(), tower.normalised());
    }
}
