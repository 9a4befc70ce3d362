package dev.kith.embed.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kith.embed.Input;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.models.Catalogue;
import dev.kith.embed.models.DescriptorException;
import dev.kith.embed.models.FolderInstaller;
import dev.kith.embed.models.InstallException;
import dev.kith.embed.models.ModelStore;
import dev.kith.embed.models.Tower;
import dev.kith.testkit.Await;
import dev.kith.testkit.ManualClock;
import dev.kith.vectors.Rejection;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Stand-ins with random weights, installed from folders beside an embedder that runs. {@code e2e/models/make_models.py}
 * made them, {@code golden.py} their vectors, with other tokenizer bindings and another evaluator.
 */
class InstalledModelsTest {
    private static final Path MODELS = Path.of("src/test/resources/models");
    private static final String MEAN = "all-minilm-l12-v2";
    private static final String PROJECTED = "clip-vit-b32-text";

    @TempDir
    private Path folder;

    private final ModelMemory memory = ModelMemory.of(1L << 40);
    private ModelStore store;
    private OnnxEmbedder embedder;

    @BeforeEach
    void open() {
        store = new ModelStore(folder.resolve("models"));
        embedder = new OnnxEmbedder(new EmbedSettings(
                Optional.of(store.folder()),
                folder.resolve("cache"),
                () -> {},
                Map.of(),
                2,
                Duration.ofSeconds(300),
                memory,
                ManualClock.atNewYear()));
    }

    @AfterEach
    void close() {
        embedder.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {MEAN, PROJECTED, "clap-text", "jina-embeddings-v2-base-code"})
    void embed_installedModel_isWhatTheReferenceGives(String name) throws IOException {
        JsonNode golden = new JsonMapper()
                .readTree(MODELS.resolve(name).resolve("golden.json").toFile());
        add(MODELS.resolve(name));
        List<Input> texts = new ArrayList<>();
        golden.path("texts").forEach(text -> texts.add(new Input.Text(text.asText())));
        var embeddings = embedder.embed(name, texts, Preparation.MODEL);
        for (int at = 0; at < texts.size(); at++) {
            float[] vector = embeddings.get(at).getFirst().vector();
            assertThat(vector).hasSize(golden.path("vectors").path(at).size());
            for (int i = 0; i < vector.length; i++) {
                assertThat((double) vector[i])
                        .as("text %d, component %d", at, i)
                        .isCloseTo(golden.path("vectors").path(at).path(i).asDouble(), within(1e-4));
            }
        }
    }

    @Test
    void embed_manyTextsOfManyLengths_shareBatchesAndChangeLittle() throws IOException {
        add(MODELS.resolve(MEAN));
        List<Input> texts = IntStream.range(0, 500)
                .<Input>mapToObj(i -> new Input.Text("dog cat ".repeat(i % 37) + i))
                .toList();
        var together = embedder.embed(MEAN, texts, Preparation.MODEL);
        assertThat(embedder.stats().batches()).isLessThan(texts.size());
        assertThat(embedder.stats().items()).isEqualTo(texts.size());
        for (int at = 0; at < texts.size(); at += 7) {
            float[] alone = embedder.embed(MEAN, List.of(texts.get(at)), Preparation.MODEL)
                    .getFirst()
                    .getFirst()
                    .vector();
            assertThat(together.get(at).getFirst().vector()).as("text %d", at).containsExactly(alone, within(1e-5f));
        }
    }

    @Test
    void embed_seventyEightTokensForClip_isRefusedUnlessPrepared() throws IOException {
        add(MODELS.resolve(PROJECTED));
        List<Input> fits = List.of(new Input.Text("dog ".repeat(75)));
        List<Input> tooLong = List.of(new Input.Text("dog ".repeat(76)));
        Preparation plain = new Preparation(false, Preparation.Orientation.IGNORED, 0, 0, Map.of());
        assertThat(embedder.embed(PROJECTED, fits, plain)).hasSize(1);
        assertThatThrownBy(() -> embedder.embed(PROJECTED, tooLong, plain))
                .isInstanceOfSatisfying(
                        Unembeddable.class,
                        refused -> assertThat(refused.text()).isEqualTo("The text has 78 tokens; the model takes 77"));
        assertThat(embedder.embed(PROJECTED, tooLong, Preparation.MODEL)
                        .getFirst()
                        .getFirst()
                        .vector())
                .isEqualTo(embedder.embed(PROJECTED, fits, plain)
                        .getFirst()
                        .getFirst()
                        .vector());
    }

