package dev.kith.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.kith.embed.Embedder;
import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.Preparation;
import dev.kith.embed.models.Catalogue;
import dev.kith.embed.models.Descriptor;
import dev.kith.embed.models.ShippedFiles;
import dev.kith.embed.run.EmbedSettings;
import dev.kith.embed.run.ModelMemory;
import dev.kith.embed.run.OnnxEmbedder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Texts through the embedder, beside the model runtime called bare in the same process on the same tokens, by turns.
 * The embedder also makes the tokens, pools and normalises; the bare side does neither, and throws its outputs away.
 */
final class EmbedBench {
    /** How much is measured. */
    enum Effort {
        QUICK(1_000, 3),
        FULL(10_000, 2);

        private final int texts;
        private final int rounds;

        Effort(int texts, int rounds) {
            this.texts = texts;
            this.rounds = rounds;
        }
    }

    private static final String MODEL = "all-minilm-l6-v2";
    /** Texts of the side shows, which need not be long. */
    private static final int SAMPLE = 1_000;
    /** Bare calls with several texts each: what batches would gain, if they did not change the vectors. */
    private static final int BARE_BATCH = 16;

    private final Report report;
    private final Place place;
    private final Peers peers;
    private final Effort effort;

    /** @param peers with the packages of the graph bench, which knows the texts */
    EmbedBench(Report report, Place place, Peers peers, Effort effort) {
        this.report = report;
        this.place = place;
        this.peers = peers;
        this.effort = effort;
    }

    void run() {
        List<String> texts = texts();
        Path cache = place.folder("cache");
        Descriptor descriptor = new Catalogue(Optional.empty(), Map.of())
                .find(MODEL)
                .orElseThrow()
                .descriptor();
        Path home = new ShippedFiles(cache).unpacked(descriptor);
        report.heading("Embedding %,d WordNet glosses with %s, quantised".formatted(texts.size(), MODEL));
        List<String> sample = texts.subList(0, SAMPLE);
        try (BareRuntime bare = new BareRuntime(home, texts);
                BareRuntime few = new BareRuntime(home, sample);
                OnnxEmbedder one = embedder(cache, 1);
                OnnxEmbedder two = embedder(cache, 2)) {
            report.line("tokens    %.1f a text", bare.tokensMean());
            requireSame(one, bare, texts);
            report.line(
                    "cpu       ours %.3f ms a text, bare %.3f",
                    cpu(() -> embed(one, sample)), cpu(() -> few.run(1, 1)));
            report.duel("bare-batched-of-single", "passes/s", duel(() -> few.run(BARE_BATCH, 1), () -> few.run(1, 1)));
            report.duel("embed-one-thread", "passes/s", duel(() -> embed(one, texts), () -> bare.run(1, 1)));
            report.duel("embed-two-threads-of-one", "passes/s", duel(() -> embed(two, texts), () -> embed(one, texts)));
        }
    }

    private Duel duel(Runnable ours, Runnable theirs) {
        return Duel.of(effort.rounds, () -> rate(ours), () -> rate(theirs));
    }

    private static double rate(Runnable pass) {
        long began = System.nanoTime();
        pass.run();
        return 1e9 / (System.nanoTime() - began);
    }

    /** Processor time of the whole process, in milliseconds a text of the sample. */
    private static double cpu(Runnable work) {
        var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long began = system.getProcessCpuTime();
        work.run();
        return (system.getProcessCpuTime() - began) / 1e6 / SAMPLE;
    }

    private static OnnxEmbedder embedder(Path cache, int threads) {
        return new OnnxEmbedder(new EmbedSettings(
                Optional.empty(),
                cache,
                () -> {},
                Map.of(),
                threads,
                Duration.ofDays(1),
                ModelMemory.of(Long.MAX_VALUE),
                InstantSource.system()));
    }

    private static List<List<Embedding>> vectors(Embedder embedder, List<String> texts) {
        return embedder.embed(MODEL, texts.stream().<Input>map(Input.Text::new).toList(), Preparation.MODEL);
    }

    private static void embed(Embedder embedder, List<String> texts) {
        if (vectors(embedder, texts).size() != texts.size()) {
            throw new IllegalStateException("some texts have no vectors");
        }
    }

    /** Both sides must compute the same thing, or their speeds mean nothing. */
    private static void requireSame(Embedder embedder, BareRuntime bare, List<String> texts) {
        List<List<Embedding>> ours = vectors(embedder, texts.subList(0, 50));
        for (int at = 0; at < ours.size(); at++) {
            float[] mine = ours.get(at).getFirst().vector();
            float[] theirs = bare.vector(at);
            double product = 0;
            for (int i = 0; i < mine.length; i++) {
                product += (double) mine[i] * theirs[i];
            }
            if (Math.abs(product - 1) > 1e-5) {
                throw new IllegalStateException("text %d: the two sides give different vectors".formatted(at));
            }
        }
    }

    private List<String> texts() {
        String file = Processes.firstLine(
                        place.repository(),
                        peers.python().toString(),
                        "-B",
                        place.peer("embed_texts.py").toString(),
                        Integer.toString(effort.texts))
                .orElseThrow(() -> new IllegalStateException("embed_texts.py failed; what it said stands above"));
        try (Stream<String> lines = Files.lines(Path.of(file))) {
            return lines.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
