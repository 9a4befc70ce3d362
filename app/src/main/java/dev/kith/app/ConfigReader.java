package dev.kith.app;

import com.sun.management.OperatingSystemMXBean;
import dev.kith.doors.ahnlich.Users;
import dev.kith.doors.grpc.GrpcLimits;
import dev.kith.doors.grpc.Tls;
import dev.kith.fetch.Cidr;
import dev.kith.images.amqp.Broker;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** Makes a checked configuration from what was given, and reports all faults together. Used once, by one thread. */
final class ConfigReader {
    private static final Set<String> YES = Set.of("1", "true", "yes", "on");
    /** Connections of one door: as many files as a process may usually have open. */
    private static final int CLIENTS_MAX = 65_536;
    /** More than any machine of today has cores. */
    private static final int THREADS_MAX = 1_024;

    /** A day: longer is as good as for ever. */
    private static final int IDLE_SECONDS_MAX = 86_400;

    private static final int USER_AGENT_CHARS_MAX = 256;

    /** Of a host name: the most that DNS carries. */
    private static final int HOST_CHARS_MAX = 253;

    private static final String HOST_NAME = "[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?";

    private static final String MODEL_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

    private static final Set<String> NO = Set.of("0", "false", "no", "off");

    /**
     * The machine that the configuration is for.
     *
     * @param home what {@code ~} stands for
     * @param memoryBytes its memory, or what its container may use
     */
    record Machine(Path home, long memoryBytes) {
        /** The machine that this process runs on. */
        static Machine present() {
            var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Machine(Path.of(System.getProperty("user.home", "")), system.getTotalMemorySize());
        }
    }

    private final Map<Setting, Given> given;
    private final Defaults defaults;
    private final Machine machine;
    private final List<String> faults;
    private final List<String> warnings = new ArrayList<>();

    private ConfigReader(Map<Setting, Given> given, Defaults defaults, Machine machine, List<String> faults) {
        this.given = given;
        this.defaults = defaults;
        this.machine = machine;
        this.faults = new ArrayList<>(faults);
    }

    /**
     * Reads the settings.
     *
     * @param faults those found already while the layers were collected
     * @throws ConfigException with these and all further faults
     */
    static Config read(Map<Setting, Given> given, Defaults defaults, Machine machine, List<String> faults) {
        ConfigReader reader = new ConfigReader(given, defaults, machine, faults);
        Config config = reader.config();
        if (!reader.faults.isEmpty()) {
            throw new ConfigException(reader.faults);
        }
        return config;
    }

    private Config config() {
        Config.Auth auth = auth();
        Config.Network network = network(auth);
        long memory = take(Setting.MEMORY, text -> Sizes.memory(text, machine.memoryBytes()), (long)
                (machine.memoryBytes() / 100.0 * Defaults.MEMORY_PERCENT));
        int threads = take(
                Setting.THREADS,
                text -> whole(text, THREADS_MAX),
                Runtime.getRuntime().availableProcessors());
        long checkpointLog = take(Setting.CHECKPOINT_LOG, Sizes::log, Sizes.LOG_DEFAULT);
        Optional<Path> data = data();
        return new Config(
                data,
                network,
                auth,
                grpc(),
                models(data),
                proxy(auth, network),
                memory,
                threads,
                checkpointLog,
                fetching(),
                queue(auth),
                logging(),
                warnings);
    }

    private Config.Fetching fetching() {
        List<Cidr> allowed = take(Setting.ALLOW_FETCH, text -> list(text, Cidr::parse), List.of());
        String userAgent = take(Setting.FETCH_USER_AGENT, ConfigReader::userAgent, "Kith/" + Version.numbers());
        return new Config.Fetching(allowed, userAgent);
    }

    private static String userAgent(String text) {
        if (text.length() > USER_AGENT_CHARS_MAX || !text.chars().allMatch(c -> c >= ' ' && c < 0x7F)) {
            throw new IllegalArgumentException(
                    "is not 1 to %d printable ASCII characters".formatted(USER_AGENT_CHARS_MAX));
        }
        return text;
    }

    /** Messages name no tenant, so where there are several they would all have the same collections. */
    private Optional<Broker> queue(Config.Auth auth) {
        Optional<Broker> queue = takeSecret(Setting.QUEUE, text -> Optional.of(new Broker(text)), Optional.empty());
        if (queue.isPresent() && Set.copyOf(auth.keys().values()).size() > 1) {
            faults.add("%s: the keys are of several tenants, and a queue knows none".formatted(origin(Setting.QUEUE)));
        }
        return queue;
    }

