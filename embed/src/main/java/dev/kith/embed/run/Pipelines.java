package dev.kith.embed.run;

import dev.kith.embed.audio.SoundPipeline;
import dev.kith.embed.face.FacePipeline;
import dev.kith.embed.image.ImageDecoder;
import dev.kith.embed.image.ImageLimits;
import dev.kith.embed.image.ImagePipeline;
import dev.kith.embed.models.Tower;
import dev.kith.embed.pipeline.Pipeline;
import dev.kith.embed.text.TextPipeline;
import java.io.IOException;
import java.nio.file.Path;

/** The pipeline of each kind of tower; those that take images share one decoder, and so its room. */
final class Pipelines {
    private final ImageDecoder decoder =
            new ImageDecoder(ImageLimits.within(Runtime.getRuntime().maxMemory()));

    /**
     * Opens what a tower needs besides its networks.
     *
     * @throws IOException where a file cannot be read
     */
    Pipeline<?> open(Path home, Tower tower) throws IOException {
        return switch (tower) {
            case Tower.Text text -> TextPipeline.open(home.resolve(text.tokenizer()), text);
            case Tower.Image image -> new ImagePipeline(image, decoder);
            case Tower.Faces faces -> new FacePipeline(faces, decoder);
            case Tower.Sound sound -> new SoundPipeline(sound);
        };
    }
}
