package dev.kith.app;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The options of the originals' {@code ahnlich-db run} and {@code ahnlich-ai run}, each with the setting that keeps
 * what it promises. Kith is durable with every write, so what tunes snapshots has nothing left to tune;
 * docs/formats/ahnlich-wire.md says so.
 */
enum AhnlichOption {
    HOST(Setting.BIND, "--host", "ADDRESS", "address to listen on (default: 127.0.0.1)"),
    PORT("--port", "PORT", "port to listen on; 0 takes any free one (default: 1369; AI: 1370)"),
    PERSIST_LOCATION(
            Setting.DATA_DIR,
            "--persist-location",
            "FILE",
            "keep the data, in the folder FILE.kith; every acknowledged write is on the disk"),
    ENABLE_PERSISTENCE(
            Setting.DATA_DIR,
            "--enable-persistence",
            "",
            "keep the data, in the folder ahnlich-db.kith (ahnlich-ai.kith) unless --persist-location names another"),
    PERSISTENCE_INTERVAL("--persistence-interval", "MILLISECONDS", "kept at any number: no write waits for a snapshot"),
    FAIL_ON_LOAD(
            "--fail-on-startup-if-persist-load-fails", "", "always so: damaged data is never taken for an empty store"),
    ENABLE_MMAP("--enable-mmap", "", "without effect: vectors that the budget has no room for are always mapped"),
    ALLOCATOR_SIZE(Setting.MEMORY, "--allocator-size", "BYTES", "memory budget (default: 75%% of the machine's)"),
    MESSAGE_SIZE(Setting.AHNLICH_MESSAGE_SIZE, "--message-size", "BYTES", "largest request (default: 10048576)"),
    MAXIMUM_CLIENTS(Setting.AHNLICH_MAXIMUM_CLIENTS, "--maximum-clients", "COUNT", "connections (default: 512)"),
    THREADPOOL_SIZE(
            Setting.THREADS,
            "--threadpool-size",
            "COUNT",
            "threads of each pool that computes: searches, models, indexes (default: as many as cores)"),
    PARALLEL_CONCURRENCY(
            "--parallel-concurrency-threshold",
            "COUNT",
            "without effect: large searches are cut into slices that take turns, however many there are"),
    PARALLEL_BATCH(
            "--parallel-batch-threshold",
            "COUNT",
            "without effect: a search is cut from the size on where that pays, which is measured and fixed"),
    SIZE_CALCULATION(
            "--size-calculation-interval", "MILLISECONDS", "without effect: sizes are reckoned when asked for"),
    OTEL_ENDPOINT(
            Setting.OTEL_ENDPOINT, "--otel-endpoint", "URL", "with --enable-tracing (default: http://127.0.0.1:4317)"),
    ENABLE_TRACING(Setting.OTEL_ENDPOINT, "--enable-tracing", "", "send a span for each call, by OTLP over gRPC"),
    LOG_LEVEL(Setting.LOG_LEVEL, "--log-level", "FILTER", "error, warn, info, debug or trace (default: info)"),
    ENABLE_AUTH(Setting.ENABLE_AUTH, "--enable-auth", "", "demand a user and a key"),
    AUTH_CONFIG(Setting.AHNLICH_USERS, "--auth-config", "FILE", "TOML file of users; with --enable-auth"),
    TLS_CERT(Setting.TLS_CERT, "--tls-cert", "FILE", "PEM certificates, with or without authentication"),
    TLS_KEY(Setting.TLS_KEY, "--tls-key", "FILE", "PEM private key"),
    WITHOUT_DB("--without-db", "", "use no database: only conversions, without stores"),
    DB_HOST("--db-host", "HOST", "where the database is (default: 127.0.0.1)"),
    DB_PORT("--db-port", "PORT", "its port (default: 1369); it must be up"),
    DB_HTTPS(Setting.AHNLICH_AI_DB_TLS, "--db-https", "", "speak TLS to the database"),
    DB_USER(Setting.AHNLICH_AI_DB_USER, "--db-auth-username", "NAME", "the user it knows us by"),
    DB_KEY(Setting.AHNLICH_AI_DB_KEY, "--db-auth-key", "KEY", "the key of that user"),
    DB_POOL(
            Setting.AHNLICH_AI_DB_CONNECTIONS,
            "--db-client-pool-size",
            "COUNT",
            "connections to the database (default: 10)"),
    SUPPORTED_MODELS(
            Setting.AHNLICH_AI_MODELS,
            "--supported-models",
            "NAME,...",
            "models that may be used; each must be installed (default: all that are)"),
    MODEL_IDLE(
            Setting.AI_MODEL_IDLE_TIME,
            "--ai-model-idle-time",
            "SECONDS",
            "unload a model that nobody used for so long (default: 300)"),
    MODEL_CACHE(Setting.MODELS_DIR, "--model-cache-location", "DIR", "folder of installed models"),
    ENABLE_STREAMING("--enable-streaming", "", "without effect: images are always decoded in bounded memory");

