package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.doors.zmq.RawPeer;
import dev.kith.doors.zmq.ZmqLimits;
import dev.kith.doors.zmq.ZmqServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The whole way: sockets of several clients, the transport, the dialect, the service, the engine. */
class FaissxSocketTest {
    private static DoorFixture.Reply ask(RawPeer peer, Object... pairs) throws IOException {
        byte[] reply = peer.ask(DoorFixture.encode(DoorFixture.fields(pairs)));
        return new DoorFixture.Reply(DoorFixture.decode(ByteBuffer.wrap(reply)));
    }

    @Test
    void clients_atOnce_eachFindTheirOwn() throws Exception {
        try (DoorFixture door = new DoorFixture();
                ZmqServer server = ZmqServer.start(
                        new ZmqServer.Binding("faissx", "127.0.0.1", 0),
                        ZmqLimits.forHeap(Runtime.getRuntime().maxMemory()),
                        new ZmqServer.Work(
                                door.door(),
                                Thread.ofVirtual().name("faissx-request-", 0).factory(),
                                ZmqLimits.forHeap(Runtime.getRuntime().maxMemory())
                                        .room()))) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> threads = new ArrayList<>();
            for (int n = 0; n < 6; n++) {
                int number = n;
                threads.add(Thread.ofPlatform().start(() -> {
                    try (RawPeer peer = RawPeer.dealer(server.port())) {
                        useIndex(peer, "index " + number, number);
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

    private static void useIndex(RawPeer peer, String id, int number) throws IOException {
        assertThat(ask(peer, "action", "ping").get("message")).isEqualTo("pong");
        assertThat(ask(peer, "action", "create_index", "index_id", id, "dimension", 2)
                        .isSuccess())
                .isTrue();
        for (int i = 0; i < 20; i++) {
            var added = ask(peer, "action", "add_vectors", "index_id", id, "vectors", List.of(List.of(number, i)));
            assertThat(added.get("ntotal")).isEqualTo(i + 1L);
        }
        var found = ask(peer, "action", "search", "index_id", id, "query_vectors", List.of(List.of(number, 7)), "k", 1);
        assertThat(found.at("results", 0, "indices")).isEqualTo(List.of(7L));
        assertThat(found.at("results", 0, "distances")).isEqualTo(List.of(0.0));
        assertThat(ask(peer, "action", "delete_index", "index_id", id).isSuccess())
                .isTrue();
    }
}
