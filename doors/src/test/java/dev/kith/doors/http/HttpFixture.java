package dev.kith.doors.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.doors.room.Room;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** An HTTP door on a loopback port, and clients that speak to it byte by byte. */
final class HttpFixture implements AutoCloseable {
    static final long ROOM_BYTES = 8 << 20;
    private static final int TIMEOUT_MS = (int) Duration.ofSeconds(20).toMillis();
    static final Guard OPEN = new Guard(Optional.empty(), "default", Set.of());

    final Room room = new Room(ROOM_BYTES, Duration.ofMillis(50));
    final HttpDoor door;

    HttpFixture(HttpLimits limits, Guard guard, RouteTable routes) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        door = HttpDoor.open(
                new HttpDoor.Binding(address, Optional.empty()),
                limits,
                new HttpDoor.Work(routes, guard, ErrorForm.DETAIL, room));
    }

    HttpFixture(HttpLimits limits, Route... routes) {
        this(limits, OPEN, new RouteTable(List.of(routes)));
    }

    static Route get(String path, Route.Handler handler) {
        return Route.get(path, Access.OPEN, new Route.Handling(handler, ErrorForm.DETAIL));
    }

    static Route post(String path, long bytesMax, Route.Handler handler) {
        return new Route(Route.Method.POST, path, Access.OPEN, bytesMax, new Route.Handling(handler, ErrorForm.DETAIL));
    }

    Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.port());
        socket.setSoTimeout(TIMEOUT_MS);
        return socket;
    }

    /** All that comes until the server closes. */
    String send(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** An answer may be there a moment before what it held of the room is given back. */
    void requireRoomEmpty() {
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (room.used() != 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(room.used()).isZero();
    }

    @Override
    public void close() {
        door.close();
    }
}