    @Test
    void embed_role_putsThePrefixBefore() throws IOException {
        Path own = variant("\"batch\"", "\"prefixes\": {\"query\": \"blue \"}, \"batch\"");
        add(own);
        Preparation query = new Preparation(true, Preparation.Orientation.IGNORED, 0, 0, Map.of("role", "query"));
        assertThat(embedder.embed(MEAN, List.of(new Input.Text("dog")), query)
                        .getFirst()
                        .getFirst()
                        .vector())
                .isEqualTo(embedder.embed(MEAN, List.of(new Input.Text("blue dog")), Preparation.MODEL)
                        .getFirst()
                        .getFirst()
                        .vector());
    }

    @Test
    void models_addedAndRemovedBesideIt_areNoticed() throws IOException {
        List<Input> text = List.of(new Input.Text("dog"));
        assertThat(embedder.find(MEAN).orElseThrow().installed()).isFalse();
        add(MODELS.resolve(MEAN));
        assertThat(embedder.find(MEAN).orElseThrow().installed()).isTrue();
        assertThat(embedder.embed(MEAN, text, Preparation.MODEL)).hasSize(1);
        assertThat(embedder.probe("ALL_MINI_LM_L12_V2")).isEqualTo(1);
        assertThat(store.remove(MEAN)).isTrue();
        assertThat(store.remove(MEAN)).isFalse();
        assertThatThrownBy(() -> embedder.embed(MEAN, text, Preparation.MODEL))
                .isInstanceOf(Rejection.class)
                .hasMessage("model %s is not installed; run: kith models pull %s", MEAN, MEAN);
    }

    @ParameterizedTest
    @CsvSource({
        "model.onnx, has another SHA-256 than when it came",
        "tokenizer.json, has another SHA-256 than when it came",
    })
    void embed_damagedFile_saysWhichAndLeavesOthersAlone(String file, String fault) throws IOException {
        add(MODELS.resolve(MEAN));
        add(MODELS.resolve(PROJECTED));
        Path damaged = store.folder().resolve(MEAN).resolve(file);
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[bytes.length / 2] ^= 4;
        Files.write(damaged, bytes);
        assertThatThrownBy(() -> embedder.embed(MEAN, List.of(new Input.Text("dog")), Preparation.MODEL))
                .isInstanceOfSatisfying(Rejection.class, refused -> {
                    assertThat(refused.code()).isEqualTo(Rejection.Code.UNAVAILABLE);
                    assertThat(refused.text())
                            .isEqualTo("model %s is damaged: %s %s; run: kith models check %s"
                                    .formatted(MEAN, file, fault, MEAN));
                });
        assertThat(embedder.embed(PROJECTED, List.of(new Input.Text("dog")), Preparation.MODEL))
                .hasSize(1);
    }

    @Test
    void embed_networkThatIsNone_isRefusedAsDamaged() throws IOException {
        Path own = variant("\"batch\"", "\"batch\"");
        Files.write(own.resolve("model.onnx"), new byte[0]);
        add(own);
        assertThatThrownBy(() -> embedder.embed(MEAN, List.of(new Input.Text("dog")), Preparation.MODEL))
                .isInstanceOf(Rejection.class)
                .hasMessageStartingWith("model %s is damaged: its files cannot be used".formatted(MEAN));
    }

    @Test
    void embed_wrongDimension_isRefusedAsDamaged() throws IOException {
        add(variant("\"dimension\": 384", "\"dimension\": 300"));
        assertThatThrownBy(() -> embedder.embed(MEAN, List.of(new Input.Text("dog")), Preparation.MODEL))
                .isInstanceOfSatisfying(Rejection.class, refused -> {
                    assertThat(refused.code()).isEqualTo(Rejection.Code.UNAVAILABLE);
                    assertThat(refused.text()).contains("its vectors have 384 components instead of 300");
                });
    }

