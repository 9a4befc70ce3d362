package dev.kith.app;

import dev.kith.doors.grpc.GrpcServer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** Shows one gRPC door's connections; its calls are counted as commands, and its bytes in flight are the room's. */
final class GrpcGauges {
    private GrpcGauges() {}

    static void register(GrpcServer server, String door, MeterRegistry registry) {
        Gauge.builder("kith.grpc.connections", server, GrpcServer::connections)
                .description("Open connections")
                .tag("door", door)
                .register(registry);
        FunctionCounter.builder("kith.grpc.connections.refused", server, GrpcServer::connectionsRefused)
                .description("Connections closed at once because too many were open")
                .tag("door", door)
                .register(registry);
    }
}
