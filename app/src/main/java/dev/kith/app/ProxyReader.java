package dev.kith.app;

import dev.kith.doors.ahnlich.AhnlichAi;
import dev.kith.doors.grpc.GrpcClient;
import dev.kith.service.Caller;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** Reads what the Ahnlich AI door is told. Used once, by one thread. */
final class ProxyReader {
    /** The original's default. */
    private static final int CONNECTIONS = 10;

    private static final int CONNECTIONS_MAX = 1_000;
    private static final String OWN = "own";
    private static final String NONE = "none";

    private final Map<Setting, Given> given;
    private final Function<String, Path> path;
    private final List<String> faults = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    ProxyReader(Map<Setting, Given> given, Function<String, Path> path) {
        this.given = given;
        this.path = path;
    }

    List<String> faults() {
        return faults;
    }

    List<String> warnings() {
        return warnings;
    }

    Config.AhnlichProxy proxy(Config.Auth auth) {
        Set<String> models = models();
        String where = text(Setting.AHNLICH_AI_DB).orElse(OWN);
        if (where.equals(OWN) || where.equals(NONE)) {
            Stream.of(
                            Setting.AHNLICH_AI_DB_TLS,
                            Setting.AHNLICH_AI_DB_CA,
                            Setting.AHNLICH_AI_DB_USER,
                            Setting.AHNLICH_AI_DB_KEY,
                            Setting.AHNLICH_AI_DB_CONNECTIONS)
                    .filter(given::containsKey)
                    .forEach(setting ->
                            faults.add("%s: there is no database in another process".formatted(origin(setting))));
            return new Config.AhnlichProxy(
                    where.equals(OWN) ? new Config.Vectors.Own() : new Config.Vectors.Nowhere(), models);
        }
        requireOneTenant(auth);
        return new Config.AhnlichProxy(new Config.Vectors.Elsewhere(target(where)), models);
    }

    private Set<String> models() {
        Set<String> names = new LinkedHashSet<>();
        text(Setting.AHNLICH_AI_MODELS).stream()
                .flatMap(text -> Arrays.stream(text.split(",", -1)))
                .map(String::strip)
                .forEach(names::add);
        names.stream()
                .filter(name -> !AhnlichAi.MODELS.contains(name))
                .forEach(name -> faults.add("%s: %s is no model of this door; allowed: %s"
                        .formatted(origin(Setting.AHNLICH_AI_MODELS), name, String.join(",", AhnlichAi.MODELS))));
        return names;
    }

    /** The other database knows this door by one credential, so it could not keep tenants apart. */
    private void requireOneTenant(Config.Auth auth) {
        Set<String> tenants = new HashSet<>(auth.keys().values());
        auth.users().ifPresent(_ -> tenants.add(Caller.TENANT_DEFAULT));
        if (tenants.size() > 1) {
            faults.add("%s: a database in another process would mix the %d tenants of the keys"
                    .formatted(origin(Setting.AHNLICH_AI_DB), tenants.size()));
        }
    }

    private GrpcClient.Target target(String where) {
        int colon = where.lastIndexOf(':');
        String host = colon < 0 ? "" : where.substring(0, colon).replaceAll("^\\[|]$", "");
        int port = whole(colon < 0 ? "" : where.substring(colon + 1), Config.PORT_MAX);
        if (host.isEmpty() || port == 0) {
            faults.add("%s: '%s' is none of own, none and HOST:PORT".formatted(origin(Setting.AHNLICH_AI_DB), where));
        }
        int connections = text(Setting.AHNLICH_AI_DB_CONNECTIONS)
                .map(text -> whole(text, CONNECTIONS_MAX))
                .orElse(CONNECTIONS);
        if (connections == 0) {
            faults.add("%s: is outside 1 to %d".formatted(origin(Setting.AHNLICH_AI_DB_CONNECTIONS), CONNECTIONS_MAX));
        }
        boolean tls =
                text(Setting.AHNLICH_AI_DB_TLS).filter(ConfigReader::isYes).isPresent();
        Optional<String> bearer = bearer();
        if (bearer.isPresent() && !tls) {
            warnings.add("The credential for the database at %s goes there unencrypted".formatted(where));
        }
        var security = new GrpcClient.Security(tls, authorities(), bearer);
        return new GrpcClient.Target(host, port, Math.max(1, connections), security);
    }

    private Optional<Path> authorities() {
        try {
            return text(Setting.AHNLICH_AI_DB_CA).map(path);
        } catch (IllegalArgumentException invalid) {
            faults.add("%s: %s".formatted(origin(Setting.AHNLICH_AI_DB_CA), invalid.getMessage()));
            return Optional.empty();
        }
    }

    private Optional<String> bearer() {
        Optional<String> user = text(Setting.AHNLICH_AI_DB_USER);
        Optional<String> key = text(Setting.AHNLICH_AI_DB_KEY);
        if (user.isPresent() && key.isEmpty()) {
            faults.add("%s: there is no key of that user; add %s"
                    .formatted(origin(Setting.AHNLICH_AI_DB_USER), Setting.AHNLICH_AI_DB_KEY.flag()));
        }
        return key.map(secret -> user.map(name -> name + ":" + secret).orElse(secret));
    }

    /** A number from 1 on, or 0 where it is none. */
    private static int whole(String text, int max) {
        if (!text.matches("\\d{1,9}")) {
            return 0;
        }
        int number = Integer.parseInt(text);
        return number <= max ? number : 0;
    }

    private Optional<String> text(Setting setting) {
        return Optional.ofNullable(given.get(setting)).map(Given::value);
    }

    private String origin(Setting setting) {
        Given value = given.get(setting);
        return value == null ? setting.flag() : value.origin();
    }
}
