package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.doors.zmq.ZmqLimits;
import dev.kith.doors.zmq.ZmqServer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

/** The whole way: REQ sockets of several clients, the transport, the dialect, the service, the engine. */
class FaissxSocketTest {
    /** After this JeroMQ tries again: some of its connections never send their greeting (zeromq/jeromq#1022). */
    private static final int HANDSHAKE_MILLIS = 500;

    private static final int PATIENCE_MILLIS = 10_000;

    private static DoorFixture.Reply ask(ZMQ.Socket socket, Object... pairs) {
        socket.send(DoorFixture.encode(DoorFixture.fields(pairs)));
        byte[] reply = socket.recv();
        assertThat(reply).as("a reply within %d ms", PATIENCE_MILLIS).isNotNull();
        return new DoorFixture.Reply(DoorFixture.decode(ByteBuffer.wrap(reply)));
    }

    private static ZMQ.Socket client(ZMQ.Context context, int port) {
        ZMQ.Socket socket = context.socket(SocketType.REQ);
        socket.setReceiveTimeOut(PATIENCE_MILLIS);
        socket.setLinger(0);
        socket.setHandshakeIvl(HANDSHAKE_MILLIS);
        socket.connect("tcp://127.0.0.1:" + port);
        return socket;
    }

    @Test
    void clients_atOnce_eachFindTheirOwn() throws Exception {
        try (DoorFixture door = new DoorFixture();
                ZmqServer server = ZmqServer.start(
                        new ZmqServer.Binding("faissx", "127.0.0.1", 0),
                        ZmqLimits.forHeap(Runtime.getRuntime().maxMemory()),
                        door.door(),
                        Thread.ofVirtual().name("faissx-request-", 0).factory())) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> threads = new ArrayList<>();
            for (int n = 0; n < 6; n++) {
                int number = n;
                threads.add(Thread.ofPlatform().start(() -> {
                    try (ZMQ.Context context = ZMQ.context(1);
                            ZMQ.Socket socket = client(context, server.port())) {
                        useIndex(socket, "index " + number, number);
                    } catch (Throwable failed) {
                        failure.set(failed);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failure.get()).isNull();
            assertThat(server.requestsDropped()).isZero();
        }
    }

    private static void useIndex(ZMQ.Socket socket, String id, int number) {
        assertThat(ask(socket, "action", "ping").get("message")).isEqualTo("pong");
        assertThat(ask(socket, "action", "create_index", "index_id", id, "dimension", 2)
                        .isSuccess())
                .isTrue();
        for (int i = 0; i < 20; i++) {
            var added = ask(socket, "action", "add_vectors", "index_id", id, "vectors", List.of(List.of(number, i)));
            assertThat(added.get("ntotal")).isEqualTo(i + 1L);
        }
        var found =
                ask(socket, "action", "search", "index_id", id, "query_vectors", List.of(List.of(number, 7)), "k", 1);
        assertThat(found.at("results", 0, "indices")).isEqualTo(List.of(7L));
        assertThat(found.at("results", 0, "distances")).isEqualTo(List.of(0.0));
        assertThat(ask(socket, "action", "delete_index", "index_id", id).isSuccess())
                .isTrue();
    }
}
