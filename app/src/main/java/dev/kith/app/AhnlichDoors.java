package dev.kith.app;

import dev.kith.doors.ahnlich.AhnlichAi;
import dev.kith.doors.ahnlich.AhnlichDb;
import dev.kith.doors.grpc.CallWatch;
import dev.kith.doors.grpc.Dialect;
import dev.kith.doors.grpc.GrpcClient;
import dev.kith.doors.grpc.GrpcServer;
import dev.kith.doors.grpc.GrpcService;
import dev.kith.doors.room.Room;
import dev.kith.service.Service;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Opens the doors of the Ahnlich wire.
 *
 * @param watch sees their calls
 */
record AhnlichDoors(Config config, Service service, AhnlichDb.Settings settings, Room room, Optional<CallWatch> watch) {
    /**
     * The servers by the names of their doors, in the order of the ready line.
     *
     * @param parts what is closed with them
     */
    SequencedMap<String, GrpcServer> open(Closing parts) {
        SequencedMap<String, GrpcServer> servers = new LinkedHashMap<>();
        if (config.network().doors().contains(Door.AHNLICH_DB)) {
            AhnlichDb door = new AhnlichDb(service, settings);
            int port = config.network().ports().ahnlichDb();
            servers.put(AhnlichDb.NAME, open(AhnlichDb.NAME, port, door.grpc(), door.access()));
        }
        if (config.network().doors().contains(Door.AHNLICH_AI)) {
            AhnlichAi door = proxy(parts);
            int port = config.network().ports().ahnlichAi();
            servers.put(AhnlichAi.NAME, open(AhnlichAi.NAME, port, door.grpc(), door.access()));
        }
        return servers;
    }

    private AhnlichAi proxy(Closing parts) {
        AhnlichAi.Behind behind = switch (config.proxy().vectors()) {
            case Config.Vectors.Own() -> new AhnlichAi.Behind.Own();
            case Config.Vectors.Nowhere() -> new AhnlichAi.Behind.Nothing();
            case Config.Vectors.Elsewhere(GrpcClient.Target target) ->
                new AhnlichAi.Behind.Other(parts.add(client(target)));
        };
        AhnlichAi door = new AhnlichAi(
                service, settings, new AhnlichAi.Proxy(behind, config.proxy().models()));
        door.fault().ifPresent(fault -> {
            throw new StartException(fault);
        });
        return door;
    }

    private static GrpcClient client(GrpcClient.Target target) {
        try {
            return new GrpcClient(target);
        } catch (IllegalArgumentException unusable) {
            throw new StartException(String.valueOf(unusable.getMessage()), unusable);
        }
    }

    private GrpcServer open(String name, int port, GrpcService service, Dialect access) {
        var binding = new GrpcServer.Binding(
                name, config.network().bind(), port, config.grpc().tls());
        var work = new GrpcServer.Work(List.of(service), access, room, InstantSource.system()).watchedBy(watch);
        try {
            return GrpcServer.start(binding, config.grpc().limits(), work);
        } catch (UncheckedIOException taken) {
            throw Wiring.cannotListen(name, taken);
        }
    }
}