    @Test
    void embed_vectorsThatAreNoNumbers_areRefusedAsDamaged() throws IOException {
        Path own = variant("\"batch\"", "\"batch\"");
        byte[] network = Files.readAllBytes(own.resolve("model.onnx"));
        // In the middle of the last layer's weights; four of these bytes are one float that is none.
        Arrays.fill(network, network.length - 12_000, network.length - 12_000 + 8, (byte) 0xFF);
        Files.write(own.resolve("model.onnx"), network);
        add(own);
        assertThatThrownBy(() -> embedder.embed(MEAN, List.of(new Input.Text("dog")), Preparation.MODEL))
                .isInstanceOf(Rejection.class)
                .hasMessage(
                        "model %s is damaged: its vectors have components that are no numbers;"
                                + " run: kith models check %s",
                        MEAN, MEAN);
    }

    @Test
    void embed_damagedFileThatOnlyTheNetworkNames_isRefused() throws IOException {
        Path own = variant("\"files\": [", "\"files\": [{\"name\": \"weights.bin\"}, ");
        Files.write(own.resolve("weights.bin"), new byte[] {1, 2, 3});
        add(own);
        assertThat(vector("dog")).hasSize(384);
        assertThat(embedder.unloadLongestIdle()).isTrue();
        Files.write(store.folder().resolve(MEAN).resolve("weights.bin"), new byte[] {1, 2, 4});
        assertThatThrownBy(() -> vector("dog"))
                .hasMessageContaining("weights.bin has another SHA-256 than when it came");
    }

    @Test
    void add_tokenizerThatIsFarTooLarge_isRefusedAndNothingIsLeft() throws IOException {
        Path own = variant("\"batch\"", "\"batch\"");
        try (RandomAccessFile tokenizer =
                new RandomAccessFile(own.resolve("tokenizer.json").toFile(), "rw")) {
            tokenizer.setLength(Tower.TOKENIZER_BYTES_MAX + 1);
        }
        assertThatThrownBy(() -> add(own))
                .isInstanceOf(InstallException.class)
                .hasMessageContaining("a tokenizer has at most 67108864");
        assertThat(store.folder()).isEmptyDirectory();
    }

    @Test
    void embed_moreCallersThanThereArePlaces_someAreRefusedAndNoneIsForgotten() throws Exception {
        add(MODELS.resolve(MEAN));
        List<Input> texts = IntStream.range(0, 40)
                .<Input>mapToObj(i -> new Input.Text("dog " + i))
                .toList();
        AtomicBoolean refused = new AtomicBoolean();
        List<Callable<Integer>> asks = Collections.nCopies(OnnxEmbedder.CALLERS_MAX + 200, () -> {
            int done = 0;
            while (!refused.get()) {
                try {
                    assertThat(embedder.embed(MEAN, texts, Preparation.MODEL)).hasSize(texts.size());
                    done++;
                } catch (Rejection busy) {
                    assertThat(busy.code()).isEqualTo(Rejection.Code.EXHAUSTED);
                    assertThat(busy.text()).isEqualTo("256 callers wait for embeddings already; try again later");
                    refused.set(true);
                }
            }
            return done;
        });
        try (ExecutorService callers = callers()) {
            for (Future<Integer> each : callers.invokeAll(asks)) {
                assertThat(each.get()).isNotNegative();
            }
        }
        assertThat(embedder.stats().refused()).isPositive();
        assertThat(embedder.stats().callers()).isZero();
        assertThat(embedder.stats().waiting()).isZero();
        assertThat(vector("dog")).hasSize(384);
    }

    @Test
    void embed_firstCallsAtOnce_loadTheModelOnce() throws Exception {
        add(MODELS.resolve(MEAN));
        try (ExecutorService callers = callers()) {
            for (Future<float[]> each :
                    callers.invokeAll(Collections.<Callable<float[]>>nCopies(40, () -> vector("dog")))) {
                assertThat(each.get()).isEqualTo(vector("dog"));
            }
        }
        assertThat(embedder.stats().loads()).isEqualTo(1);
        assertThat(memory.left()).isEqualTo((1L << 40) - embedder.stats().loadedBytes());
    }

