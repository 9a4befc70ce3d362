package dev.kith.embed.models;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kith.embed.InputKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/** Descriptors from JSON: docs/formats/model-descriptor.md. A pure function of bytes; every field is checked. */
final class DescriptorReader {
    /** Largest descriptor: a hundred times the largest of ours. */
    static final int BYTES_MAX = 256 << 10;

    /** The version of the form that is read. */
    private static final int FORMAT = 1;
    /** Objects in objects: four are needed. */
    private static final int DEPTH_MAX = 16;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEPTH_MAX)
                            .maxDocumentLength(BYTES_MAX)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private DescriptorReader() {}

    /** @throws DescriptorException where the file is none, is a link, or says what cannot be */
    static Descriptor read(Path file) {
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new DescriptorException(file + ": is no plain file");
            }
            if (Files.size(file) > BYTES_MAX) {
                throw new DescriptorException("%s: more than %d bytes".formatted(file, BYTES_MAX));
            }
            return read(file.toString(), Files.readAllBytes(file));
        } catch (IOException unreadable) {
            throw new DescriptorException(file + ": cannot be read", unreadable);
        }
    }

    /** @param origin what faults name */
    static Descriptor read(String origin, byte[] json) {
        try {
            return descriptor(new Fields("", JSON.readTree(json)));
        } catch (IllegalArgumentException fault) {
            throw new DescriptorException(origin + ": " + fault.getMessage());
        } catch (JsonProcessingException malformed) {
            throw new DescriptorException(origin + ": is not JSON: " + malformed.getOriginalMessage());
        } catch (IOException unreadable) {
            throw new DescriptorException(origin + ": cannot be read", unreadable);
        }
    }

    private static Descriptor descriptor(Fields fields) {
        fields.number("format", FORMAT, FORMAT);
        var descriptor = new Descriptor(
                fields.text("name"),
                fields.texts("aliases"),
                fields.count("dimension", Descriptor.DIMENSION_MAX),
                fields.flag("shipped", false),
                fields.text("licence"),
                fields.text("source"),
                fields.text("repository", ""),
                fields.list("files", DescriptorReader::file),
                towers(fields));
        fields.done();
        return descriptor;
    }

    private static ModelFile file(Fields fields) {
        String name = fields.text("name");
        try {
            ModelFile file = new ModelFile(
                    name,
                    fields.text("path", name),
                    fields.has("bytes") ? fields.number("bytes", 0, ModelFile.BYTES_MAX) : 0,
                    fields.text("sha256", ""));
            fields.done();
            return file;
        } catch (IllegalArgumentException fault) {
            throw fields.fault("name", "'%s' %s".formatted(name, fault.getMessage()));
        }
    }

    /** In the order of the file, so that the chief kind is the first of them. */
    private static SequencedMap<InputKind, Tower> towers(Fields fields) {
        SequencedMap<InputKind, Tower> towers = new LinkedHashMap<>();
        Map<String, InputKind> sections = new LinkedHashMap<>();
        sections.put("image", InputKind.IMAGE);
        sections.put("faces", InputKind.IMAGE);
        sections.put("audio", InputKind.AUDIO);
        sections.put("text", InputKind.TEXT);
        sections.forEach((section, kind) -> {
            if (fields.has(section) && towers.putIfAbsent(kind, tower(section, fields.object(section))) != null) {
                throw fields.fault(section, "a model takes images in one way");
            }
        });
        return towers;
    }

    private static Tower tower(String section, Fields fields) {
        Tower tower = switch (section) {
            case "text" -> text(fields);
            case "image" ->
                new Tower.Image(
                        network(fields.object("network")),
                        image(fields.object("recipe")),
                        fields.flag("normalised", false),
                        batch(fields));
            case "audio" ->
                new Tower.Sound(
                        network(fields.object("network")),
                        sound(fields.object("recipe")),
                        fields.flag("normalised", false),
                        batch(fields));
            default -> faces(fields);
        };
        fields.done();
        return tower;
    }

    private static Tower text(Fields fields) {
        return new Tower.Text(
                network(fields.object("network")),
                fields.text("tokenizer"),
                fields.count("tokens-max", Tower.TOKENS_MAX),
                fields.word("pooling", Tower.Pooling.class),
                fields.flag("normalised", false),
                fields.map("prefixes"),
                batch(fields));
    }

    private static Tower faces(Fields fields) {
        Map<String, Network> networks = new LinkedHashMap<>();
        fields.objects("networks").forEach((role, network) -> networks.put(role, network(network)));
        return new Tower.Faces(
                fields.word("family", Tower.Faces.Family.class),
                networks,
                fields.count("side", Tower.SIDE_MAX),
                batch(fields));
    }

    private static int batch(Fields fields) {
        return fields.count("batch", Tower.BATCH_MAX);
    }

    private static Network network(Fields fields) {
        Network network = new Network(fields.text("file"), fields.map("inputs"), fields.map("outputs"));
        fields.done();
        return network;
    }

    private static Tower.ImageRecipe image(Fields fields) {
        Tower.ImageRecipe recipe = new Tower.ImageRecipe(
                fields.count("shorter-side", Tower.SIDE_MAX),
                fields.word("resampling", Tower.Resampling.class),
                fields.count("crop", Tower.SIDE_MAX),
                fields.floats("means", 3),
                fields.floats("deviations", 3));
        if (recipe.crop() > recipe.shorterSide()) {
            throw fields.fault("crop", "is larger than shorter-side");
        }
        if (recipe.deviations().stream().anyMatch(deviation -> deviation <= 0)) {
            throw fields.fault("deviations", "are not above 0");
        }
        fields.done();
        return recipe;
    }

    private static Tower.SoundRecipe sound(Fields fields) {
        Tower.SoundRecipe recipe = new Tower.SoundRecipe(
                fields.count("rate", 192_000),
                fields.count("seconds", Tower.SECONDS_MAX),
                fields.count("window", 1 << 16),
                fields.count("hop", 1 << 16),
                fields.count("bands", 1_024),
                (int) fields.number("low-hz", 0, 96_000),
                fields.count("high-hz", 96_000));
        if (Integer.bitCount(recipe.window()) != 1) {
            throw fields.fault("window", "is no power of two");
        }
        if (recipe.lowHz() >= recipe.highHz()) {
            throw fields.fault("low-hz", "is not below high-hz");
        }
        fields.done();
        return recipe;
    }
}
