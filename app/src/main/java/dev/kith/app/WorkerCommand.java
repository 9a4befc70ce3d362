package dev.kith.app;

import java.net.URI;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** The command {@code worker}: its options, and what they make of a configuration. */
final class WorkerCommand {
    /** Settings of the server that a worker has too. */
    static final List<Setting> SETTINGS = List.of(
            Setting.QUEUE,
            Setting.DATA_DIR,
            Setting.IN_MEMORY,
            Setting.MEMORY,
            Setting.MODELS_DIR,
            Setting.ALIAS,
            Setting.AI_MODEL_IDLE_TIME,
            Setting.ALLOW_FETCH,
            Setting.FETCH_USER_AGENT,
            Setting.LOG_LEVEL,
            Setting.LOG_FILE,
            Setting.LOG_FORMAT);

    private static final String STORE = "--store";
    private static final String KEY = "--key";
    private static final String PREFETCH = "--prefetch";
    private static final String HEALTH_PORT = "--health-port";
    private static final String KEY_VARIABLE = "KITH_KEY";
    /** What the original's workers read. */
    private static final String QUEUE_VARIABLE = "RABBITMQ_URL";

    private static final int PREFETCH_MAX = 256;

    private static final String FOOTER = """

            The queue can be given in KITH_QUEUE or RABBITMQ_URL too. Give --store, or --data-dir for a
            worker that is alone: a folder belongs to one process. When the worker is ready it says so:
            ready queue=PORT, with health=PORT if there is one.""";

    private final Map<String, String> variables;

    WorkerCommand(Map<String, String> variables) {
        this.variables = variables;
    }

    static void addOptions(CommandSpec worker) {
        worker.addOption(
                Cli.text(STORE, "URL", "the Kith server that keeps the images, such as http://127.0.0.1:4213"));
        worker.addOption(Cli.text(KEY, "KEY", "a key of that server, or in KITH_KEY"));
        worker.addOption(Cli.text(PREFETCH, "COUNT", "messages that are worked on at once, 1 to 256 (default: 1)"));
        worker.addOption(Cli.text(HEALTH_PORT, "PORT", "say over HTTP whether the broker is heard (default: nowhere)"));
        worker.usageMessage().footer(FOOTER);
    }

    /** @param flags the settings that the command line names */
    WorkerConfig read(ParseResult parsed, Map<Setting, Given> flags, ConfigReader.Machine machine) {
        Layers layers = new Layers();
        layers.add(flags);
        Map<Setting, Given> environment = Layers.environment(variables);
        environment.keySet().retainAll(SETTINGS);
        layers.add(environment);
        String queue = variables.getOrDefault(QUEUE_VARIABLE, "");
        layers.add(new EnumMap<>(Map.of(Setting.QUEUE, new Given(queue, QUEUE_VARIABLE))));
        List<String> faults = new ArrayList<>(layers.faults());
        Optional<WorkerConfig.Store> store = store(parsed, faults);
        if (!layers.settings().containsKey(Setting.QUEUE)) {
            faults.add("--queue: the address of the broker is missing, such as amqp://guest:guest@127.0.0.1:5672");
        }
        boolean own = layers.settings().containsKey(Setting.DATA_DIR)
                || layers.settings().containsKey(Setting.IN_MEMORY);
        if (store.isPresent() == own && faults.isEmpty()) {
            faults.add("Give either --store, or --data-dir (or --in-memory) for a worker that is alone");
        }
        int prefetch =
                whole(parsed, PREFETCH, new Range(1, PREFETCH_MAX), faults).orElse(1);
        OptionalInt healthPort = whole(parsed, HEALTH_PORT, new Range(0, Config.PORT_MAX), faults);
        Config config = ConfigReader.read(layers.settings(), Defaults.worker(), machine, faults);
        return new WorkerConfig(config, config.queue().orElseThrow(), store, prefetch, healthPort);
    }

    private Optional<WorkerConfig.Store> store(ParseResult parsed, List<String> faults) {
        String url = parsed.matchedOptionValue(STORE, "");
        if (url.isEmpty()) {
            return Optional.empty();
        }
        String key = parsed.matchedOptionValue(KEY, variables.getOrDefault(KEY_VARIABLE, ""));
        if (!url.matches("https?://[^/@?#]+/?")) {
            faults.add("%s: '%s' is not an address such as http://127.0.0.1:4213".formatted(STORE, url));
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new WorkerConfig.Store(URI.create(url), key.isEmpty() ? Optional.empty() : Optional.of(key)));
        } catch (IllegalArgumentException malformed) {
            faults.add("%s: '%s' is not an address such as http://127.0.0.1:4213".formatted(STORE, url));
            return Optional.empty();
        }
    }

    private static OptionalInt whole(ParseResult parsed, String flag, Range range, List<String> faults) {
        String text = parsed.matchedOptionValue(flag, "");
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) < range.min || Integer.parseInt(text) > range.max) {
            faults.add("%s: '%s' is outside %d to %d".formatted(flag, text, range.min, range.max));
            return OptionalInt.empty();
        }
        return OptionalInt.of(Integer.parseInt(text));
    }

    private record Range(int min, int max) {}
}
