package dev.kith.app;

import dev.kith.doors.ahnlich.Users;
import dev.kith.doors.grpc.GrpcClient;
import dev.kith.doors.grpc.GrpcLimits;
import dev.kith.doors.grpc.Tls;
import dev.kith.fetch.Cidr;
import dev.kith.images.amqp.Broker;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * All that a server is told, checked. Made by {@link ConfigReader}; each part is handed to its owner.
 *
 * @param data the folder; empty: everything stays in memory
 * @param memoryBytes the budget for resident data
 * @param threads of each pool that computes
 * @param checkpointLogBytes a log that has grown by more is replaced by a checkpoint
 * @param queue where workers are that fetch, embed and keep images; empty: this process does it
 * @param warnings what is allowed but worth a line in the log
 */
public record Config(
        Optional<Path> data,
        Network network,
        Auth auth,
        Grpc grpc,
        Models models,
        AhnlichProxy proxy,
        long memoryBytes,
        int threads,
        long checkpointLogBytes,
        Fetching fetching,
        Optional<Broker> queue,
        Logging logging,
        List<String> warnings) {

    /** Ports are 0 (any free one) to this. */
    static final int PORT_MAX = 65_535;

    public Config {
        warnings = List.copyOf(warnings);
    }

    /** The same, with more that is worth a line in the log. */
    Config with(List<String> more) {
        return new Config(
                data,
                network,
                auth,
                grpc,
                models,
                proxy,
                memoryBytes,
                threads,
                checkpointLogBytes,
                fetching,
                queue,
                logging,
                Stream.concat(warnings.stream(), more.stream()).toList());
    }

    /**
     * Where the server listens.
     *
     * @param bind what the doors listen on
     * @param hosts names that HTTP answers to without authentication, in lower case
     */
    public record Network(InetAddress bind, Ports ports, Set<Door> doors, Set<String> hosts) {
        public Network {
            hosts = Set.copyOf(hosts);
            doors = Set.copyOf(doors.isEmpty() ? EnumSet.noneOf(Door.class) : EnumSet.copyOf(doors));
        }
    }

    /**
     * A configuration for a server inside another program.
     *
     * @param settings texts by the keys of the reference configuration file, such as {@code in-memory} and {@code true}
     * @throws ConfigException with all faults
     */
    public static Config of(Map<String, String> settings) {
        Layers layers = new Layers();
        layers.addKeys(settings);
        return ConfigReader.read(layers.settings(), Defaults.serve(), ConfigReader.Machine.present(), layers.faults());
    }

    /**
     * What is fetched from elsewhere.
     *
     * @param allowed private address ranges that may be fetched from, besides public addresses
     * @param userAgent what the server calls itself
     */
    public record Fetching(List<Cidr> allowed, String userAgent) {
        public Fetching {
            allowed = List.copyOf(allowed);
        }
    }

    /** One port a listener, 0 to {@link #PORT_MAX}; those of doors that are not open are only kept. */
    public record Ports(int faissx, int ahnlichDb, int ahnlichAi, int idios, int vectorflow) {}

    /**
     * Who may come in; without keys and users authentication is off.
     *
     * @param keys key to tenant
     * @param users of the Ahnlich doors, besides those who have a key
     */
    public record Auth(Map<String, String> keys, Optional<Users> users) {
        public Auth {
            keys = Map.copyOf(keys);
        }

        public boolean enabled() {
            return !keys.isEmpty() || users.isPresent();
        }

        /** Without the keys, which never reach a log. */
        @Override
        public String toString() {
            return "Auth[" + keys.size() + " keys, " + users + "]";
        }
    }

    /**
     * What the gRPC doors share.
     *
     * @param tls what they prove themselves with; empty: plain HTTP/2
     * @param collector where the spans of their calls go; empty: none are made
     */
    public record Grpc(GrpcLimits limits, Optional<Tls> tls, Optional<URI> collector) {
        /** Without the private key, which never reaches a log. */
        @Override
        public String toString() {
            return "Grpc[" + limits + (tls.isPresent() ? ", TLS]" : "]");
        }
    }

    /**
     * What embeds texts, images and sounds.
     *
     * @param folder of installed models; empty: there are only the shipped ones
     * @param served names under which doors ask for models that go by others
     * @param idle a model that nobody used for longer is unloaded
     */
    public record Models(Optional<Path> folder, Map<String, String> served, Duration idle) {
        public Models {
            served = Map.copyOf(served);
        }
    }

    /**
     * What the Ahnlich AI door is told.
     *
     * @param models names of those that may be used; empty: all that are installed
     */
    public record AhnlichProxy(Vectors vectors, Set<String> models) {
        public AhnlichProxy {
            models = Set.copyOf(models);
        }
    }

    /** Where the Ahnlich AI door keeps the vectors that it makes. */
    public sealed interface Vectors {
        /** In this process. */
        record Own() implements Vectors {}

        /** In another process. */
        record Elsewhere(GrpcClient.Target target) implements Vectors {}

        /** Nowhere. */
        record Nowhere() implements Vectors {}
    }

    /** @param file where the log goes; empty: standard error */
    public record Logging(Level level, Optional<Path> file, Format format) {
        /** Least urgent entry that is written. */
        public enum Level {
            DEBUG,
            INFO,
            WARNING,
            ERROR,
            CRITICAL
        }

        /** How an entry looks: both are one line. */
        public enum Format {
            TEXT,
            JSON
        }
    }
}
