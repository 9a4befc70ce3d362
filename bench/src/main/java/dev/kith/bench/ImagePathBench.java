package dev.kith.bench;

import com.sun.net.httpserver.HttpServer;
import dev.kith.embed.Embedder;
import dev.kith.embed.Input;
import dev.kith.embed.InputKind;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.Preparation;
import dev.kith.embed.run.EmbedSettings;
import dev.kith.embed.run.ModelMemory;
import dev.kith.embed.run.OnnxEmbedder;
import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.fetch.Cidr;
import dev.kith.fetch.FetchLimits;
import dev.kith.fetch.Fetcher;
import dev.kith.fetch.HttpFetcher;
import dev.kith.images.Images;
import dev.kith.images.LocalGallery;
import dev.kith.images.LocalImages;
import dev.kith.service.Caller;
import dev.kith.service.CommandService;
import dev.kith.service.Service;
import dev.kith.storage.FileDirectory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/**
 * The way of a picture: fetched from loopback, decoded and prepared, embedded with the shipped model, stored durably.
 * All of it with many at once, and the steps one after another on one thread, for their shares.
 */
final class ImagePathBench {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;
    /** Different pictures; each address gives one of them. */
    private static final int PICTURES = 64;

    private static final int SHAPES = 60;
    private static final long MEMORY_BYTES = 2L << 30;
    private static final Caller CALLER = new Caller(Caller.TENANT_DEFAULT, "bench");

    /** @param images of the whole way; a quarter of them for each step */
    record Effort(int images) {
        static final Effort FULL = new Effort(1_600);
        static final Effort QUICK = new Effort(320);
    }

    private final Report report;
    private final Place place;
    private final Effort effort;

    ImagePathBench(Report report, Place place, Effort effort) {
        this.report = report;
        this.place = place;
        this.effort = effort;
    }

    void run() {
        List<byte[]> pictures = pictures();
        HttpServer origin = origin(pictures);
        var fetching = new HttpFetcher.Settings(
                List.of(Cidr.parse("127.0.0.0/8")),
                "kith-bench",
                FetchLimits.forHeap(Runtime.getRuntime().maxMemory()));
        int cores = Runtime.getRuntime().availableProcessors();
        ExecutorService compute = Executors.newFixedThreadPool(
                cores, Thread.ofPlatform().daemon().name("bench-compute-", 0).factory());
        try (Engine engine = Engine.open(
                        EngineOptions.durable(FileDirectory.open(place.folder("image-path")), MEMORY_BYTES, cores));
                Fetcher fetcher = new HttpFetcher(fetching);
                Embedder embedder = new OnnxEmbedder(new EmbedSettings(
                        Optional.empty(),
                        place.folder("models"),
                        () -> {},
                        Map.of(),
                        cores,
                        Duration.ofHours(1),
                        ModelMemory.of(MEMORY_BYTES),
                        InstantSource.system()))) {
            Optional<ModelInfo> model = embedder.models().stream()
                    .filter(info -> info.installed() && info.takes(InputKind.IMAGE) && !info.several())
                    .findFirst();
            if (model.isEmpty()) {
                report.line("no image model is installed: the way of a picture is not measured");
                return;
            }
            Service service = new CommandService(engine, embedder, new SimpleMeterRegistry(), compute);
            LocalImages images = new LocalImages(new LocalGallery(service), service, fetcher);
            String address =
                    "http://127.0.0.1:%d/".formatted(origin.getAddress().getPort());
            measure(new Lane(images, fetcher, embedder, model.get()), address, pictures);
        } finally {
            origin.stop(0);
            compute.shutdownNow();
        }
    }

    private record Lane(LocalImages images, Fetcher fetcher, Embedder embedder, ModelInfo model) {}

