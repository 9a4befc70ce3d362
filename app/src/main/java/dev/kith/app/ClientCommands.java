package dev.kith.app;

import dev.kith.shell.Shell;
import dev.kith.shell.language.Agent;
import dev.kith.shell.remote.Endpoint;
import dev.kith.shell.snapshot.Importer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** The commands that speak to a running server: {@code shell} and {@code import}. */
final class ClientCommands {
    private static final String USER_VARIABLE = "KITH_SHELL_USER";
    private static final String KEY_VARIABLE = "KITH_SHELL_KEY";
    private static final String TOKEN_VARIABLE = "KITH_SHELL_TOKEN";
    private static final String HISTORY_FILE = ".kith_history";
    private static final int PORT_DB = 1_369;
    private static final int PORT_AI = 1_370;
    private static final int PORT_MAX = 65_535;

    private static final String SHELL_FOOTER = """

            Key and token can be given in KITH_SHELL_USER, KITH_SHELL_KEY and KITH_SHELL_TOKEN too.
            Ends with 1 on a line that means nothing, without a connection and without input; with 0
            where the server refused single statements, unless --strict. HELP lists the statements.""";

    private static final String IMPORT_FOOTER = """

            The file is read through before anything is written, and a damaged one is refused. Indexes
            are built anew from their settings. What was imported before is written again, so an import
            that was interrupted is repeated. A snapshot of the AI proxy holds no vectors: its stores
            are printed as CREATESTORE statements for kith shell --agent ai, and their vectors are in
            the snapshot of its DB.
            Ends with 0; with 3 when some of the file could not be taken; with 1 when it failed.""";

    private final Map<String, String> variables;
    private final Shell.Streams streams;

    ClientCommands(Map<String, String> variables, Shell.Streams streams) {
        this.variables = variables;
        this.streams = streams;
    }

    int shell(ParseResult parsed) {
        Agent agent = agent(parsed);
        var manner = new Shell.Manner(parsed.hasMatchedOption("--json"), parsed.hasMatchedOption("--strict"));
        return new Shell(endpoint(parsed, agent), agent, manner, streams).run(input(parsed));
    }

    int importAhnlich(ParseResult parsed) {
        Path file = Path.of(parsed.matchedPositionalValue(0, ""));
        var importer = new Importer(endpoint(parsed, Agent.DB), streams.out(), streams.err());
        return importer.run(file, parsed.hasMatchedOption("--check"));
    }

    static void addShell(CommandSpec shell) {
        shell.addOption(Cli.text("--agent", "db|ai", "what listens there (db)"));
        addServer(shell, "1369, with --agent ai 1370");
        shell.addOption(OptionSpec.builder("-c", "--command")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .paramLabel("STATEMENTS")
                .description("run this line and leave; may be repeated")
                .build());
        shell.addOption(OptionSpec.builder("-f", "--file")
                .type(List.class)
                .auxiliaryTypes(Path.class)
                .arity("1")
                .paramLabel("FILE")
                .description("run the lines of this file and leave; may be repeated")
                .build());
        shell.addOption(flag("--no-interactive", "run the lines of standard input, as also without a terminal"));
        shell.addOption(flag("--json", "one line of JSON for each answer"));
        shell.addOption(flag("--strict", "end a script with 1 at the first statement that is refused"));
        shell.usageMessage().footer(SHELL_FOOTER);
    }

    static void addImport(CommandSpec ahnlich) {
        ahnlich.addPositional(PositionalParamSpec.builder()
                .index("0")
                .type(String.class)
                .paramLabel("FILE")
                .required(true)
                .description("a snapshot of Ahnlich's DB, of version 2, 1 or older")
                .build());
        addServer(ahnlich, "1369");
        ahnlich.addOption(flag("--check", "read the file and say what is in it; connect to nothing"));
        ahnlich.usageMessage().footer(IMPORT_FOOTER);
    }

