package dev.kith.images;

import dev.kith.embed.Embedder;
import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.InputKind;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.fetch.FetchException;
import dev.kith.fetch.Fetcher;
import dev.kith.service.Caller;
import dev.kith.service.CommandService;
import dev.kith.service.Service;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Images over a real engine. The web and the model are made up: a page is its URL's text, and the vector of a picture
 * is written in it, two numbers that are scaled to length one.
 */
public final class ImagesFixture implements AutoCloseable, Embedder, Fetcher {
    public static final String MODEL = "vit_b32";
    public static final Caller ANN = new Caller("ann", "idios");
    public static final Caller BOB = new Caller("bob", "idios");

    final Engine engine = Engine.open(EngineOptions.inMemory(256L << 20, 2));
    final Map<String, byte[]> web = new ConcurrentHashMap<>();
    final AtomicInteger fetches = new AtomicInteger();
    public final LocalImages images;
    public final Service service;
    /** Runs before every fetch. */
    volatile Runnable onFetch = () -> {};

    private final ExecutorService compute = Executors.newFixedThreadPool(
            1, Thread.ofPlatform().daemon().name("test-compute").factory());

    public ImagesFixture() {
        service = new CommandService(engine, this, new SimpleMeterRegistry(), compute);
        images = new LocalImages(new LocalGallery(service), service, this);
    }

    ImagesFixture page(String url, String content) {
        web.put(url, content.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    public static Images.Item vector(String url, float... vector) {
        return new Images.Item(url, Optional.empty(), new Images.Content.Vector(vector));
    }

    static Images.Item fetched(String url) {
        return new Images.Item(url, Optional.empty(), new Images.Content.AtUrl());
    }

    static Value.Fields metadata(String name, Value value) {
        return new Value.Fields(Map.of(name, value));
    }

    public Images.Outcome restore(Images.Item... items) {
        return images.insert(ANN, MODEL, new Images.Insertion(List.of(items), true, Images.OnFailure.THROW));
    }

    @Override
    public <T> T get(String url, Function<byte[], T> use) {
        onFetch.run();
        fetches.incrementAndGet();
        return Optional.ofNullable(web.get(url))
                .map(use)
                .orElseThrow(() -> new FetchException("The URL cannot be fetched: its host is not known"));
    }

    @Override
    public List<ModelInfo> models() {
        var inputs = new LinkedHashMap<InputKind, Integer>();
        inputs.put(InputKind.IMAGE, 224);
        inputs.put(InputKind.TEXT, 77);
        var sounds = new LinkedHashMap<>(Map.of(InputKind.AUDIO, 10));
        return List.of(
                new ModelInfo("ears", List.of(), sounds, 2, false, true, 1, "MIT", "here"),
                new ModelInfo("far", List.of(), inputs, 3, false, false, 1, "MIT", "here"),
                new ModelInfo("near", List.of(MODEL), inputs, 2, false, true, 1, "MIT", "here"));
    }

    @Override
    public Optional<ModelInfo> find(String name) {
        return models().stream()
                .filter(model -> model.name().equals(name) || model.served().contains(name))
                .findFirst();
    }

    @Override
    public List<List<Embedding>> embed(String model, List<Input> inputs, Preparation preparation) {
        if (!find(model).orElseThrow().installed()) {
            throw new Rejection(Rejection.Code.UNAVAILABLE, "model %s is not installed".formatted(model));
        }
        return inputs.stream()
                .map(input -> switch (input) {
                    case Input.Text(String text) -> text;
                    case Input.Image(byte[] bytes) -> new String(bytes, StandardCharsets.UTF_8);
                    case Input.Audio _ -> "";
                })
                .map(text -> List.of(new Embedding(vector(text), new TreeMap<>())))
                .toList();
    }

    private static float[] vector(String text) {
        return switch (text) {
            case "tiny" -> throw new Unembeddable(Unembeddable.Reason.TOO_SMALL, 0, "127 x 127");
            case "huge" -> throw new Unembeddable(Unembeddable.Reason.TOO_LARGE, 0, "9999 x 9999");
            case "page" -> throw new Unembeddable(Unembeddable.Reason.UNDECODABLE, 0, "not a picture");
            default -> {
                String[] parts = text.split(" ");
                float x = Float.parseFloat(parts[0]);
                float y = Float.parseFloat(parts[1]);
                float length = (float) Math.hypot(x, y);
                yield new float[] {x / length, y / length};
            }
        };
    }

    @Override
    public void close() {
        compute.shutdownNow();
        engine.close();
    }
}