    private Config.Models models(Optional<Path> data) {
        Optional<Path> folder = take(
                Setting.MODELS_DIR,
                text -> Optional.of(path(text).toAbsolutePath().normalize()),
                data.map(home -> home.resolve(Defaults.MODELS_FOLDER)));
        Map<String, String> served = take(Setting.ALIAS, ConfigReader::served, Map.of());
        int seconds =
                take(Setting.AI_MODEL_IDLE_TIME, text -> whole(text, IDLE_SECONDS_MAX), Defaults.MODEL_IDLE_SECONDS);
        return new Config.Models(folder, served, Duration.ofSeconds(seconds));
    }

    private static Map<String, String> served(String text) {
        Map<String, String> served = new HashMap<>();
        for (String pair : list(text, String::toString)) {
            String[] sides = pair.split("=", -1);
            if (sides.length != 2 || !sides[0].matches(MODEL_NAME) || !sides[1].matches(MODEL_NAME)) {
                throw new IllegalArgumentException("is not a list of NAME=MODEL");
            }
            if (served.put(sides[0], sides[1]) != null) {
                throw new IllegalArgumentException("serves " + sides[0] + " with two models");
            }
        }
        return served;
    }

    private Optional<Path> data() {
        boolean inMemory = take(Setting.IN_MEMORY, ConfigReader::flag, false);
        Optional<Path> folder = take(Setting.DATA_DIR, text -> Optional.of(path(text)), defaults.data());
        if (inMemory && given.containsKey(Setting.DATA_DIR)) {
            faults.add("%s and %s exclude each other".formatted(origin(Setting.IN_MEMORY), origin(Setting.DATA_DIR)));
        }
        return inMemory
                ? Optional.empty()
                : folder.map(path -> path.toAbsolutePath().normalize());
    }

    private Config.Network network(Config.Auth auth) {
        InetAddress bind = take(Setting.BIND, Addresses::parse, defaults.bind());
        boolean insecure = take(Setting.INSECURE, ConfigReader::flag, defaults.openAllowed());
        boolean authAsked = auth.enabled() || take(Setting.ENABLE_AUTH, ConfigReader::flag, false);
        if (!bind.isLoopbackAddress() && !authAsked) {
            String address = bind.getHostAddress();
            if (insecure) {
                warnings.add("Listening on %s without authentication: whoever reaches it may read and change everything"
                        .formatted(address));
            } else {
                faults.add("%s: %s is open to others; allowed: a loopback address, or --enable-auth, or --insecure"
                        .formatted(origin(Setting.BIND), address));
            }
        }
        Config.Ports usual = Defaults.PORTS;
        var ports = new Config.Ports(
                port(Setting.FAISSX_PORT, usual.faissx()),
                port(Setting.AHNLICH_DB_PORT, usual.ahnlichDb()),
                port(Setting.AHNLICH_AI_PORT, usual.ahnlichAi()),
                port(Setting.IDIOS_PORT, usual.idios()),
                port(Setting.VECTORFLOW_PORT, usual.vectorflow()));
        Set<Door> doors = take(Setting.DOORS, ConfigReader::doors, defaults.doors());
        requirePortsApart(ports, doors);
        if (auth.users().isPresent() && auth.keys().isEmpty() && !Door.BOTH_OF_AHNLICH.containsAll(doors)) {
            faults.add("%s: these users are the Ahnlich doors' alone; the others need --auth-keys or --auth-file"
                    .formatted(origin(Setting.AHNLICH_USERS)));
        }
        Set<String> hosts = take(Setting.HTTP_HOSTS, text -> Set.copyOf(list(text, ConfigReader::host)), Set.of());
        return new Config.Network(bind, ports, doors, hosts);
    }

    private static String host(String text) {
        if (text.length() > HOST_CHARS_MAX || !text.matches(HOST_NAME)) {
            throw new IllegalArgumentException(
                    "is not a list of host names, without ports, of 1 to %d characters".formatted(HOST_CHARS_MAX));
        }
        return text.toLowerCase(Locale.ROOT);
    }

