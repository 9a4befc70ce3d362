package dev.kith.app;

import dev.kith.embed.ModelInfo;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.models.Catalogue;
import dev.kith.embed.models.Descriptor;
import dev.kith.embed.models.DescriptorException;
import dev.kith.embed.models.FolderInstaller;
import dev.kith.embed.models.InstallException;
import dev.kith.embed.models.Model;
import dev.kith.embed.models.ModelStore;
import dev.kith.embed.models.Puller;
import dev.kith.embed.run.EmbedSettings;
import dev.kith.embed.run.ModelMemory;
import dev.kith.embed.run.OnnxEmbedder;
import dev.kith.vectors.Rejection;
import java.io.Console;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** The commands that work on the folder of models, whether a server runs on it or not: {@code kith models …}. */
final class ModelCommands {
    /** Where repositories are, unless a mirror is named. */
    private static final String HUB = "https://huggingface.co";

    private static final String MIRROR = "--from";
    private static final String MIRROR_VARIABLE = "KITH_MODELS_FROM";
    private static final long MIB = 1 << 20;

    private static final String FOOTER = """

            Models are in the folder that --models-dir names, else in models of the data folder. A server
            that runs finds what is installed or removed beside it, without a restart.""";

    private final Config.Models models;
    private final Map<String, String> variables;
    private final PrintStream out;
    private final PrintStream err;

    /** @param models as the server would be told */
    ModelCommands(Config.Models models, Cli.Surroundings surroundings) {
        this.models = models;
        this.variables = surroundings.variables();
        this.out = surroundings.out();
        this.err = surroundings.err();
    }

    /** The command with its actions; each takes the options by which {@code serve} finds the folder too. */
    static CommandSpec spec(UnaryOperator<CommandSpec> withFolderOptions) {
        CommandSpec list = Cli.command("list", "List all models, and which are here");
        CommandSpec pull = Cli.command("pull", "Fetch a model from its repository, check it and install it");
        pull.addPositional(positional("NAME", "a model of the list, by name or alias"));
        pull.addOption(mirror());
        CommandSpec add = Cli.command("add", "Install a model from a folder");
        add.addPositional(positional("FOLDER", "with model.json and the files that it names"));
        CommandSpec check = Cli.command("check", "Read a model's files against their checksums, and run it once");
        check.addPositional(positional("NAME", "an installed model, or a shipped one"));
        CommandSpec remove = Cli.command("remove", "Delete an installed model's files");
        remove.addPositional(positional("NAME", "an installed model"));
        CommandSpec models = Cli.command("models", "Show, fetch, check and remove what embeds texts and images");
        for (CommandSpec action : List.of(list, pull, add, check, remove)) {
            action.usageMessage().footer(FOOTER);
            models.addSubcommand(action.name(), withFolderOptions.apply(action));
        }
        return models;
    }

    private static PositionalParamSpec positional(String label, String description) {
        return PositionalParamSpec.builder()
                .index("0")
                .type(String.class)
                .paramLabel(label)
                .required(true)
                .description(description)
                .build();
    }

    private static OptionSpec mirror() {
        return OptionSpec.builder(MIRROR)
                .type(String.class)
                .arity("1")
                .paramLabel("URL")
                .description("below which repositories are (default: " + HUB + "); " + MIRROR_VARIABLE + " too")
                .build();
    }

    int run(String action, ParseResult parsed) {
        try {
            return switch (action) {
                case "pull" -> pull(argument(parsed), parsed);
                case "add" -> add(Path.of(argument(parsed)));
                case "check" -> check(argument(parsed));
                case "remove" -> remove(argument(parsed));
                default -> list();
            };
        } catch (InstallException | DescriptorException | Rejection refused) {
            return failed(String.valueOf(refused.getMessage()));
        }
    }

    private static String argument(ParseResult parsed) {
        return parsed.matchedPositionalValue(0, "");
    }

    private int failed(String why) {
        err.println("kith: " + why);
        return Cli.FAILED;
    }

    private Catalogue catalogue() {
        return new Catalogue(models.folder().map(ModelStore::new), Map.of());
    }

    private ModelStore store() {
        return new ModelStore(models.folder()
                .orElseThrow(() -> new ConfigException(
                        List.of("there is no folder of models in memory; name one: --models-dir DIR"))));
    }