    private static void addServer(CommandSpec command, String ports) {
        command.addOption(Cli.text("--host", "HOST", "where the server is (127.0.0.1); https://HOST means --tls"));
        command.addOption(Cli.text("--port", "PORT", "its port (" + ports + ")"));
        command.addOption(Cli.text("--user", "NAME", "the user whose --key is given"));
        command.addOption(Cli.text("--key", "KEY", "the key of --user"));
        command.addOption(Cli.text("--token", "TOKEN", "a key of Kith's own, instead of user and key"));
        command.addOption(flag("--tls", "speak TLS"));
        command.addOption(Cli.text("--ca", "FILE", "PEM file of who may have signed the server's certificate"));
    }

    private static OptionSpec flag(String name, String description) {
        return OptionSpec.builder(name)
                .type(boolean.class)
                .arity("0")
                .description(description)
                .build();
    }

    private static Agent agent(ParseResult parsed) {
        String name = parsed.matchedOptionValue("--agent", "db");
        return Arrays.stream(Agent.values())
                .filter(agent -> agent.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new ConfigException(List.of("--agent: " + name + " is neither db nor ai")));
    }

    private Endpoint endpoint(ParseResult parsed, Agent agent) {
        String host = parsed.matchedOptionValue("--host", "127.0.0.1").strip();
        String lower = host.toLowerCase(Locale.ROOT);
        boolean https = lower.startsWith("https://");
        if (https || lower.startsWith("http://")) {
            host = host.substring(host.indexOf("//") + 2);
        }
        Optional<Path> authorities = Optional.ofNullable(parsed.matchedOptionValue("--ca", (String) null))
                .map(Path::of);
        boolean secure = https || parsed.hasMatchedOption("--tls") || authorities.isPresent();
        return new Endpoint(host, port(parsed, agent), secure, authorities, bearer(parsed));
    }

    private static int port(ParseResult parsed, Agent agent) {
        String port = parsed.matchedOptionValue("--port", String.valueOf(agent == Agent.DB ? PORT_DB : PORT_AI));
        try {
            int number = Integer.parseInt(port);
            if (number > 0 && number <= PORT_MAX) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Falls through to the same complaint as a number that is no port.
        }
        throw new ConfigException(List.of("--port: " + port + " is not between 1 and " + PORT_MAX));
    }

    private Optional<String> bearer(ParseResult parsed) {
        Optional<String> user = credential(parsed, "--user", USER_VARIABLE);
        Optional<String> key = credential(parsed, "--key", KEY_VARIABLE);
        Optional<String> token = credential(parsed, "--token", TOKEN_VARIABLE);
        if (user.isPresent() != key.isPresent()) {
            throw new ConfigException(List.of("--user and --key go together"));
        }
        if (user.isPresent() && token.isPresent()) {
            throw new ConfigException(List.of("--token is instead of --user and --key"));
        }
        return token.or(() -> user.map(name -> name + ":" + key.orElseThrow()));
    }

    private Optional<String> credential(ParseResult parsed, String option, String variable) {
        String value = parsed.matchedOptionValue(option, variables.getOrDefault(variable, ""));
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    private Shell.Input input(ParseResult parsed) {
        List<String> lines = parsed.matchedOptionValue("--command", List.of());
        List<Path> files = parsed.matchedOptionValue("--file", List.of());
        if (!lines.isEmpty() && !files.isEmpty()) {
            throw new ConfigException(List.of("-c and -f do not go together"));
        }
        if (!lines.isEmpty()) {
            return new Shell.Input.Given(lines);
        }
        if (!files.isEmpty()) {
            return new Shell.Input.Scripts(files);
        }
        if (parsed.hasMatchedOption("--no-interactive")) {
            return new Shell.Input.Piped();
        }
        return new Shell.Input.Anyone(
                Path.of(variables.getOrDefault("HOME", ".")).resolve(HISTORY_FILE));
    }
}
