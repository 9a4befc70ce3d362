package dev.kith.app;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The options of the original {@code ahnlich-db run}, each with the setting that keeps what it promises. Kith is
 * durable with every write, so what tunes snapshots has nothing left to tune; docs/formats/ahnlich-wire.md says so.
 */
enum AhnlichOption {
    HOST(Setting.BIND, "--host", "ADDRESS", "address to listen on (default: 127.0.0.1)"),
    PORT(Setting.AHNLICH_DB_PORT, "--port", "PORT", "port to listen on; 0 takes any free one (default: 1369)"),
    PERSIST_LOCATION(
            Setting.DATA_DIR,
            "--persist-location",
            "FILE",
            "keep the data, in the folder FILE.kith; every acknowledged write is on the disk"),
    ENABLE_PERSISTENCE(
            Setting.DATA_DIR,
            "--enable-persistence",
            "",
            "keep the data, in the folder ahnlich-db.kith unless --persist-location names another"),
    PERSISTENCE_INTERVAL("--persistence-interval", "MILLISECONDS", "kept at any number: no write waits for a snapshot"),
    FAIL_ON_LOAD(
            "--fail-on-startup-if-persist-load-fails", "", "always so: damaged data is never taken for an empty store"),
    ENABLE_MMAP("--enable-mmap", "", "accepted; how data is loaded is not to be chosen"),
    ALLOCATOR_SIZE(Setting.MEMORY, "--allocator-size", "BYTES", "memory budget (default: 75%% of the machine's)"),
    MESSAGE_SIZE(Setting.AHNLICH_MESSAGE_SIZE, "--message-size", "BYTES", "largest request (default: 10048576)"),
    MAXIMUM_CLIENTS(Setting.AHNLICH_MAXIMUM_CLIENTS, "--maximum-clients", "COUNT", "connections (default: 512)"),
    THREADPOOL_SIZE("--threadpool-size", "COUNT", "accepted; computations use every core"),
    PARALLEL_CONCURRENCY(
            "--parallel-concurrency-threshold", "COUNT", "accepted; searches share the cores by themselves"),
    PARALLEL_BATCH("--parallel-batch-threshold", "COUNT", "accepted; likewise"),
    SIZE_CALCULATION("--size-calculation-interval", "MILLISECONDS", "accepted; sizes are reckoned when asked for"),
    OTEL_ENDPOINT(
            Setting.OTEL_ENDPOINT, "--otel-endpoint", "URL", "with --enable-tracing (default: http://127.0.0.1:4317)"),
    ENABLE_TRACING(Setting.OTEL_ENDPOINT, "--enable-tracing", "", "send a span for each call, by OTLP over gRPC"),
    LOG_LEVEL(Setting.LOG_LEVEL, "--log-level", "FILTER", "error, warn, info, debug or trace (default: info)"),
    ENABLE_AUTH(Setting.ENABLE_AUTH, "--enable-auth", "", "demand a user and a key"),
    AUTH_CONFIG(Setting.AHNLICH_USERS, "--auth-config", "FILE", "TOML file of users; with --enable-auth"),
    TLS_CERT(Setting.TLS_CERT, "--tls-cert", "FILE", "PEM certificates, with or without authentication"),
    TLS_KEY(Setting.TLS_KEY, "--tls-key", "FILE", "PEM private key");

    /** Options of the original's cluster, which would promise copies that nobody makes. */
    static final List<String> CLUSTER = List.of(
            "--cluster-addr",
            "--cluster-bootstrap",
            "--cluster-join",
            "--cluster-storage",
            "--cluster-data-dir",
            "--cluster-snapshot-logs",
            "--cluster-snapshot-interval");

    private static final String FOLDER_SUFFIX = ".kith";
    private static final String FOLDER_DEFAULT = "ahnlich-db";
    private static final String COLLECTOR_DEFAULT = "http://127.0.0.1:4317";

    private final @Nullable Setting setting;
    private final String flag;
    private final String value;
    private final String description;

    AhnlichOption(String flag, String value, String description) {
        this(null, flag, value, description);
    }

    /** @param setting empty: the option has nothing to set */
    AhnlichOption(@Nullable Setting setting, String flag, String value, String description) {
        this.setting = setting;
        this.flag = flag;
        this.value = value;
        this.description = description;
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
     * The layer of these options.
     *
     * @param isGiven whether an option was given
     * @param valueOf its value; empty for a switch
     */
    static Map<Setting, Given> layer(Predicate<String> isGiven, UnaryOperator<String> valueOf) {
        Map<Setting, Given> layer = new EnumMap<>(Setting.class);
        for (AhnlichOption option : values()) {
            boolean counts = option != OTEL_ENDPOINT || isGiven.test(ENABLE_TRACING.flag);
            if (option.setting != null && counts && isGiven.test(option.flag)) {
                // The location comes before the switch, and is stronger; so does the endpoint.
                layer.putIfAbsent(option.setting, new Given(option.text(valueOf.apply(option.flag)), option.flag));
            }
        }
        return layer;
    }

    private String text(String given) {
        return switch (this) {
            case PERSIST_LOCATION -> given + FOLDER_SUFFIX;
            case ENABLE_PERSISTENCE -> FOLDER_DEFAULT + FOLDER_SUFFIX;
            case ENABLE_TRACING -> COLLECTOR_DEFAULT;
            case LOG_LEVEL -> level(given);
            default -> value.isEmpty() ? "true" : given;
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
    static Optional<String> unreadSnapshot(String location) {
        Path file = Path.of(location);
        boolean unread = Files.isRegularFile(file)
                && file.toFile().length() > 0
                && !Files.isDirectory(Path.of(location + FOLDER_SUFFIX));
        return unread
                ? Optional.of(("%s: %s is a snapshot of the original server; import it first: start"
                                + " kith serve --data-dir %s and run kith import ahnlich %s")
                        .formatted(PERSIST_LOCATION.flag, location, location + FOLDER_SUFFIX, location))
                : Optional.empty();
    }
}
