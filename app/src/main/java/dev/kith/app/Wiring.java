package dev.kith.app;

import dev.kith.doors.ahnlich.AhnlichDb;
import dev.kith.doors.faissx.FaissxDoor;
import dev.kith.doors.http.ErrorForm;
import dev.kith.doors.http.Guard;
import dev.kith.doors.http.HttpDoor;
import dev.kith.doors.http.HttpLimits;
import dev.kith.doors.http.RouteTable;
import dev.kith.doors.idios.IdiosDoor;
import dev.kith.doors.room.Room;
import dev.kith.doors.zmq.ZmqLimits;
import dev.kith.doors.zmq.ZmqServer;
import dev.kith.kernel.Kernels;
import dev.kith.service.Caller;
import dev.kith.service.Keys;
import dev.kith.service.Service;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.UUID;

/** The whole object graph. */
final class Wiring {
    private static final Logger LOG = System.getLogger(Wiring.class.getName());
    /** How long requests in progress may take when the server stops; the whole stop has 5 s. */
    private static final Duration STOP_GRACE = Duration.ofSeconds(3);

    /** How long a start waits for the shipped models, so that it does not take longer than 2 s for their sake. */
    private static final Duration WARM_UP_MAX = Duration.ofMillis(750);

    private Wiring() {}

    /** Opens everything in the order in which it is needed; what is open already is closed where a later part fails. */
    static Kith wire(Config config) {
        return Closing.opened(parts -> wire(config, parts));
    }

    private static Kith wire(Config config, Closing parts) {
        SequencedMap<String, Integer> ports = new LinkedHashMap<>();
        Readiness readiness = new Readiness();
        Optional<Keys> keys = !config.auth().keys().isEmpty()
                ? Optional.of(new Keys(config.auth().keys()))
                : Optional.empty();
        // First, since collections are read and models loaded in the background, while the rest is opened.
        Core core = Core.open(config, parts);
        boolean embeds = config.network().doors().stream().anyMatch(Door::embeds);
        if (embeds) {
            core.embedder().warmUp();
        }
        PrometheusMeterRegistry registry = registry(parts);
        EngineGauges gauges = new EngineGauges(registry);
        gauges.watch(core.engine());
        Service service = core.service(config, registry, parts);
        ZmqLimits limits = ZmqLimits.forHeap(Runtime.getRuntime().maxMemory());
        Room room = limits.room();
        // Before the other doors: readiness can be asked for while they open, and until they are closed.
        RouteTable routes = RouteTable.health(readiness::isReady, () -> {
            gauges.refresh();
            return registry.scrape();
        });
        if (config.network().doors().contains(Door.IDIOS)) {
            IdiosDoor idios = parts.add(new IdiosDoor(ImageParts.open(config, service, parts), service));
            routes = routes.with(idios.routes());
        }
        Optional<HttpDoor> http =
                openHttp(config, new HttpDoor.Work(routes, guard(config, keys), ErrorForm.DETAIL, room));
        http.ifPresent(door -> {
            parts.add(door);
            readiness.require(door::isServing);
            DoorGauges.register(door, Door.IDIOS.label(), registry);
        });
        var faissx = new ZmqServer.Work(
                new FaissxDoor(service, faissx(keys)),
                Thread.ofVirtual().name("faissx-request-", 0).factory(),
                room);
        openFaissx(config, limits, faissx).ifPresent(server -> {
            parts.add(() -> server.stop(STOP_GRACE));
            readiness.require(server::isServing);
            DoorGauges.register(server, FaissxDoor.NAME, registry);
            ports.put(Door.FAISSX.label(), server.port());
        });
        var ahnlich = new AhnlichDb.Settings(
                config.auth().users(),
                keys,
                Version.numbers(),
                config.memoryBytes(),
                () -> core.engine().stats().memoryBytes());
        Optional<Spans> spans = config.grpc().collector().map(Spans::sentTo);
        spans.ifPresent(parts::add);
        AhnlichDoors doors = new AhnlichDoors(config, service, ahnlich, room, spans.map(Spans::ofCalls));
        doors.open(parts).forEach((name, server) -> {
            parts.add(() -> server.stop(STOP_GRACE));
            readiness.require(server::isServing);
            DoorGauges.register(server, name, registry);
            ports.put(name, server.port());
        });
        http.ifPresent(door -> ports.put(Door.IDIOS.label(), door.port()));
        parts.add(core.engine()::stopOpening);
        parts.add(readiness::withdraw);
        EmbedGauges.register(core.embedder(), registry);
        if (embeds && !core.embedder().awaitWarm(WARM_UP_MAX)) {
            LOG.log(Level.INFO, "Ready before the shipped models are loaded; the first to ask for one waits for it");
        }
        readiness.declare();
        log(config, ports);
        return new Kith(ports, parts);
    }

