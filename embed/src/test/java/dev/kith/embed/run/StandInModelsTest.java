package dev.kith.embed.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.InputKind;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.Preparation;
import dev.kith.embed.Preparation.Orientation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.models.Catalogue;
import dev.kith.embed.models.FolderInstaller;
import dev.kith.embed.models.ModelStore;
import dev.kith.embed.models.Tower;
import dev.kith.testkit.ManualClock;
import dev.kith.vectors.Rejection;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The descriptors that come with Kith, over networks with the inputs, outputs and shapes of the real ones and next to
 * nothing inside: {@code models/tiny.py}, {@code e2e/models/make_models.py}. Their detectors take bright cells for
 * faces.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StandInModelsTest {
    private static final int SIDE = 640;
    private static final String TINY = "/dev/kith/embed/tiny/";
    private static final String MODELS = "/models/";

    @TempDir
    private static Path folder;

    private OnnxEmbedder embedder;

    @BeforeAll
    void install() throws IOException {
        ModelStore store = new ModelStore(folder.resolve("models"));
        install(store, "clip-vit-b32-image", Map.of("model.onnx", TINY + "clip-vision.onnx"));
        install(store, "resnet-50", Map.of("model.onnx", TINY + "resnet-50.onnx"));
        install(store, "clap-audio", Map.of("model.onnx", TINY + "clap-audio.onnx"));
        install(
                store,
                "buffalo-l",
                Map.of(
                        "detection.onnx",
                        TINY + "scrfd.onnx",
                        "recognition.onnx",
                        TINY + "arcface.onnx",
                        "genderage.onnx",
                        TINY + "genderage.onnx"));
        install(
                store,
                "sface-yunet",
                Map.of("detection.onnx", TINY + "yunet.onnx", "recognition.onnx", TINY + "sface.onnx"));
        install(store, "all-minilm-l6-v2-fp32", ofTexts("all-minilm-l12-v2"));
        for (String name : List.of(
                "all-minilm-l12-v2",
                "bge-base-en-v1.5",
                "bge-large-en-v1.5",
                "clip-vit-b32-text",
                "clap-text",
                "jina-embeddings-v2-base-code")) {
            install(store, name, ofTexts(name));
        }
        for (var joint : Map.of("vit_b32", TINY + "clip-vision.onnx", "vit_l14", MODELS + "vit_l14/vision_model.onnx")
                .entrySet()) {
            String texts = MODELS
                    + (joint.getKey().equals("vit_b32") ? "clip-vit-b32-text/model.onnx" : "vit_l14/text_model.onnx");
            install(
                    store,
                    joint.getKey(),
                    Map.of(
                            "vision_model.onnx",
                            joint.getValue(),
                            "text_model.onnx",
                            texts,
                            "tokenizer.json",
                            MODELS + "clip-vit-b32-text/tokenizer.json"));
        }
        embedder = new OnnxEmbedder(new EmbedSettings(
                Optional.of(store.folder()),
                folder.resolve("cache"),
                () -> {},
                Map.of(),
                2,
                Duration.ofSeconds(300),
                ModelMemory.of(Long.MAX_VALUE),
                ManualClock.atNewYear()));
    }

    private static void install(ModelStore store, String name, Map<String, String> networks) throws IOException {
        Path source = Files.createDirectories(folder.resolve("source-" + name));
        copy("/dev/kith/embed/models/" + name + ".json", source.resolve(ModelStore.DESCRIPTOR));
        for (var network : networks.entrySet()) {
            copy(network.getValue(), source.resolve(network.getKey()));
        }
        new FolderInstaller(store, new Catalogue(Optional.of(store), Map.of())).add(source);
    }

    private static Map<String, String> ofTexts(String name) {
        return Map.of("model.onnx", MODELS + name + "/model.onnx", "tokenizer.json", MODELS + name + "/tokenizer.json");
    }

    private static void copy(String resource, Path file) throws IOException {
        try (InputStream in = StandInModelsTest.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is missing");
            }
            Files.write(file, in.readAllBytes());
        }
    }

    @AfterAll
    void close() {
        embedder.close();
    }

    private List<Embedding> embed(String model, Input input, Preparation preparation) {
        return embedder.embed(model, List.of(input), preparation).getFirst();
    }

    private static Preparation with(Map<String, String> parameters) {
        return new Preparation(true, Orientation.IGNORED, 0, 0, parameters);
    }

    /** A grey picture of this size with white squares of 32 pixels at these places of a grid of 32. */
    private static Input.Image picture(int width, int height, int... columnsAndRows) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(new Color(40, 40, 40));
        graphics.fillRect(0, 0, width, height);
        graphics.setColor(Color.WHITE);
        for (int at = 0; at < columnsAndRows.length; at += 2) {
            graphics.fillRect(columnsAndRows[at] * 32, columnsAndRows[at + 1] * 32, 32, 32);
        }
        graphics.dispose();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", file);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        return new Input.Image(file.toByteArray());
    }

    /** Without a stand-in, what a descriptor says would never be carried out. */
    @Test
    void embed_byEveryDescriptor_givesVectorsAsItSays() {
        Catalogue catalogue = new Catalogue(Optional.of(new ModelStore(folder.resolve("models"))), Map.of());
        for (ModelInfo model : embedder.models()) {
            assertThat(model.installed()).as(model.name()).isTrue();
            catalogue.find(model.name()).orElseThrow().descriptor().towers().forEach((kind, tower) -> {
                List<Embedding> vectors = embed(model.name(), inputFor(kind), Preparation.MODEL);
                assertThat(vectors).as(model.name()).isNotEmpty();
                boolean unit = switch (tower) {
                    case Tower.Text text -> text.normalised();
                    case Tower.Image image -> image.normalised();
                    case Tower.Sound sound -> sound.normalised();
                    case Tower.Faces _ -> true;
                };
                for (Embedding each : vectors) {
                    assertThat(each.vector()).as(model.name()).hasSize(model.dimension());
                    assertThat(Math.abs(norm(each.vector()) - 1) < 1e-4)
                            .as("%s is of unit length", model.name())
                            .isEqualTo(unit);
                }
            });
        }
    }

    private static Input inputFor(InputKind kind) {
        return switch (kind) {
            case TEXT -> new Input.Text("a cat and a dog");
            case IMAGE -> picture(SIDE, SIDE, 3, 4, 12, 9);
            case AUDIO -> tone();
        };
    }

    @Test
    void embed_byClip_isNotOfUnitLength_byResNet_is() {
        float[] clip = embed("clip-vit-b32-image", picture(300, 400, 2, 2), Preparation.MODEL)
                .getFirst()
                .vector();
        float[] resNet = embed("RESNET50", picture(300, 400, 2, 2), Preparation.MODEL)
                .getFirst()
                .vector();

        assertThat(clip).hasSize(512);
        assertThat(norm(clip)).isGreaterThan(1.1);
        assertThat(resNet).hasSize(2_048);
        assertThat(norm(resNet)).isCloseTo(1, within(1e-5));
    }

    private static double norm(float[] vector) {
        double squares = 0;
        for (float component : vector) {
            squares += component * component;
        }
        return Math.sqrt(squares);
    }

    @Test
    void embed_unpreparedOfAnotherSize_namesBothSizes() {
        Preparation unprepared = new Preparation(false, Orientation.IGNORED, 0, 0, Map.of());

        assertThat(embed("resnet-50", picture(224, 224), unprepared)).hasSize(1);
        assertThatExceptionOfType(Unembeddable.class)
                .isThrownBy(() -> embed("resnet-50", picture(547, 821), unprepared))
                .withMessage("Image Dimensions [(547, 821)] does not match the expected model dimensions [(224, 224)]");
    }

    @Test
    void embed_belowTheShortestSide_isRefusedInIdiosWords() {
        Preparation idios = new Preparation(true, Orientation.IGNORED, 150, 1_000, Map.of());

        assertThat(embed("resnet-50", picture(150, 151), idios)).hasSize(1);
        assertThat(embed("resnet-50", picture(1_500, 1_400), idios)).hasSize(1);
        assertThatExceptionOfType(Unembeddable.class)
                .isThrownBy(() -> embed("resnet-50", picture(149, 500), idios))
                .withMessage("Images must have their dimensions above 150 x 150 pixels");
    }

    @Test
    void embed_byBuffalo_findsFacesWhereTheyAre() {
        List<Embedding> faces = embed("buffalo-l", picture(SIDE, SIDE, 3, 4, 12, 9), with(Map.of()));

        assertThat(faces).isNotEmpty();
        for (Embedding face : faces) {
            assertThat(face.vector()).hasSize(512);
            assertThat(norm(face.vector())).isCloseTo(1, within(1e-5));
            assertThat(face.notes().keySet()).containsExactly("bbox_x1", "bbox_x2", "bbox_y1", "bbox_y2", "confidence");
            assertThat(note(face, "bbox_x1")).isBetween(0f, note(face, "bbox_x2"));
            assertThat(note(face, "bbox_y2")).isBetween(note(face, "bbox_y1"), 1f);
        }
        assertThat(faces.stream().map(face -> -note(face, "confidence"))).isSorted();
        assertThat(faces)
                .anyMatch(face -> note(face, "bbox_x1") == 2 * 32f / SIDE && note(face, "bbox_y1") == 3 * 32f / SIDE);
        assertThat(faces)
                .anyMatch(face -> note(face, "bbox_x1") == 11 * 32f / SIDE && note(face, "bbox_y2") == 10 * 32f / SIDE);
    }

    private static float note(Embedding face, String name) {
        return Float.parseFloat(face.notes().getOrDefault(name, ""));
    }

    @Test
    void embed_withoutFaces_givesNone() {
        assertThat(embed("buffalo-l", picture(500, 300), with(Map.of()))).isEmpty();
        assertThat(embed("sface-yunet", picture(500, 300), with(Map.of()))).isEmpty();
    }

    @Test
    void embed_withAHigherThreshold_findsFewerFaces() {
        Input.Image picture = picture(SIDE, SIDE, 3, 4, 12, 9);
        int low = embed("sface-yunet", picture, with(Map.of("confidence_threshold", "0.5")))
                .size();
        int high = embed("sface-yunet", picture, with(Map.of("confidence_threshold", "1")))
                .size();

        assertThat(low).isGreaterThanOrEqualTo(high).isPositive();
        assertThat(embed("buffalo-l", picture, with(Map.of("confidence_threshold", "0.95"))))
                .isEmpty();
        assertThatExceptionOfType(Rejection.class)
                .isThrownBy(() -> embed("buffalo-l", picture, with(Map.of("nms_threshold", "much"))))
                .withMessage("Model parameter nms_threshold must be from 0 to 1");
    }

    @Test
    void embed_withAttributes_tellsGenderAndAge() {
        Embedding face = embed("buffalo-l", picture(900, 700, 3, 4), with(Map.of("attributes", "genderage")))
                .getFirst();

        assertThat(note(face, "gender_female_prob") + note(face, "gender_male_prob"))
                .isCloseTo(1, within(1e-5f));
        assertThat(face.notes()).containsKey("age");
    }

    @Test
    void embed_facesUnprepared_isRefused() {
        Preparation unprepared = new Preparation(false, Orientation.IGNORED, 0, 0, Map.of());

        assertThatExceptionOfType(Unembeddable.class)
                .isThrownBy(() -> embed("buffalo-l", picture(SIDE, SIDE), unprepared))
                .satisfies(refusal -> assertThat(refusal.reason()).isEqualTo(Unembeddable.Reason.UNPREPARED))
                .withMessage("NoPreprocessing is not supported for face recognition models");
    }

    private static Input.Audio tone() {
        ByteBuffer file = ByteBuffer.allocate(44 + 16_000).order(ByteOrder.LITTLE_ENDIAN);
        file.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + 16_000);
        file.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII))
                .putInt(16)
                .putShort((short) 1)
                .putShort((short) 1);
        file.putInt(16_000).putInt(32_000).putShort((short) 2).putShort((short) 16);
        file.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(16_000);
        for (int at = 0; at < 8_000; at++) {
            file.putShort((short) (10_000 * Math.sin(at * 0.3)));
        }
        return new Input.Audio(file.array());
    }

    @Test
    void embed_ofSounds_isOfUnitLength() {
        List<Input> inputs = new ArrayList<>(List.of(tone(), tone()));

        List<List<Embedding>> both = embedder.embed("clap-audio", inputs, Preparation.MODEL);

        assertThat(norm(both.getFirst().getFirst().vector())).isCloseTo(1, within(1e-5));
        assertThat(both.getFirst().getFirst().vector())
                .isEqualTo(both.getLast().getFirst().vector());
    }

    /** The image model that ships inside, on a picture of two halves. */
    @Test
    void embed_byTheShippedImageModel_knowsAPictureAgain() {
        float[] picture = shipped(picture(640, 480, 3, 4, 5, 5, 9, 2));
        float[] larger = shipped(picture(640, 480, 3, 4, 5, 5, 9, 2));
        float[] other = shipped(picture(320, 480, 1, 1));

        assertThat(picture).hasSize(1_280).isEqualTo(larger);
        assertThat(norm(picture)).isCloseTo(1, within(1e-5));
        assertThat(other).isNotEqualTo(picture);
    }

    private float[] shipped(Input picture) {
        return embed("efficientnet-lite0", picture, Preparation.MODEL)
                .getFirst()
                .vector();
    }
}
