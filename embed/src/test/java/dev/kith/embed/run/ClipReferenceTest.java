package dev.kith.embed.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kith.embed.Input;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.Preparation;
import dev.kith.testkit.ManualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Idios project asserts of CLIP ViT-B/32, where its weights are: they cannot be kept here. */
class ClipReferenceTest {
    @TempDir
    private Path folder;

    @Test
    void embed_text_hasTheComponentSumOfTheOriginal() {
        Optional<Path> models =
                Optional.ofNullable(System.getenv("KITH_MODELS_DIR")).map(Path::of);
        try (OnnxEmbedder embedder = new OnnxEmbedder(new EmbedSettings(
                models,
                folder.resolve("cache"),
                () -> {},
                Map.of(),
                1,
                Duration.ofSeconds(300),
                ModelMemory.of(1L << 40),
                ManualClock.atNewYear()))) {
            assumeTrue(
                    embedder.find("vit_b32").map(ModelInfo::installed).orElse(false),
                    "DID NOT RUN: the weights of vit_b32 are not installed; run kith models pull vit_b32,"
                            + " and name the folder of models in KITH_MODELS_DIR");
            float[] vector = embedder.embed("vit_b32", List.of(new Input.Text("some random text")), Preparation.MODEL)
                    .getFirst()
                    .getFirst()
                    .vector();
            double sum = 0;
            for (float component : vector) {
                sum += component;
            }
            assertThat(sum).isCloseTo(1.22363217, within(1e-3));
        }
    }
}