    private static PrometheusMeterRegistry registry(Closing parts) {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        parts.add(registry::close);
        new JvmMemoryMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        return registry;
    }

    private static Guard guard(Config config, Optional<Keys> keys) {
        return new Guard(
                keys.map(known -> key -> known.tenantOf(key.getBytes(StandardCharsets.UTF_8))),
                Caller.TENANT_DEFAULT,
                config.network().hosts());
    }

    private static Optional<HttpDoor> openHttp(Config config, HttpDoor.Work work) {
        if (!config.network().doors().contains(Door.IDIOS)) {
            return Optional.empty();
        }
        var address = new InetSocketAddress(
                config.network().bind(), config.network().ports().idios());
        try {
            var binding = new HttpDoor.Binding(address, config.grpc().tls().map(HttpTls::context));
            return Optional.of(HttpDoor.open(binding, HttpLimits.DEFAULT, work));
        } catch (UncheckedIOException taken) {
            throw new StartException(
                    "idios cannot listen on %s port %d: %s"
                            .formatted(address.getAddress().getHostAddress(), address.getPort(), reason(taken)),
                    taken);
        }
    }

    /** What the system said, which may be below what others said about it. */
    private static String reason(UncheckedIOException taken) {
        Throwable cause = taken;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    private static FaissxDoor.Settings faissx(Optional<Keys> keys) {
        return new FaissxDoor.Settings(keys, Version.text(), InstantSource.system(), UUID::randomUUID);
    }

    private static Optional<ZmqServer> openFaissx(Config config, ZmqLimits limits, ZmqServer.Work work) {
        if (!config.network().doors().contains(Door.FAISSX)) {
            return Optional.empty();
        }
        var binding = new ZmqServer.Binding(
                FaissxDoor.NAME,
                config.network().bind().getHostAddress(),
                config.network().ports().faissx());
        try {
            return Optional.of(ZmqServer.start(binding, limits, work));
        } catch (UncheckedIOException taken) {
            throw cannotListen(FaissxDoor.NAME, taken);
        }
    }

    static StartException cannotListen(String door, UncheckedIOException taken) {
        String reason =
                Optional.ofNullable(taken.getCause()).map(Throwable::getMessage).orElse(door + " cannot listen");
        return new StartException(reason, taken);
    }

    private static void log(Config config, SequencedMap<String, Integer> ports) {
        config.warnings().forEach(warning -> LOG.log(Level.WARNING, warning));
        if (config.data().isEmpty()) {
            LOG.log(Level.WARNING, "No data folder: everything stays in memory and is gone when this process ends");
        }
        LOG.log(
                Level.INFO,
                () -> "Kith %s: data %s, memory %d MiB, kernels %s, authentication %s, listening on %s %s"
                        .formatted(
                                Version.text(),
                                config.data().map(Object::toString).orElse("in memory"),
                                config.memoryBytes() >> 20,
                                Kernels.active().name(),
                                config.auth().enabled() ? "on" : "off",
                                config.network().bind().getHostAddress(),
                                ports));
    }
}
