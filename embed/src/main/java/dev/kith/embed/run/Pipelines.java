package dev.kith.embed.run;

import dev.kith.embed.models.Tower;
import dev.kith.embed.pipeline.Pipeline;
import dev.kith.embed.text.TextPipeline;
import java.io.IOException;
import java.nio.file.Path;

/** The pipeline of each kind of tower. */
final class Pipelines {
    private Pipelines() {}

    /**
     * Opens what a tower needs besides its networks.
     *
     * @throws IOException where a file cannot be read
     */
    static Pipeline<?> open(Path home, Tower tower) throws IOException {
        return switch (tower) {
            case Tower.Text text -> TextPipeline.open(home.resolve(text.tokenizer()), text);
            case Tower.Image image -> throw new IOException("images are not embedded yet: " + image);
            case Tower.Faces faces -> throw new IOException("faces are not embedded yet: " + faces);
            case Tower.Sound sound -> throw new IOException("sounds are not embedded yet: " + sound);
        };
    }
}