    @Test
    void embed_whileItIsUnloadedAgainAndAgain_givesTheSameAndGivesMemoryBack() throws Exception {
        add(MODELS.resolve(MEAN));
        float[] expected = vector("dog");
        AtomicBoolean done = new AtomicBoolean();
        try (ExecutorService callers = callers()) {
            Future<?> unloading = callers.submit(() -> {
                while (!done.get()) {
                    var _ = embedder.unloadLongestIdle();
                    Thread.yield();
                }
            });
            List<Callable<float[]>> asks = Collections.nCopies(200, () -> vector("dog"));
            for (Future<float[]> each : callers.invokeAll(asks)) {
                assertThat(each.get()).isEqualTo(expected);
            }
            done.set(true);
            unloading.get();
        }
        while (embedder.unloadLongestIdle()) {
            // One after the other.
        }
        assertThat(embedder.stats().loaded()).isZero();
        assertThat(memory.left()).isEqualTo(1L << 40);
    }

    @Test
    void embed_interruptedWhileItsModelIsLoaded_leavesNobodyHolding() throws Exception {
        add(MODELS.resolve(MEAN));
        try (ExecutorService callers = callers()) {
            for (int round = 0; round < 20; round++) {
                Future<float[]> asked = callers.submit(() -> vector("dog"));
                asked.cancel(true);
                assertThat(vector("dog")).hasSize(384);
                // Who was interrupted lets go a moment later.
                Await.until(
                        "the model is idle",
                        () -> embedder.unloadLongestIdle() || embedder.stats().loaded() == 0);
            }
        }
        Await.until("nothing is taken", () -> {
            var _ = embedder.unloadLongestIdle();
            return memory.left() == 1L << 40;
        });
    }

    private static ExecutorService callers() {
        return Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("caller-", 0).factory());
    }

    private float[] vector(String text) {
        return embedder.embed(MEAN, List.of(new Input.Text(text)), Preparation.MODEL)
                .getFirst()
                .getFirst()
                .vector();
    }

    @Test
    void add_linkOrForeignName_isRefusedAndNothingIsLeft() throws IOException {
        Path linked = variant("\"batch\"", "\"batch\"");
        Files.delete(linked.resolve("tokenizer.json"));
        Files.createSymbolicLink(
                linked.resolve("tokenizer.json"),
                MODELS.resolve(MEAN).resolve("tokenizer.json").toAbsolutePath());
        assertThatThrownBy(() -> add(linked))
                .isInstanceOf(InstallException.class)
                .hasMessageContaining("links are not followed");
        assertThatThrownBy(() -> add(variant("\"tokenizer.json\"", "\"../tokenizer.json\"")))
                .isInstanceOf(DescriptorException.class);
        assertThatThrownBy(() -> add(variant("ALL_MINI_LM_L12_V2", "vit_b32")))
                .isInstanceOf(InstallException.class)
                .hasMessage("vit_b32 is a name of the model vit_b32");
        assertThatThrownBy(() -> add(folder.resolve("nowhere"))).isInstanceOf(DescriptorException.class);
        assertThat(embedder.find(MEAN).orElseThrow().installed()).isFalse();
        if (Files.exists(store.folder())) {
            assertThat(store.folder()).isEmptyDirectory();
        }
    }

    private void add(Path source) {
        new FolderInstaller(store, new Catalogue(Optional.of(store), Map.of())).add(source);
    }

    /** A copy of the first stand-in with other words in its descriptor. */
    private Path variant(String from, String to) throws IOException {
        Path own = Files.createTempDirectory(folder, "variant");
        for (String file : List.of("model.onnx", "tokenizer.json")) {
            Files.copy(MODELS.resolve(MEAN).resolve(file), own.resolve(file));
        }
        String json = Files.readString(MODELS.resolve(MEAN).resolve("model.json"));
        assertThat(json).contains(from);
        Files.writeString(own.resolve("model.json"), json.replace(from, to));
        return own;
    }
}
