package dev.kith.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kith.doors.ahnlich.AhnlichAi;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.models.Catalogue;
import dev.kith.embed.models.ModelStore;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * The original's {@code ahnlich-ai supported-models}: the names of all models that its wire has numbers for, or, where
 * some are named, what they take and give, as JSON.
 */
final class SupportedModels {
    static final String COMMAND = "supported-models";

    private static final String NAMES = "--names";
    private static final String FOLDER = AhnlichOption.MODEL_CACHE.flag();

    private SupportedModels() {}

    static CommandSpec spec() {
        CommandSpec spec = Cli.command(COMMAND, "Show the models that stores of the proxy may use");
        spec.addOption(Cli.text(NAMES, "NAME,...", "what is known of these, as JSON (default: the names of all)"));
        spec.addOption(
                Cli.text(FOLDER, "DIR", "folder of installed models, of which the JSON says whether one is there"));
        return spec;
    }

    static int run(ParseResult parsed, PrintStream out) {
        List<String> names = Arrays.stream(parsed.matchedOptionValue(NAMES, "").split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        String shown = names.isEmpty()
                ? String.join(", ", AhnlichAi.MODELS)
                : details(names, folder(parsed.matchedOptionValue(FOLDER, "")));
        out.printf("Displaying Supported Models%n%n%s%n", shown);
        return Cli.OK;
    }

    private static Optional<ModelStore> folder(String given) {
        return Optional.of(given).filter(text -> !text.isEmpty()).map(Path::of).map(ModelStore::new);
    }

    private static String details(List<String> names, Optional<ModelStore> folder) {
        List<String> unknown = names.stream()
                .filter(name -> !AhnlichAi.MODELS.contains(name))
                .map(name -> "%s: %s is no model of Ahnlich's; there are %s"
                        .formatted(NAMES, name, String.join(", ", AhnlichAi.MODELS)))
                .toList();
        if (!unknown.isEmpty()) {
            throw new ConfigException(unknown);
        }
        Catalogue catalogue = new Catalogue(folder, Map.of());
        ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ArrayNode list = json.createArrayNode();
        names.forEach(name -> describe(catalogue.info(name).orElseThrow(), list.addObject()));
        try {
            return json.writeValueAsString(list);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void describe(ModelInfo model, ObjectNode object) {
        object.put("name", model.name());
        object.put("input_type", AhnlichAi.inputType(model.kind()));
        object.put("embedding_size", model.dimension());
        String limit = switch (model.kind()) {
            case TEXT -> "max_input_tokens";
            case IMAGE -> "image_side_pixels";
            case AUDIO -> "max_input_seconds";
        };
        object.put(limit, model.inputMax());
        object.put("embeddings_per_input", model.several() ? "any number" : "1");
        object.put("installed", model.installed());
        object.put("licence", model.licence());
        object.put("source", model.source());
    }
}
