package dev.kith.images.amqp;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * Says over HTTP whether a worker hears its broker, as the original's workers do: any GET is answered with 200 or 503.
 */
public final class HealthListener implements AutoCloseable {
    private static final int OK = 200;
    private static final int NOT_ALLOWED = 405;
    private static final int UNAVAILABLE = 503;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("kith-health-", 0).factory());

    public HealthListener(InetSocketAddress address, BooleanSupplier isConnected) throws IOException {
        server = HttpServer.create(address, 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> answer(exchange, isConnected.getAsBoolean()));
        server.start();
    }

    private static void answer(HttpExchange exchange, boolean connected) throws IOException {
        boolean get = exchange.getRequestMethod().equals("GET");
        byte[] body =
                (connected ? "OK" : "The connection to the broker is closed.").getBytes(StandardCharsets.US_ASCII);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.sendResponseHeaders(!get ? NOT_ALLOWED : connected ? OK : UNAVAILABLE, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
