package dev.kith.app;

import dev.kith.shell.Shell;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command line: says what there is, turns what was typed into a configuration, and starts the server with it. */
final class Cli {
    /** All went well. */
    static final int OK = 0;
    /** The server could not start. */
    static final int FAILED = 1;
    /** The command line or the configuration is wrong. */
    static final int USAGE = 2;

    private static final String CONFIG = "--config";
    private static final String CONFIG_VARIABLE = "KITH_CONFIG";

    /**
     * What the process was given besides its arguments.
     *
     * @param start runs a server until it is told to stop, and answers the exit code
     * @param work the same for a worker
     */
    record Surroundings(
            Map<String, String> variables,
            ConfigReader.Machine machine,
            PrintStream out,
            PrintStream err,
            ToIntFunction<Config> start,
            ToIntFunction<WorkerConfig> work) {}

    private final Surroundings surroundings;

    Cli(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /** Does what the arguments say; answers the exit code. */
    int run(String... arguments) {
        CommandLine line = new CommandLine(kith());
        try {
            return run(line.parseArgs(arguments));
        } catch (ParameterException wrong) {
            surroundings.err().println("kith: " + wrong.getMessage() + " (see --help)");
            return USAGE;
        } catch (ConfigException wrong) {
            wrong.faults().forEach(fault -> surroundings.err().println("kith: " + fault));
            return USAGE;
        }
    }

    private int run(ParseResult parsed) {
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        CommandSpec command = last.commandSpec();
        if (last.isUsageHelpRequested()) {
            command.commandLine().usage(surroundings.out());
            return OK;
        }
        if (last.isVersionHelpRequested()) {
            command.commandLine().printVersionHelp(surroundings.out());
            return OK;
        }
        return switch (command.qualifiedName()) {
            case "kith serve" -> serve(last);
            case "kith worker" -> work(last);
            case "kith faissx run" -> faissx(last);
            case "kith ahnlich-db run" -> ahnlich(AhnlichOption.Server.DB, Door.AHNLICH_DB, last);
            case "kith ahnlich-ai run" -> ahnlich(AhnlichOption.Server.AI, Door.AHNLICH_AI, last);
            case "kith ahnlich-ai " + SupportedModels.COMMAND -> SupportedModels.run(last, surroundings.out());
            case "kith shell" -> clients().shell(last);
            case "kith import ahnlich" -> clients().importAhnlich(last);
            case "kith import idios" -> idios().importInto(last);
            case "kith export idios" -> idios().exportFrom(last);
            case "kith models list", "kith models pull", "kith models add", "kith models check", "kith models remove" ->
                new ModelCommands(config(last, Defaults.serve()).models(), surroundings).run(command.name(), last);
            case "kith version" -> {
                surroundings.out().println("kith " + Version.text());
                yield OK;
            }
            default -> {
                command.commandLine().usage(surroundings.out());
                yield OK;
            }
        };
    }

    private ClientCommands clients() {
        // What a store holds is printed whole, whatever the machine's locale can write.
        var streams = new Shell.Streams(
                System.in,
                new PrintStream(surroundings.out(), true, StandardCharsets.UTF_8),
                new PrintStream(surroundings.err(), true, StandardCharsets.UTF_8));
        return new ClientCommands(surroundings.variables(), streams);
    }

    private IdiosCommands idios() {
        return new IdiosCommands(surroundings.variables(), surroundings.err());
    }

    private int serve(ParseResult parsed) {
        return surroundings.start().applyAsInt(config(parsed, Defaults.serve()));
    }

    private int work(ParseResult parsed) {
        Map<Setting, Given> flags = new EnumMap<>(Setting.class);
        WorkerCommand.SETTINGS.forEach(setting -> addFlag(flags, parsed, setting, setting.flag()));
        WorkerConfig config = new WorkerCommand(surroundings.variables()).read(parsed, flags, surroundings.machine());
        return surroundings.work().applyAsInt(config);
    }

    /** What flags, variables and file say together. */
    private Config config(ParseResult parsed, Defaults defaults) {
        Map<Setting, Given> flags = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            addFlag(flags, parsed, setting, setting.flag());
        }
        Layers layers = new Layers();
        layers.add(flags);
        layers.add(Layers.environment(surroundings.variables()));
        String file = parsed.matchedOptionValue(CONFIG, surroundings.variables().getOrDefault(CONFIG_VARIABLE, ""));
        if (!file.isEmpty()) {
            layers.addFile(Path.of(file));
        }
        return ConfigReader.read(layers.settings(), defaults, surroundings.machine(), layers.faults());
    }