    private void measure(Lane lane, String address, List<byte[]> pictures) {
        report.heading("%d × %d JPEG of %,d bytes, model %s of %d"
                .formatted(
                        WIDTH,
                        HEIGHT,
                        pictures.getFirst().length,
                        lane.model().name(),
                        lane.model().dimension()));
        insert(lane, address + "warm/", PICTURES);
        double perSecond = effort.images() / insert(lane, address + "all/", effort.images());
        report.line("fetched, embedded and stored, durable: %.1f images/s (aim 40)", perSecond);
        report.ratio("images-per-s", perSecond);
        int steps = effort.images() / 4;
        var input = new Preparation(true, Preparation.Orientation.IGNORED, 150, 1_000, Map.of());
        double fetch = perImage(steps, at -> lane.fetcher().get(address + at, bytes -> bytes));
        double decode = perImage(steps, at -> decode(pictures.get(at % PICTURES)));
        double embed = perImage(
                steps,
                at -> lane.embedder()
                        .embed(lane.model().name(), List.of(new Input.Image(pictures.get(at % PICTURES))), input));
        double store = perImage(steps, at -> {
            var content = new Images.Content.Vector(new float[lane.model().dimension()]);
            lane.images()
                    .insert(CALLER, lane.model().name(), insertion(List.of(item(address + "store/" + at, content))));
        });
        double whole = fetch + embed + store;
        report.line(
                "one after another, ms and share: fetch %.2f (%.0f %%), decode, prepare and embed %.2f (%.0f %%;"
                        + " the JDK alone decodes in %.2f), store %.2f (%.0f %%)",
                fetch, 100 * fetch / whole, embed, 100 * embed / whole, decode, store, 100 * store / whole);
    }

    private double insert(Lane lane, String address, int count) {
        List<Images.Item> items = IntStream.range(0, count)
                .mapToObj(at -> item(address + at, new Images.Content.AtUrl()))
                .toList();
        long begun = System.nanoTime();
        Images.Outcome outcome = lane.images().insert(CALLER, lane.model().name(), insertion(items));
        if (outcome.added().size() != count) {
            throw new IllegalStateException("not all were added: " + outcome.failed());
        }
        return (System.nanoTime() - begun) / 1e9;
    }

    private static Images.Item item(String url, Images.Content content) {
        return new Images.Item(url, Optional.empty(), content);
    }

    private static Images.Insertion insertion(List<Images.Item> items) {
        return new Images.Insertion(items, true, Images.OnFailure.REPORT);
    }

    /** Milliseconds of a step, the second time it is gone through. */
    private static double perImage(int count, IntConsumer step) {
        IntStream.range(0, count).forEach(step);
        long begun = System.nanoTime();
        IntStream.range(0, count).forEach(step);
        return (System.nanoTime() - begun) / 1e6 / count;
    }

    private static void decode(byte[] picture) {
        try {
            var _ = ImageIO.read(new ByteArrayInputStream(picture));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gradients, shapes and a little noise: about as many bytes as a photograph of that size. */
    private static List<byte[]> pictures() {
        List<byte[]> pictures = new ArrayList<>();
        for (int number = 0; number < PICTURES; number++) {
            Random random = new Random(Dataset.SEED + number);
            BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = picture.createGraphics();
            graphics.setPaint(new GradientPaint(0, 0, colour(random), WIDTH, HEIGHT, colour(random)));
            graphics.fillRect(0, 0, WIDTH, HEIGHT);
            for (int shape = 0; shape < SHAPES; shape++) {
                graphics.setPaint(colour(random));
                graphics.fillOval(
                        random.nextInt(WIDTH), random.nextInt(HEIGHT), random.nextInt(150), random.nextInt(150));
            }
            graphics.dispose();
            for (int at = 0; at < WIDTH * HEIGHT; at++) {
                int x = at % WIDTH;
                int y = at / WIDTH;
                picture.setRGB(x, y, picture.getRGB(x, y) ^ (random.nextInt(16) * 0x010101));
            }
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            try {
                ImageIO.write(picture, "jpeg", file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            pictures.add(file.toByteArray());
        }
        return pictures;
    }

    private static Color colour(Random random) {
        return new Color(random.nextInt(1 << 24));
    }

    private static HttpServer origin(List<byte[]> pictures) {
        try {
            HttpServer origin = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
            origin.setExecutor(Executors.newThreadPerTaskExecutor(
                    Thread.ofVirtual().name("bench-pictures-", 0).factory()));
            origin.createContext("/", exchange -> {
                String path = exchange.getRequestURI().getPath();
                int number = Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
                byte[] picture = pictures.get(number % PICTURES);
                exchange.sendResponseHeaders(200, picture.length);
                exchange.getResponseBody().write(picture);
                exchange.close();
            });
            origin.start();
            return origin;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
