package dev.kith.doors.ahnlich;

import dev.kith.embed.Embedder;
import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.InputKind;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * Models whose vectors a test can reckon: a text's or an image's first bytes are its components, and a picture of faces
 * has one for each of its bytes. What they refuse, they refuse as real ones do.
 */
final class ToyModels implements Embedder {
    static final int DIMENSION = 4;
    private static final int TOKENS = 6;

    /** Inputs that were embedded so far. */
    final LongAdder embedded = new LongAdder();

    @Override
    public List<ModelInfo> models() {
        return List.of(
                model("all-minilm-l6-v2", InputKind.TEXT, DIMENSION, true),
                model("all-minilm-l12-v2", InputKind.TEXT, DIMENSION, true),
                model("bge-base-en-v1.5", InputKind.TEXT, 2 * DIMENSION, true),
                model("resnet-50", InputKind.IMAGE, DIMENSION, true),
                model("clip-vit-b32-text", InputKind.TEXT, DIMENSION, false),
                model("buffalo-l", InputKind.IMAGE, DIMENSION, true),
                model("clap-audio", InputKind.AUDIO, DIMENSION, true));
    }

    private static ModelInfo model(String name, InputKind kind, int dimension, boolean installed) {
        var inputs = new LinkedHashMap<>(Map.of(kind, TOKENS));
        boolean several = name.equals("buffalo-l");
        return new ModelInfo(name, List.of(), inputs, dimension, several, installed, 1, "none", "nowhere");
    }

    @Override
    public Optional<ModelInfo> find(String name) {
        return models().stream().filter(model -> model.name().equals(name)).findFirst();
    }

    @Override
    public List<List<Embedding>> embed(String model, List<Input> inputs, Preparation preparation) {
        ModelInfo info = find(model).orElseThrow();
        embedded.add(inputs.size());
        List<List<Embedding>> all = new ArrayList<>();
        for (int index = 0; index < inputs.size(); index++) {
            byte[] bytes = bytes(inputs.get(index));
            refuse(info, bytes, index, preparation);
            all.add(info.several() ? faces(bytes, preparation) : List.of(vector(bytes, info.dimension())));
        }
        return all;
    }

    private static byte[] bytes(Input input) {
        return switch (input) {
            case Input.Text(String text) -> text.getBytes(StandardCharsets.UTF_8);
            case Input.Image(byte[] bytes) -> bytes;
            case Input.Audio(byte[] bytes) -> bytes;
        };
    }

    private static void refuse(ModelInfo model, byte[] bytes, int index, Preparation preparation) {
        boolean unprepared = !preparation.prepared() && bytes.length > TOKENS;
        var measure = new Unembeddable.Measure(
                model.kind() == InputKind.IMAGE ? List.of(547, 821) : List.of(bytes.length),
                model.kind() == InputKind.IMAGE ? List.of(224, 224) : List.of(TOKENS));
        if (bytes.length > 0 && bytes[0] == '!') {
            throw new Unembeddable(Unembeddable.Reason.UNDECODABLE, index, "no picture");
        }
        if (unprepared || model.kind() == InputKind.AUDIO && bytes.length > TOKENS) {
            var reason = model.kind() == InputKind.IMAGE ? Unembeddable.Reason.SIZE : Unembeddable.Reason.TOO_LONG;
            throw new Unembeddable(reason, index, "too much", Optional.of(measure));
        }
    }

    private static Embedding vector(byte[] bytes, int dimension) {
        float[] components = new float[dimension];
        IntStream.range(0, Math.min(dimension, bytes.length)).forEach(at -> components[at] = bytes[at]);
        return new Embedding(components, new TreeMap<>());
    }

    /** A face a byte, as sure of itself as the byte is large. */
    private static List<Embedding> faces(byte[] bytes, Preparation preparation) {
        int least = Integer.parseInt(preparation.parameters().getOrDefault("confidence_threshold", "0"));
        return IntStream.range(0, bytes.length)
                .filter(at -> bytes[at] >= least)
                .mapToObj(at -> new Embedding(
                        new float[] {bytes[at], at, 1, 1},
                        new TreeMap<>(Map.of("confidence", Byte.toString(bytes[at])))))
                .toList();
    }

    @Override
    public void close() {}
}