    private int faissx(ParseResult parsed) {
        Map<Setting, Given> flags = new EnumMap<>(Setting.class);
        for (FaissxOption option : FaissxOption.values()) {
            addFlag(flags, parsed, option.setting(), option.flag());
        }
        Layers layers = new Layers();
        layers.add(flags);
        layers.add(FaissxOption.environment(surroundings.variables()));
        return start(layers, Defaults.faissx());
    }

    private int ahnlich(AhnlichOption.Server server, Door door, ParseResult parsed) {
        var line = new AhnlichOption.Line(
                server, parsed::hasMatchedOption, flag -> String.valueOf(parsed.<Object>matchedOptionValue(flag, "")));
        List<String> faults = AhnlichOption.faults(line);
        if (!faults.isEmpty()) {
            throw new ConfigException(faults);
        }
        Layers layers = new Layers();
        layers.add(AhnlichOption.layer(line));
        Config config =
                ConfigReader.read(layers.settings(), Defaults.ahnlich(door), surroundings.machine(), layers.faults());
        return surroundings.start().applyAsInt(config.with(AhnlichOption.notes(line)));
    }

    private int start(Layers layers, Defaults defaults) {
        Config config = ConfigReader.read(layers.settings(), defaults, surroundings.machine(), layers.faults());
        return surroundings.start().applyAsInt(config);
    }

    private static void addFlag(Map<Setting, Given> flags, ParseResult parsed, Setting setting, String flag) {
        if (parsed.hasMatchedOption(flag)) {
            Object given = parsed.matchedOptionValue(flag, "");
            String value = setting.isSwitch() ? "true" : joined(given);
            flags.put(setting, new Given(value, flag));
        }
    }

    /** A flag that may be repeated means a list. */
    private static String joined(Object given) {
        return given instanceof List<?> values
                ? String.join(",", values.stream().map(String::valueOf).toList())
                : String.valueOf(given);
    }

    private static CommandSpec kith() {
        CommandSpec serve = command("serve", "Start the server");
        serve.addOption(configuration());
        for (Setting setting : Setting.values()) {
            serve.addOption(setting == Setting.ALIAS ? repeatable(setting) : option(setting));
        }
        CommandSpec worker = command("worker", "Do the work on images that a queue brings");
        WorkerCommand.SETTINGS.forEach(
                setting -> worker.addOption(option(setting.flag(), setting.value(), setting.description())));
        WorkerCommand.addOptions(worker);
        CommandSpec run = command("run", "Start the FAISSx door alone, with the original's options and variables");
        for (FaissxOption option : FaissxOption.values()) {
            run.addOption(option(option.flag(), option.setting().value(), option.description()));
        }
        CommandSpec faissx = command("faissx", "The FAISSx server's own command line");
        faissx.version("FAISSx server of Kith " + Version.text());
        faissx.addOption(OptionSpec.builder("--version")
                .versionHelp(true)
                .description("show the version")
                .build());
        faissx.addSubcommand("run", run);
        CommandSpec shell = command("shell", "Speak to a running server in Ahnlich's text language");
        ClientCommands.addShell(shell);
        CommandSpec ahnlich = command("ahnlich", "Import a snapshot file of Ahnlich's into a running server");
        ClientCommands.addImport(ahnlich);
        CommandSpec imports = command("import", "Import what another server stored");
        imports.addSubcommand("ahnlich", ahnlich);
        CommandSpec intoIdios = command("idios", "Restore a dump of Idios into a running server");
        IdiosCommands.addImport(intoIdios);
        imports.addSubcommand("idios", intoIdios);
        CommandSpec fromIdios = command("idios", "Dump an image collection of a running server into files");
        IdiosCommands.addExport(fromIdios);
        CommandSpec exports = command("export", "Export what a running server stores");
        exports.addSubcommand("idios", fromIdios);
        CommandSpec kith = command("kith", "A similarity-search server");
        for (AhnlichOption.Server server : AhnlichOption.Server.values()) {
            kith.addSubcommand(server.label(), ahnlich(server));
        }
        kith.addSubcommand("serve", serve);
        kith.addSubcommand("worker", worker);
        kith.addSubcommand("faissx", faissx);
        kith.addSubcommand("shell", shell);
        kith.addSubcommand("import", imports);
        kith.addSubcommand("export", exports);
        kith.addSubcommand("models", ModelCommands.spec(Cli::withFolders));
        kith.addSubcommand("version", command("version", "Show the version"));
        return kith;
    }

