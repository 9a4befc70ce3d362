package dev.kith.app;

import dev.kith.shell.idios.Exporter;
import dev.kith.shell.idios.Restorer;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** The commands that carry image collections between servers and files: {@code export idios}, {@code import idios}. */
final class IdiosCommands {
    private static final String BATCH = "--batch";
    private static final String KEY = "--key";
    private static final String KEY_VARIABLE = "KITH_KEY";
    private static final String URL = "a model of a running server, such as http://127.0.0.1:4213/models/vit_b32";

    private static final String EXPORT_FOOTER = """

            Writes PREFIX_00000001.json and so on, each a page of entries, and makes the folder. When
            such files are there it goes on after the last whole one. Ends with 1 when it failed.""";

    private static final String IMPORT_FOOTER = """

            What was sent is noted in the file .kith-import-idios beside the first FILE. A file that is noted there,
            has not changed and is still in the server is passed over. Ends with 1 when it failed.""";

    private final Map<String, String> variables;
    private final PrintStream err;

    IdiosCommands(Map<String, String> variables, PrintStream err) {
        this.variables = variables;
        this.err = err;
    }

    int exportFrom(ParseResult parsed) {
        String batch = parsed.matchedOptionValue(BATCH, String.valueOf(Exporter.BATCH_DEFAULT));
        if (!batch.matches("\\d{1,5}") || Integer.parseInt(batch) < 1 || Integer.parseInt(batch) > Exporter.BATCH_MAX) {
            throw new ConfigException(
                    List.of("%s: '%s' is outside 1 to %d".formatted(BATCH, batch, Exporter.BATCH_MAX)));
        }
        String url = parsed.matchedPositionalValue(0, "");
        try {
            return new Exporter(url, key(parsed), err)
                    .run(parsed.matchedPositionalValue(1, ""), Integer.parseInt(batch));
        } catch (IllegalArgumentException malformed) {
            throw new ConfigException(List.of("URL: '%s' %s".formatted(url, malformed.getMessage())));
        }
    }

    int importInto(ParseResult parsed) {
        String url = parsed.matchedPositionalValue(0, "");
        List<Path> files = parsed.matchedPositionalValue(1, List.of());
        try {
            return new Restorer(url, key(parsed), err).run(files);
        } catch (IllegalArgumentException malformed) {
            throw new ConfigException(List.of("URL: '%s' %s".formatted(url, malformed.getMessage())));
        }
    }

    private Optional<String> key(ParseResult parsed) {
        String key = parsed.matchedOptionValue(KEY, variables.getOrDefault(KEY_VARIABLE, ""));
        return key.isEmpty() ? Optional.empty() : Optional.of(key);
    }

    static void addExport(CommandSpec command) {
        addUrl(command);
        command.addPositional(PositionalParamSpec.builder()
                .index("1")
                .type(String.class)
                .paramLabel("PREFIX")
                .required(true)
                .description("how the files' names begin, with their folder")
                .build());
        command.addOption(OptionSpec.builder(BATCH)
                .type(String.class)
                .arity("1")
                .paramLabel("N")
                .description("entries a file, 1 to 16384 (1000)")
                .build());
        command.usageMessage().footer(EXPORT_FOOTER);
    }

    static void addImport(CommandSpec command) {
        addUrl(command);
        command.addPositional(PositionalParamSpec.builder()
                .index("1..*")
                .type(List.class)
                .auxiliaryTypes(Path.class)
                .arity("1..*")
                .paramLabel("FILE")
                .required(true)
                .description("files of entries, of ours or of the original's dump.py")
                .build());
        command.usageMessage().footer(IMPORT_FOOTER);
    }

    private static void addUrl(CommandSpec command) {
        command.addPositional(PositionalParamSpec.builder()
                .index("0")
                .type(String.class)
                .paramLabel("URL")
                .required(true)
                .description(URL)
                .build());
        command.addOption(OptionSpec.builder(KEY)
                .type(String.class)
                .arity("1")
                .paramLabel("KEY")
                .description("a key of Kith's, or in KITH_KEY")
                .build());
    }
}
