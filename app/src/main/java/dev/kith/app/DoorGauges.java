package dev.kith.app;

import dev.kith.doors.grpc.GrpcServer;
import dev.kith.doors.http.HttpDoor;
import dev.kith.doors.zmq.ZmqServer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/**
 * Shows what one door's transport has open and has refused; what it is asked is counted as commands, and its bytes in
 * flight are the room's.
 *
 * @param name of the door, as metrics label it
 */
record DoorGauges<D>(D door, String name, MeterRegistry registry) {
    static void register(GrpcServer server, String name, MeterRegistry registry) {
        var gauges = new DoorGauges<>(server, name, registry);
        gauges.gauge("kith.grpc.connections", "Open connections", GrpcServer::connections);
        gauges.count(
                "kith.grpc.connections.refused",
                "Connections closed at once because too many were open",
                GrpcServer::connectionsRefused);
    }

    static void register(HttpDoor door, String name, MeterRegistry registry) {
        var gauges = new DoorGauges<>(door, name, registry);
        gauges.gauge("kith.http.connections", "Open connections", HttpDoor::connections);
        gauges.count(
                "kith.http.connections.ended",
                "Connections ended because too many were open, or because no request came",
                HttpDoor::connectionsEnded);
        gauges.count(
                "kith.http.requests.refused",
                "Requests refused because too many were in progress",
                HttpDoor::requestsRefused);
    }

    static void register(ZmqServer server, String name, MeterRegistry registry) {
        var gauges = new DoorGauges<>(server, name, registry);
        gauges.gauge("kith.zmq.connections", "Open connections", ZmqServer::connections);
        gauges.gauge(
                "kith.zmq.bytes.in.flight",
                "Bytes of requests, results and replies in memory",
                ZmqServer::bytesInFlight);
        gauges.count("kith.zmq.requests", "Requests received", ZmqServer::requests);
        gauges.count("kith.zmq.requests.refused", "Requests for which there was no room", ZmqServer::requestsRefused);
        gauges.count("kith.zmq.requests.dropped", "Messages that got no answer", ZmqServer::requestsDropped);
        gauges.count(
                "kith.zmq.connections.refused",
                "Connections ended or refused because there were too many",
                ZmqServer::connectionsRefused);
        gauges.count(
                "kith.zmq.connections.ended",
                "Connections whose message or reply stalled",
                ZmqServer::connectionsEnded);
    }

    private void gauge(String meter, String description, ToDoubleFunction<D> value) {
        Gauge.builder(meter, door, value)
                .description(description)
                .tag("door", name)
                .register(registry);
    }

    private void count(String meter, String description, ToDoubleFunction<D> value) {
        FunctionCounter.builder(meter, door, value)
                .description(description)
                .tag("door", name)
                .register(registry);
    }
}
