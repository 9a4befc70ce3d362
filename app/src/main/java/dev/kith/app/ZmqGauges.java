package dev.kith.app;

import dev.kith.doors.zmq.ZmqServer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Shows one ZeroMQ door's traffic. */
final class ZmqGauges {
    private final ZmqServer server;
    private final String door;
    private final MeterRegistry registry;

    private ZmqGauges(ZmqServer server, String door, MeterRegistry registry) {
        this.server = server;
        this.door = door;
        this.registry = registry;
    }

    static void register(ZmqServer server, String door, MeterRegistry registry) {
        ZmqGauges gauges = new ZmqGauges(server, door, registry);
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

    private void gauge(String name, String description, ToDoubleFunction<ZmqServer> value) {
        Gauge.builder(name, server, value)
                .description(description)
                .tag("door", door)
                .register(registry);
    }

    private void count(String name, String description, ToDoubleFunction<ZmqServer> value) {
        FunctionCounter.builder(name, server, value)
                .description(description)
                .tag("door", door)
                .register(registry);
    }
}