    private int list() {
        out.printf(
                Locale.ROOT,
                "%-30s %-10s %9s %9s  %-10s %s%n",
                "NAME",
                "TAKES",
                "DIMENSION",
                "MIB",
                "STATE",
                "LICENCE");
        Catalogue catalogue = catalogue();
        for (ModelInfo model : catalogue.models()) {
            Descriptor descriptor = catalogue.find(model.name()).orElseThrow().descriptor();
            String kinds = model.inputs().keySet().stream()
                    .map(kind -> kind.name().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(","));
            out.printf(
                    Locale.ROOT,
                    "%-30s %-10s %9d %9s  %-10s %s%n",
                    model.name(),
                    kinds,
                    model.dimension(),
                    model.bytes() == 0 ? "-" : Long.toString((model.bytes() + MIB - 1) / MIB),
                    descriptor.shipped() ? "shipped" : model.installed() ? "installed" : "-",
                    model.licence());
        }
        return Cli.OK;
    }

    private Model known(String name) {
        return catalogue().find(name).orElseThrow(() -> new Rejection(Rejection.Code.NOT_FOUND, unknown(name)));
    }

    /** What a folder has whose descriptor or receipt is broken is in no catalogue. */
    private String unknown(String name) {
        return models.folder()
                .flatMap(folder -> new ModelStore(folder).fault(name))
                .map(fault -> "model %s is damaged: %s; run: kith models remove %s".formatted(name, fault, name))
                .orElse("there is no model %s; see: kith models list".formatted(name));
    }

    private int pull(String name, ParseResult parsed) {
        Model model = known(name);
        String own = model.descriptor().name();
        if (model.folder().isPresent()) {
            out.printf("model %s is installed already; to have it anew: kith models remove %s%n", own, own);
            return Cli.OK;
        }
        String from = parsed.matchedOptionValue(MIRROR, variables.getOrDefault(MIRROR_VARIABLE, HUB));
        try {
            // A bar that is drawn again and again suits a terminal and no log.
            boolean terminal = Optional.ofNullable(System.console())
                    .filter(Console::isTerminal)
                    .isPresent();
            PullProgress progress = new PullProgress(err, terminal);
            new Puller(store(), URI.create(from), progress).pull(model.descriptor());
            progress.end();
        } catch (IllegalArgumentException unusable) {
            return failed(MIRROR + ": " + unusable.getMessage());
        }
        out.printf("model %s is installed%n", own);
        return Cli.OK;
    }

    private int add(Path folder) {
        Descriptor added = new FolderInstaller(store(), catalogue()).add(folder);
        out.printf("model %s is installed%n", added.name());
        return Cli.OK;
    }

    /** Reads every file against its checksum, then has the model embed something. */
    private int check(String name) {
        Model model = known(name);
        String own = model.descriptor().name();
        if (!model.installed()) {
            return failed("model %s is not installed; run: kith models pull %s".formatted(own, own));
        }
        Optional<String> fault = model.folder()
                .flatMap(home -> ModelStore.fault(home, model.descriptor().files()));
        if (fault.isPresent()) {
            return failed("model %s is damaged: %s; run: kith models remove %s".formatted(own, fault.get(), own));
        }
        try (CacheFolder cache = CacheFolder.of(Optional.empty())) {
            try (OnnxEmbedder embedder = new OnnxEmbedder(new EmbedSettings(
                    models.folder(),
                    cache.path(),
                    () -> NativeLibraries.prepare(cache.path()),
                    Map.of(),
                    1,
                    Duration.ofDays(1),
                    ModelMemory.of(Long.MAX_VALUE),
                    InstantSource.system()))) {
                out.printf(
                        "model %s works: %d vectors of %d%n",
                        own, embedder.probe(own), model.descriptor().dimension());
            }
        } catch (Unembeddable refused) {
            return failed("model %s refuses the probe: %s".formatted(own, refused.text()));
        }
        return Cli.OK;
    }

    private int remove(String name) {
        // By its folder first: the catalogue does not know a model that is damaged.
        if (store().remove(name)) {
            out.printf("model %s is removed%n", name);
            return Cli.OK;
        }
        String own = known(name).descriptor().name();
        if (!store().remove(own)) {
            return failed("model %s is not in the folder of models".formatted(own));
        }
        out.printf("model %s is removed%n", own);
        return Cli.OK;
    }
}
