package dev.kith.app;

import dev.kith.doors.http.HttpDoor;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** Shows one HTTP port's connections; its requests are counted as commands, and its bytes in flight are the room's. */
final class HttpGauges {
    private HttpGauges() {}

    static void register(HttpDoor door, String name, MeterRegistry registry) {
        Gauge.builder("kith.http.connections", door, HttpDoor::connections)
                .description("Open connections")
                .tag("door", name)
                .register(registry);
        FunctionCounter.builder("kith.http.connections.ended", door, HttpDoor::connectionsEnded)
                .description("Connections ended because too many were open, or because no request came")
                .tag("door", name)
                .register(registry);
        FunctionCounter.builder("kith.http.requests.refused", door, HttpDoor::requestsRefused)
                .description("Requests refused because too many were in progress")
                .tag("door", name)
                .register(registry);
    }
}