    /** The two original servers. */
    enum Server {
        DB(Setting.AHNLICH_DB_PORT, "ahnlich-db"),
        AI(Setting.AHNLICH_AI_PORT, "ahnlich-ai");

        private final Setting port;
        private final String label;

        Server(Setting port, String label) {
            this.port = port;
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    /** Options of the original's cluster, which would promise copies that nobody makes. */
    static final List<String> CLUSTER = List.of(
            "--cluster-addr",
            "--cluster-bootstrap",
            "--cluster-join",
            "--cluster-storage",
            "--cluster-data-dir",
            "--cluster-snapshot-logs",
            "--cluster-snapshot-interval");

    /** The original writes a profile of its model runtime; we write none, so we promise none. */
    static final String SESSION_PROFILING = "--session-profiling";

    /** Accepted, so that command lines need not be changed, and said to do nothing. */
    private static final Set<AhnlichOption> WITHOUT_EFFECT =
            EnumSet.of(ENABLE_MMAP, PARALLEL_CONCURRENCY, PARALLEL_BATCH, SIZE_CALCULATION, ENABLE_STREAMING);

    private static final Set<AhnlichOption> OF_AI_ALONE = EnumSet.range(WITHOUT_DB, ENABLE_STREAMING);

    private static final String FOLDER_SUFFIX = ".kith";
    private static final String COLLECTOR_DEFAULT = "http://127.0.0.1:4317";

    private final @Nullable Setting setting;
    private final String flag;
    private final String value;
    private final String description;

    /** With nothing to set of its own. */
    AhnlichOption(String flag, String value, String description) {
        this(null, flag, value, description);
    }

    /** @param setting empty: the option has nothing to set of its own */
    AhnlichOption(@Nullable Setting setting, String flag, String value, String description) {
        this.setting = setting;
        this.flag = flag;
        this.value = value;
        this.description = description;
    }

    private boolean isOf(Server server) {
        return server == Server.AI || !OF_AI_ALONE.contains(this);
    }

    /** The options of one server. */
    static List<AhnlichOption> of(Server server) {
        return Arrays.stream(values()).filter(option -> option.isOf(server)).toList();
    }

    String flag() {
        return flag;
    }

    String value() {
        return value;
    }

    String description() {
        return description;
    }

    /**
     * What was given on a command line.
     *
     * @param isGiven whether an option was given
     * @param valueOf its value; empty for a switch
     */
    record Line(Server server, Predicate<String> isGiven, UnaryOperator<String> valueOf) {
        boolean has(AhnlichOption option) {
            return isGiven.test(option.flag);
        }

        String text(AhnlichOption option) {
            return valueOf.apply(option.flag);
        }
    }

    /** The layer of settings that a command line means. */
    static Map<Setting, Given> layer(Line line) {
        Map<Setting, Given> layer = new EnumMap<>(Setting.class);
        for (AhnlichOption option : of(line.server())) {
            boolean counts = option != OTEL_ENDPOINT || line.has(ENABLE_TRACING);
            if (option.setting != null && counts && line.has(option)) {
                // The location comes before the switch, and is stronger; so does the endpoint.
                layer.putIfAbsent(option.setting, new Given(option.text(line), option.flag));
            }
        }
        if (line.has(PORT)) {
            layer.put(line.server().port, new Given(line.text(PORT), PORT.flag));
        }
        if (line.server() == Server.AI) {
            layer.put(Setting.AHNLICH_AI_DB, database(line));
        }
        return layer;
    }

    /** The original speaks to a database at the usual address unless it is told otherwise. */
    private static Given database(Line line) {
        if (line.has(WITHOUT_DB)) {
            return new Given("none", WITHOUT_DB.flag);
        }
        String host = line.has(DB_HOST) ? line.text(DB_HOST) : "127.0.0.1";
        String port = line.has(DB_PORT) ? line.text(DB_PORT) : String.valueOf(Defaults.PORTS.ahnlichDb());
        return new Given(host + ":" + port, DB_HOST.flag);
    }

    /** What of a command line does nothing, for the log. */
    static List<String> notes(Line line) {
        return of(line.server()).stream()
                .filter(option -> WITHOUT_EFFECT.contains(option) && line.has(option))
                .map(option -> "%s is %s".formatted(option.flag, option.description))
                .toList();
    }

    /** What of a command line cannot be done. */
    static List<String> faults(Line line) {
        List<String> faults = new ArrayList<>();
        CLUSTER.stream()
                .filter(line.isGiven())
                .map(flag -> flag + ": Kith runs no cluster of its own")
                .forEach(faults::add);
        if (line.isGiven().test(SESSION_PROFILING)) {
            faults.add(SESSION_PROFILING + ": profiles of the model runtime are not written");
        }
        if (line.has(WITHOUT_DB)) {
            List.of(DB_HOST, DB_PORT, DB_HTTPS, DB_USER, DB_KEY, DB_POOL).stream()
                    .filter(line::has)
                    .forEach(option ->
                            faults.add("%s and %s exclude each other".formatted(WITHOUT_DB.flag, option.flag)));
        }
        if (line.has(PERSIST_LOCATION)) {
            unreadSnapshot(line).ifPresent(faults::add);
        }
        return faults;
    }

    private String text(Line line) {
        return switch (this) {
            case PERSIST_LOCATION -> line.text(this) + FOLDER_SUFFIX;
            case ENABLE_PERSISTENCE -> line.server().label + FOLDER_SUFFIX;
            case ENABLE_TRACING -> COLLECTOR_DEFAULT;
            case LOG_LEVEL -> level(line.text(this));
            default -> value.isEmpty() ? "true" : line.text(this);
        };
    }

    /** The level of everything, out of a filter such as {@code info,hf_hub=warn}. */
    private static String level(String filter) {
        for (String directive : filter.split(",", -1)) {
            switch (directive.strip()) {
                case "off" -> {
                    return Config.Logging.Level.CRITICAL.name();
                }
                case "error" -> {
                    return Config.Logging.Level.ERROR.name();
                }
                case "warn" -> {
                    return Config.Logging.Level.WARNING.name();
                }
                case "debug", "trace" -> {
                    return Config.Logging.Level.DEBUG.name();
                }
                default -> {
                    // A directive for one of the original's modules, which are not here.
                }
            }
        }
        return Config.Logging.Level.INFO.name();
    }

    /**
     * Why the data of a location cannot be served as it is: there is a snapshot of the original, and it is not imported
     * yet. To begin with an empty store beside it would look like a loss.
     */
    private static Optional<String> unreadSnapshot(Line line) {
        String location = line.text(PERSIST_LOCATION);
        Path file = Path.of(location);
        boolean unread = Files.isRegularFile(file)
                && file.toFile().length() > 0
                && !Files.isDirectory(Path.of(location + FOLDER_SUFFIX));
        if (!unread) {
            return Optional.empty();
        }
        String folder = location + FOLDER_SUFFIX;
        String how = line.server() == Server.DB
                ? "start kith serve --data-dir %s and run kith import ahnlich %s".formatted(folder, location)
                : ("start kith serve --doors ahnlich-ai --data-dir %s with --ahnlich-ai-db HOST:PORT, and give what"
                                + " kith import ahnlich %s prints to kith shell --agent ai")
                        .formatted(folder, location);
        return Optional.of("%s: %s is a snapshot of the original server; import it first: %s"
                .formatted(PERSIST_LOCATION.flag, location, how));
    }
}
