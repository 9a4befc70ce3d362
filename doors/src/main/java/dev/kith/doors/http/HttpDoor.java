package dev.kith.doors.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An HTTP server for a table of routes that are only read: GET and HEAD, no bodies. Line and header sizes, connections
 * and slow clients are bounded by the JDK server's own settings, which the application makes before it opens this.
 */
public final class HttpDoor implements AutoCloseable {
    private static final Logger LOG = System.getLogger(HttpDoor.class.getName());
    /** Connections that may wait to be accepted. */
    private static final int BACKLOG = 64;
    /** Longest that closing waits for requests that run; a scrape of the metrics takes a few milliseconds. */
    private static final int STOP_SECONDS_MAX = 1;

    private final HttpServer server;
    private final ExecutorService requests;
    private final Routes routes;
    private final Guard guard;

    private HttpDoor(HttpServer server, Routes routes, Guard guard) {
        this.server = server;
        this.requests = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("kith-http-", 0).factory());
        this.routes = routes;
        this.guard = guard;
    }

    /** Listens; port 0 takes any free one. Fails where the address cannot be had. */
    public static HttpDoor open(InetSocketAddress address, Routes routes, Guard guard) throws IOException {
        HttpDoor door = new HttpDoor(HttpServer.create(address, BACKLOG), routes, guard);
        door.server.setExecutor(door.requests);
        door.server.createContext("/", door::serve);
        door.server.start();
        return door;
    }

    /** The port that it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(STOP_SECONDS_MAX);
        requests.shutdownNow();
        requests.close();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            send(exchange, answer(exchange));
        }
    }

    private Answer answer(HttpExchange exchange) {
        if (hasBody(exchange)) {
            exchange.getResponseHeaders().set("Connection", "close");
            return Answer.error(413, "No route here takes a body");
        }
        String path = exchange.getRequestURI().getRawPath();
        Optional<Routes.Route> route = path == null ? Optional.empty() : routes.find(path);
        if (route.isEmpty()) {
            return Answer.error(404, "Not found");
        }
        String method = exchange.getRequestMethod();
        if (!method.equals("GET") && !method.equals("HEAD")) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            return Answer.error(405, "Method not allowed");
        }
        Optional<Answer> refusal = guard.refusal(route.get().access(), exchange.getRequestHeaders());
        if (refusal.isPresent()) {
            if (refusal.get().status() == 401) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
            }
            return refusal.get();
        }
        try {
            return route.get().handler().get();
        } catch (RuntimeException fault) {
            LOG.log(Level.ERROR, () -> "HTTP route " + path + " failed", fault);
            return Answer.error(500, "Internal error; the server's log has the reason");
        }
    }

    private static boolean hasBody(HttpExchange exchange) {
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        return exchange.getRequestHeaders().containsKey("Transfer-Encoding") || (length != null && !length.equals("0"));
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        var headers = exchange.getResponseHeaders();
        headers.set("Content-Type", answer.contentType());
        headers.set("Cache-Control", "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        if (exchange.getRequestMethod().equals("HEAD")) {
            headers.set("Content-Length", Integer.toString(answer.body().length));
            exchange.sendResponseHeaders(answer.status(), -1);
            return;
        }
        exchange.sendResponseHeaders(answer.status(), answer.body().length);
        exchange.getResponseBody().write(answer.body());
    }
}