    private void requirePortsApart(Config.Ports ports, Set<Door> doors) {
        Map<Integer, Setting> taken = new HashMap<>();
        Map<Door, Setting> settings = new EnumMap<>(Map.of(
                Door.FAISSX, Setting.FAISSX_PORT,
                Door.AHNLICH_DB, Setting.AHNLICH_DB_PORT,
                Door.AHNLICH_AI, Setting.AHNLICH_AI_PORT,
                Door.IDIOS, Setting.IDIOS_PORT));
        Map<Door, Integer> numbers = Map.of(
                Door.FAISSX, ports.faissx(),
                Door.AHNLICH_DB, ports.ahnlichDb(),
                Door.AHNLICH_AI, ports.ahnlichAi(),
                Door.IDIOS, ports.idios());
        settings.forEach((door, setting) -> {
            int port = numbers.getOrDefault(door, 0);
            Setting other = doors.contains(door) && port != 0 ? taken.putIfAbsent(port, setting) : null;
            if (other != null) {
                faults.add("%s and %s are both %d; each door needs a port of its own"
                        .formatted(other.flag(), setting.flag(), port));
            }
        });
    }

    private Config.Auth auth() {
        boolean enabled = take(Setting.ENABLE_AUTH, ConfigReader::flag, false);
        Map<String, String> keys = new HashMap<>(takeSecret(Setting.AUTH_KEYS, AuthKeys::parse, Map.of()));
        keys.putAll(take(Setting.AUTH_FILE, text -> AuthKeys.read(path(text)), Map.of()));
        Optional<Users> users =
                takeSecret(Setting.AHNLICH_USERS, text -> Optional.of(AhnlichUsers.read(path(text))), Optional.empty());
        Optional<Setting> some = Stream.of(Setting.AUTH_KEYS, Setting.AUTH_FILE, Setting.AHNLICH_USERS)
                .filter(given::containsKey)
                .findFirst();
        if (given.containsKey(Setting.AUTH_KEYS) && given.containsKey(Setting.AUTH_FILE)) {
            faults.add("%s and %s exclude each other".formatted(origin(Setting.AUTH_KEYS), origin(Setting.AUTH_FILE)));
        }
        if (some.isPresent() && !enabled) {
            faults.add("%s: keys are given, but authentication is not enabled; add --enable-auth or leave them out"
                    .formatted(origin(some.get())));
        }
        if (enabled && some.isEmpty()) {
            faults.add(("%s: there are no keys; add --auth-keys, --auth-file or --ahnlich-users"
                            + " (with `kith ahnlich-db run` and `kith ahnlich-ai run`, --auth-config)")
                    .formatted(origin(Setting.ENABLE_AUTH)));
        } else if (enabled && keys.isEmpty() && users.isEmpty() && faults.isEmpty()) {
            faults.add("%s: the file has no keys".formatted(origin(some.orElse(Setting.AUTH_FILE))));
        }
        return new Config.Auth(enabled ? keys : Map.of(), enabled ? users : Optional.empty());
    }

    private Config.Grpc grpc() {
        int messageBytes = take(
                Setting.AHNLICH_MESSAGE_SIZE,
                text -> whole(text, GrpcLimits.MESSAGE_BYTES_MAX),
                GrpcLimits.MESSAGE_BYTES);
        int clients = take(Setting.AHNLICH_MAXIMUM_CLIENTS, text -> whole(text, CLIENTS_MAX), GrpcLimits.CONNECTIONS);
        Optional<URI> collector = take(Setting.OTEL_ENDPOINT, text -> Optional.of(collector(text)), Optional.empty());
        GrpcLimits limits = GrpcLimits.of(messageBytes, clients)
                .forHeap(Runtime.getRuntime().maxMemory());
        return new Config.Grpc(limits, tls(), collector);
    }

