package dev.kith.embed.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.InputKind;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.testkit.ManualClock;
import dev.kith.vectors.Rejection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The shipped model, really run. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OnnxEmbedderTest {
    private static final String SHIPPED = "all-minilm-l6-v2";
    private static final Preparation UNPREPARED =
            new Preparation(false, Preparation.Orientation.IGNORED, 0, 0, Map.of());

    @TempDir
    private static Path folder;

    private final ManualClock clock = ManualClock.atNewYear();
    private OnnxEmbedder embedder;

    @BeforeAll
    void open() {
        embedder = new OnnxEmbedder(settings(folder, Long.MAX_VALUE / 2));
    }

    @AfterAll
    void close() {
        embedder.close();
    }

    private EmbedSettings settings(Path home, long memory) {
        return settings(home, ModelMemory.of(memory));
    }

    private EmbedSettings settings(Path home, ModelMemory memory) {
        return new EmbedSettings(
                Optional.of(home.resolve("models")),
                home.resolve("cache"),
                () -> {},
                Map.of("vit_l14", SHIPPED),
                2,
                Duration.ofSeconds(300),
                memory,
                clock);
    }

    /** Computed with the Python packages onnxruntime and tokenizers from the same files; e2e does so again. */
    @Test
    void embed_text_isWhatTheReferenceGives() {
        float[] vector = vector("hello world");
        assertThat(vector).hasSize(384);
        float[] reference = {-0.035677f, 0.020679f, 0.004705f, 0.026537f, -0.050291f, -0.162637f, 0.074643f, -0.004594f
        };
        for (int i = 0; i < reference.length; i++) {
            assertThat(vector[i]).as("component %d", i).isCloseTo(reference[i], within(2e-3f));
        }
        assertThat(dot(vector, vector)).isCloseTo(1, within(1e-5));
    }

    @Test
    void embed_relatedTexts_areCloserThanUnrelated() {
        float[] cat = vector("A cat sits on the mat.");
        assertThat(dot(cat, vector("A kitten is sitting on a rug.")))
                .isGreaterThan(dot(cat, vector("The central bank raised interest rates.")) + 0.3);
    }

    @Test
    void embed_sameTextAmongOthers_isTheSameToTheLastBit() throws Exception {
        float[] alone = vector("the same text");
        List<Callable<float[]>> asks = IntStream.range(0, 8)
                .<Callable<float[]>>mapToObj(caller -> () -> {
                    List<Input> inputs = IntStream.range(0, 12)
                            .<Input>mapToObj(i -> new Input.Text(
                                    i == 7 ? "the same text" : "another text " + "and more ".repeat(i) + caller))
                            .toList();
                    return embedder.embed(SHIPPED, inputs, Preparation.MODEL)
                            .get(7)
                            .getFirst()
                            .vector();
                })
                .toList();
        try (ExecutorService callers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("caller-", 0).factory())) {
            for (Future<float[]> each : callers.invokeAll(asks)) {
                assertThat(each.get()).isEqualTo(alone);
            }
        }
        assertThat(embedder.stats().callers()).isZero();
        assertThat(embedder.stats().waiting()).isZero();
    }

    @Test
    void embed_textBeyondTheLimit_isCutOrRefused() {
        String longText = "word ".repeat(1_000);
        assertThat(vector(longText)).isEqualTo(vector("word ".repeat(254)));
        assertThatThrownBy(() ->
                        embedder.embed(SHIPPED, List.of(new Input.Text("short"), new Input.Text(longText)), UNPREPARED))
                .isInstanceOfSatisfying(Unembeddable.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(Unembeddable.Reason.TOO_LONG);
                    assertThat(refused.index()).isEqualTo(1);
                    assertThat(refused.text()).isEqualTo("The text has 1002 tokens; the model takes 256");
                });
        assertThat(embedder.embed(SHIPPED, List.of(new Input.Text("word ".repeat(254))), UNPREPARED))
                .hasSize(1);
    }

    @Test
    void embed_hostileTexts_giveVectorsOrRefusals() {
        for (String text :
                List.of("", " ", "\0", "\ud800", "\u202e\u0000\uffff", "a".repeat(100_000), "😀".repeat(500))) {
            assertThat(dot(vector(text), vector(text)))
                    .as("a text of %d", text.length())
                    .isCloseTo(1, within(1e-4));
        }
        assertThatThrownBy(() -> vector("x".repeat((1 << 20) + 1)))
                .isInstanceOfSatisfying(
                        Unembeddable.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Unembeddable.Reason.TOO_LONG));
    }

    @Test
    void embed_wrongKind_namesTheInput() {
        List<Input> inputs = List.of(new Input.Text("a text"), new Input.Image(new byte[10]));
        assertThatThrownBy(() -> embedder.embed(SHIPPED, inputs, Preparation.MODEL))
                .isInstanceOfSatisfying(Unembeddable.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(Unembeddable.Reason.KIND);
                    assertThat(refused.index()).isEqualTo(1);
                });
    }

    @Test
    void embed_nothing_givesNothing() {
        assertThat(embedder.embed(SHIPPED, List.of(), Preparation.MODEL)).isEmpty();
    }

    @Test
    void embed_modelThatIsNotInstalled_saysWhatToRun() {
        assertThatThrownBy(() -> embedder.embed("VIT_B32", List.of(new Input.Text("x")), Preparation.MODEL))
                .isInstanceOfSatisfying(Rejection.class, refused -> {
                    assertThat(refused.code()).isEqualTo(Rejection.Code.UNAVAILABLE);
                    assertThat(refused.text())
                            .isEqualTo("model vit_b32 is not installed; run: kith models pull vit_b32");
                });
        assertThatThrownBy(() -> embedder.embed("no-such", List.of(new Input.Text("x")), Preparation.MODEL))
                .isInstanceOfSatisfying(
                        Rejection.class, refused -> assertThat(refused.code()).isEqualTo(Rejection.Code.NOT_FOUND));
    }

    @Test
    void find_aliasesInAnyCase_areTheModel() {
        ModelInfo info = embedder.find("all_mini_lm_l6_v2").orElseThrow();
        assertThat(info.name()).isEqualTo(SHIPPED);
        assertThat(info.installed()).isTrue();
        assertThat(info.kind()).isEqualTo(InputKind.TEXT);
        assertThat(info.inputMax()).isEqualTo(256);
        assertThat(info.served()).containsExactly("vit_l14");
        assertThat(embedder.find("vit_l14").orElseThrow().name()).isEqualTo(SHIPPED);
        assertThat(embedder.models())
                .extracting(ModelInfo::name)
                .contains(SHIPPED, "vit_b32", "buffalo-l", "clap-audio")
                .doesNotContain("vit_l14");
        assertThat(embedder.find("vit_b32").orElseThrow().takes(InputKind.TEXT)).isTrue();
        assertThat(embedder.find("buffalo-l").orElseThrow().several()).isTrue();
    }

    @Test
    void embed_withoutMemory_saysHowMuchIsNeeded() {
        try (OnnxEmbedder poor = new OnnxEmbedder(settings(folder, 1_000_000))) {
            assertThatThrownBy(() -> poor.embed(SHIPPED, List.of(new Input.Text("x")), Preparation.MODEL))
                    .isInstanceOfSatisfying(Rejection.class, refused -> {
                        assertThat(refused.code()).isEqualTo(Rejection.Code.EXHAUSTED);
                        assertThat(refused.text()).contains("needs about", "1000000 are available");
                    });
        }
    }

    /** A model that fits, and an input that does not beside it: short ones are served before and after. */
    @Test
    void embed_longTextWithoutMemoryToComputeIt_isRefusedAlone() {
        long price = embedder.find(SHIPPED).orElseThrow().bytes() * Towers.PRICE_FACTOR + Towers.PRICE_BASE;
        ModelMemory memory = ModelMemory.of(price + (8 << 20));
        try (OnnxEmbedder poor = new OnnxEmbedder(settings(folder, memory))) {
            assertThat(poor.embed(SHIPPED, List.of(new Input.Text("x")), Preparation.MODEL))
                    .hasSize(1);
            assertThatThrownBy(
                            () -> poor.embed(SHIPPED, List.of(new Input.Text("word ".repeat(254))), Preparation.MODEL))
                    .isInstanceOfSatisfying(Rejection.class, refused -> {
                        assertThat(refused.code()).isEqualTo(Rejection.Code.EXHAUSTED);
                        assertThat(refused.text()).contains("for an input of this size", "16777216 are available");
                    });
            assertThat(poor.embed(SHIPPED, List.of(new Input.Text("x")), Preparation.MODEL))
                    .hasSize(1);
        }
        assertThat(memory.left()).isEqualTo(price + (8 << 20));
    }

    @Test
    void embed_manyLongTextsAtOnceWithMemoryForOne_areServedOneAfterTheOther() {
        long price = embedder.find(SHIPPED).orElseThrow().bytes() * Towers.PRICE_FACTOR + Towers.PRICE_BASE;
        AtomicLong most = new AtomicLong();
        ModelMemory memory = ModelMemory.of(price + (20 << 20));
        try (OnnxEmbedder poor = new OnnxEmbedder(settings(folder, observed(memory, most)))) {
            List<Input> texts = IntStream.range(0, 8)
                    .<Input>mapToObj(at -> new Input.Text(at + " word".repeat(253)))
                    .toList();
            assertThat(poor.embed(SHIPPED, texts, Preparation.MODEL)).hasSize(8);
            assertThat(most.get() - price).isBetween(8L << 20, 20L << 20);
        }
        assertThat(memory.left()).isEqualTo(price + (20 << 20));
    }

    private static ModelMemory observed(ModelMemory memory, AtomicLong most) {
        long all = memory.left();
        return new ModelMemory() {
            @Override
            public boolean take(long bytes) {
                boolean taken = memory.take(bytes);
                most.accumulateAndGet(all - memory.left(), Math::max);
                return taken;
            }

            @Override
            public void giveBack(long bytes) {
                memory.giveBack(bytes);
            }

            @Override
            public long left() {
                return memory.left();
            }
        };
    }

    @Test
    void preparedBytesMax_ofASmallHeap_isAShareOfIt() {
        assertThat(OnnxEmbedder.preparedBytesMax(512L << 20)).isEqualTo(64L << 20);
        assertThat(OnnxEmbedder.preparedBytesMax(64L << 30)).isEqualTo(256L << 20);
    }

    @Test
    void embed_damagedShippedFile_isUnpackedAgain(@TempDir Path other) throws Exception {
        try (OnnxEmbedder first = new OnnxEmbedder(settings(other, Long.MAX_VALUE / 2))) {
            first.embed(SHIPPED, List.of(new Input.Text("x")), Preparation.MODEL);
        }
        Path network;
        try (var files = Files.walk(other.resolve("cache"))) {
            network = files.filter(file -> file.endsWith("model.onnx"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(network);
        bytes[bytes.length / 2] ^= 1;
        Files.write(network, bytes);
        try (OnnxEmbedder second = new OnnxEmbedder(settings(other, Long.MAX_VALUE / 2))) {
            assertThat(second.embed(SHIPPED, List.of(new Input.Text("hello world")), Preparation.MODEL)
                            .getFirst()
                            .getFirst()
                            .vector())
                    .isEqualTo(vector("hello world"));
        }
    }

    @Test
    void unloadIdle_modelThatNobodyUsed_isLoadedAgainWhenAskedFor() {
        try (OnnxEmbedder idle = new OnnxEmbedder(settings(folder, Long.MAX_VALUE / 2))) {
            idle.embed(SHIPPED, List.of(new Input.Text("x")), Preparation.MODEL);
            clock.advance(Duration.ofSeconds(299));
            idle.unloadIdle();
            assertThat(idle.stats().loaded()).isEqualTo(1);
            assertThat(idle.stats().loadedBytes()).isGreaterThan(20_000_000);
            clock.advance(Duration.ofSeconds(2));
            idle.unloadIdle();
            assertThat(idle.stats().loaded()).isZero();
            assertThat(idle.embed(SHIPPED, List.of(new Input.Text("x")), Preparation.MODEL))
                    .hasSize(1);
            assertThat(idle.stats().loads()).isEqualTo(2);
        }
    }

    @Test
    void warmUp_shippedModels_areLoadedBeforeAnybodyAsks() {
        try (OnnxEmbedder early = new OnnxEmbedder(settings(folder, Long.MAX_VALUE / 2))) {
            early.warmUp();
            assertThat(early.awaitWarm(Duration.ofSeconds(60))).isTrue();
            assertThat(early.stats().loaded()).isPositive();
        }
    }

    @Test
    void close_whileCallersWait_refusesThem() throws Exception {
        OnnxEmbedder ending = new OnnxEmbedder(settings(folder, Long.MAX_VALUE / 2));
        ending.embed(SHIPPED, List.of(new Input.Text("x")), Preparation.MODEL);
        List<Input> many = IntStream.range(0, 100_000)
                .<Input>mapToObj(i -> new Input.Text("text " + i))
                .toList();
        try (ExecutorService callers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("caller-", 0).factory())) {
            Future<List<List<Embedding>>> asked = callers.submit(() -> ending.embed(SHIPPED, many, Preparation.MODEL));
            while (ending.stats().items() < 10) {
                Thread.onSpinWait();
            }
            ending.close();
            assertThatThrownBy(asked::get).hasCauseInstanceOf(Rejection.class).hasMessageContaining("The server stops");
        }
    }

    private float[] vector(String text) {
        return embedder.embed(SHIPPED, List.of(new Input.Text(text)), Preparation.MODEL)
                .getFirst()
                .getFirst()
                .vector();
    }

    private static double dot(float[] a, float[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> (double) a[i] * b[i])
                .sum();
    }
}