    private static CommandSpec ahnlich(AhnlichOption.Server server) {
        CommandSpec run = command("run", "Start that door alone, with the original's options");
        for (AhnlichOption option : AhnlichOption.of(server)) {
            run.addOption(option(option.flag(), option.value(), option.description()));
        }
        if (server == AhnlichOption.Server.AI) {
            run.addOption(option(AhnlichOption.SESSION_PROFILING, "", "refused: profiles are not written"));
        } else {
            for (String flag : AhnlichOption.CLUSTER) {
                String value = flag.endsWith("-bootstrap") ? "" : "VALUE";
                run.addOption(option(flag, value, "refused: Kith runs no cluster of its own"));
            }
        }
        CommandSpec command = command(server.label(), "The Ahnlich %s server's own command line".formatted(server));
        command.addSubcommand("run", run);
        if (server == AhnlichOption.Server.AI) {
            command.addSubcommand(SupportedModels.COMMAND, SupportedModels.spec());
        }
        return command;
    }

    private static OptionSpec configuration() {
        return OptionSpec.builder(CONFIG)
                .type(String.class)
                .paramLabel("FILE")
                .description("YAML file with the same settings; flags and KITH_... variables are stronger")
                .build();
    }

    /** Adds the options that say where data and models are. */
    private static CommandSpec withFolders(CommandSpec command) {
        command.addOption(configuration());
        command.addOption(option(Setting.DATA_DIR));
        command.addOption(option(Setting.MODELS_DIR));
        return command;
    }

    /** An option with one value, as text. */
    static OptionSpec text(String flag, String label, String description) {
        return OptionSpec.builder(flag)
                .type(String.class)
                .arity("1")
                .paramLabel(label)
                .description(description)
                .build();
    }

    static CommandSpec command(String name, String description) {
        CommandSpec spec = CommandSpec.create().name(name);
        spec.usageMessage().description(description + ".").sortOptions(false);
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("show this help")
                .build());
        return spec;
    }

    private static OptionSpec option(Setting setting) {
        return option(setting.flag(), setting.value(), setting.description());
    }

    private static OptionSpec repeatable(Setting setting) {
        return OptionSpec.builder(setting.flag())
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .paramLabel(setting.value())
                .description(setting.description() + "; may be repeated")
                .build();
    }

    /** @param value what the value is, as help shows it; empty: a switch */
    private static OptionSpec option(String flag, String value, String description) {
        OptionSpec.Builder option = OptionSpec.builder(flag).description(description);
        if (value.isEmpty()) {
            return option.type(boolean.class).arity("0").build();
        }
        return option.type(String.class).arity("1").paramLabel(value).build();
    }
}
