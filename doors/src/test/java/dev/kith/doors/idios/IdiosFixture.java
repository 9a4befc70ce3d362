package dev.kith.doors.idios;

import dev.kith.doors.http.ErrorForm;
import dev.kith.doors.http.Guard;
import dev.kith.doors.http.HttpDoor;
import dev.kith.doors.http.HttpLimits;
import dev.kith.doors.http.RouteTable;
import dev.kith.doors.room.Room;
import dev.kith.embed.Embedder;
import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.images.Images;
import dev.kith.service.CommandService;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The door on a loopback port over the images that a test gives it, and a client. */
final class IdiosFixture implements AutoCloseable {
    private static final Map<String, String> KEYS = Map.of("key-ann", "ann", "key-bob", "bob");

    final Room room = new Room(256 << 20, Duration.ofMillis(50));
    final IdiosDoor idios;
    final RouteTable table;
    private final Engine engine = Engine.open(EngineOptions.inMemory(64L << 20, 1));
    private final ExecutorService compute = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("test-compute").factory());
    private final HttpDoor door;
    private final HttpClient client = HttpClient.newHttpClient();

    IdiosFixture(Images images, boolean withKeys) {
        idios = new IdiosDoor(images, new CommandService(engine, Embedder.NONE, new SimpleMeterRegistry(), compute));
        table = RouteTable.health(() -> true, () -> "").with(idios.routes());
        Guard guard = new Guard(
                withKeys ? Optional.of(key -> Optional.ofNullable(KEYS.get(key))) : Optional.empty(),
                "default",
                Set.of());
        door = HttpDoor.open(
                new HttpDoor.Binding(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Optional.empty()),
                HttpLimits.DEFAULT,
                new HttpDoor.Work(table, guard, ErrorForm.DETAIL, room));
    }

    int port() {
        return door.port();
    }

    record Reply(int status, String type, String body) {}

    Reply get(String path) {
        return send("GET", path, new byte[0], List.of());
    }

    Reply post(String path, String json) {
        return send("POST", path, json.getBytes(java.nio.charset.StandardCharsets.UTF_8), List.of());
    }

    /** @param headers names and values by turns */
    Reply send(String method, String path, byte[] body, List<String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + door.port() + path))
                .timeout(Duration.ofSeconds(60))
                .method(
                        method,
                        body.length == 0
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        if (!headers.isEmpty()) {
            request.headers(headers.toArray(String[]::new));
        }
        try {
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Reply(
                    response.statusCode(),
                    response.headers().firstValue("Content-Type").orElse(""),
                    response.body());
        } catch (IOException | InterruptedException lost) {
            throw new IllegalStateException("no answer to " + method + " " + path, lost);
        }
    }

    @Override
    public void close() {
        client.close();
        door.close();
        idios.close();
        compute.shutdownNow();
        engine.close();
    }
}