    private static URI collector(String text) {
        URI uri = URI.create(text);
        if (!("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())) || uri.getHost() == null) {
            throw new IllegalArgumentException("is no URL such as http://127.0.0.1:4317");
        }
        return uri;
    }

    private Config.AhnlichProxy proxy(Config.Auth auth, Config.Network network) {
        ProxyReader reader = new ProxyReader(given, this::path);
        Config.AhnlichProxy proxy = reader.proxy(auth);
        if (network.doors().contains(Door.AHNLICH_AI)) {
            reader.faults().forEach(this::note);
            warnings.addAll(reader.warnings());
        }
        return proxy;
    }

    private Optional<Tls> tls() {
        Given certificate = given.get(Setting.TLS_CERT);
        Given key = given.get(Setting.TLS_KEY);
        if (certificate == null && key == null) {
            return Optional.empty();
        }
        if (certificate == null || key == null) {
            faults.add("%s and %s go together".formatted(Setting.TLS_CERT.flag(), Setting.TLS_KEY.flag()));
            return Optional.empty();
        }
        try {
            return Optional.of(Tls.read(path(certificate.value()), path(key.value())));
        } catch (IllegalArgumentException unusable) {
            faults.add("%s: %s".formatted(certificate.origin(), unusable.getMessage()));
            return Optional.empty();
        }
    }

    private static int whole(String text, int max) {
        if (!text.matches("\\d{1,10}") || Long.parseLong(text) < 1 || Long.parseLong(text) > max) {
            throw new IllegalArgumentException("is outside 1 to " + max);
        }
        return Integer.parseInt(text);
    }

    private Config.Logging logging() {
        var level = take(Setting.LOG_LEVEL, text -> constant(Config.Logging.Level.class, text), defaults.logLevel());
        Optional<Path> file = take(Setting.LOG_FILE, text -> Optional.of(path(text)), Optional.empty());
        var format = take(
                Setting.LOG_FORMAT, text -> constant(Config.Logging.Format.class, text), Config.Logging.Format.TEXT);
        return new Config.Logging(level, file.map(Path::toAbsolutePath), format);
    }

    private int port(Setting setting, int usual) {
        return take(
                setting,
                text -> {
                    if (!text.matches("\\d{1,5}") || Integer.parseInt(text) > Config.PORT_MAX) {
                        throw new IllegalArgumentException("is outside 0 (any free port) to " + Config.PORT_MAX);
                    }
                    return Integer.parseInt(text);
                },
                usual);
    }

    private static Set<Door> doors(String text) {
        Set<Door> doors = EnumSet.noneOf(Door.class);
        List<String> labels = Door.existing().stream().map(Door::label).toList();
        for (String label : list(text, String::toString)) {
            Set<Door> named = Door.ofLabel(label);
            if (named.isEmpty()) {
                throw new IllegalArgumentException(
                        "names no door of this version; allowed: " + String.join(",", labels));
            }
            if (!named.stream().allMatch(Door::exists)) {
                throw new IllegalArgumentException(
                        "names a door that this version does not have yet; allowed: " + String.join(",", labels));
            }
            doors.addAll(named);
        }
        return doors;
    }

    private Path path(String text) {
        try {
            if (text.equals("~") || text.startsWith("~/")) {
                return machine.home().resolve(text.substring(Math.min(2, text.length())));
            }
            return Path.of(text);
        } catch (InvalidPathException invalid) {
            throw new IllegalArgumentException("is not a path", invalid);
        }
    }

    private static boolean flag(String text) {
        if (!isYes(text) && !NO.contains(word(text))) {
            throw new IllegalArgumentException("is neither 1, true, yes, on nor 0, false, no, off");
        }
        return isYes(text);
    }

    static boolean isYes(String text) {
        return YES.contains(word(text));
    }

    private static String word(String text) {
        return text.trim().toLowerCase(Locale.ROOT);
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String text) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equalsIgnoreCase(text.trim())) {
                return constant;
            }
        }
        throw new IllegalArgumentException("is none of "
                + String.join(
                        ", ",
                        Arrays.stream(type.getEnumConstants()).map(Enum::name).toList()));
    }

    private static <T> List<T> list(String text, Function<String, T> element) {
        return Arrays.stream(text.split(",", -1)).map(String::trim).map(element).toList();
    }

    /** The value of a setting; where it is faulty the fault is noted, and reading goes on with {@code otherwise}. */
    private <T> T take(Setting setting, Function<String, T> parser, T otherwise) {
        Given value = given.get(setting);
        if (value == null) {
            return otherwise;
        }
        try {
            return parser.apply(value.value());
        } catch (IllegalArgumentException fault) {
            note("%s: '%s' %s".formatted(value.origin(), value.value(), fault.getMessage()));
            return otherwise;
        }
    }

    /** The same for what must not be shown. */
    private <T> T takeSecret(Setting setting, Function<String, T> parser, T otherwise) {
        Given value = given.get(setting);
        if (value == null) {
            return otherwise;
        }
        try {
            return parser.apply(value.value());
        } catch (IllegalArgumentException fault) {
            note("%s: %s".formatted(value.origin(), fault.getMessage()));
            return otherwise;
        }
    }

    /** A setting that is read twice reports its fault once. */
    private void note(String fault) {
        if (!faults.contains(fault)) {
            faults.add(fault);
        }
    }

    private String origin(Setting setting) {
        Given value = given.get(setting);
        return value == null ? setting.flag() : value.origin();
    }
}
