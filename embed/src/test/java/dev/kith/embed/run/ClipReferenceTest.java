package dev.kith.embed.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.Preparation;
import dev.kith.testkit.ManualClock;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the Idios project asserts of CLIP ViT-B/32, where its weights are: they cannot be kept here. Three more of its
 * values are of pictures of a museum, which are not here either.
 */
class ClipReferenceTest {
    private static final int SIDE = 500;

    @TempDir
    private Path folder;

    @Test
    void embed_text_hasTheComponentSumOfTheOriginal() {
        assertThat(sum(new Input.Text("some random text"), Preparation.MODEL)).isCloseTo(1.22363217, within(1e-3));
    }

    /** As the Idios door prepares pictures: made to fit 1,000 pixels, which this one does. */
    @Test
    void embed_noise_hasTheComponentSumOfTheOriginal() throws IOException {
        Preparation door = new Preparation(true, Preparation.Orientation.IGNORED, 150, 1_000, Map.of());

        assertThat(sum(new Input.Image(noise()), door)).isCloseTo(-1.00633253, within(1e-2));
    }

    /** Runs without weights: the noise is that of Python's generator. */
    @Test
    void noise_ofTheSeed_isPythons() {
        PythonRandom random = new PythonRandom(2023);
        int[] first = {196, 228, 199, 163, 172, 51, 63, 155, 154, 91, 119, 90};
        for (int at = 0; at < first.length; at++) {
            assertThat(random.nextByte()).as("byte %d", at).isEqualTo(first[at]);
        }
    }

    private static byte[] noise() throws IOException {
        PythonRandom random = new PythonRandom(2023);
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int at = 0; at < SIDE * SIDE; at++) {
            int rgb = random.nextByte() << 16;
            rgb |= random.nextByte() << 8;
            image.setRGB(at % SIDE, at / SIDE, rgb | random.nextByte());
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(image, "png", png);
        return png.toByteArray();
    }

    private double sum(Input input, Preparation preparation) {
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
            Embedding embedding = embedder.embed("vit_b32", List.of(input), preparation)
                    .getFirst()
                    .getFirst();
            double sum = 0;
            for (float component : embedding.vector()) {
                sum += component;
            }
            return sum;
        }
    }
}
