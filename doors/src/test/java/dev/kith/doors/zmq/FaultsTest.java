package dev.kith.doors.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults of ours, not of peers: one request or one connection pays, the door serves on. Each is logged once. */
class FaultsTest {
    private static final ThreadFactory THREADS = Thread.ofVirtual().factory();

    private static Throwable fault(String name) {
        return switch (name) {
            case "memory" -> new OutOfMemoryError("on purpose");
            case "stack" -> new StackOverflowError("on purpose");
            case "linkage" -> new NoClassDefFoundError("on purpose");
            case "assertion" -> new AssertionError("on purpose");
            default -> new IllegalStateException("on purpose");
        };
    }

    private static <T> T thrown(String name) {
        switch (fault(name)) {
            case Error error -> throw error;
            case RuntimeException exception -> throw exception;
            default -> throw new IllegalStateException(name);
        }
    }

    private static ZmqServer start(RequestHandler handler, ThreadFactory threads) {
        return ZmqServer.start(
                new ZmqServer.Binding("test", "127.0.0.1", 0),
                Servers.limits(),
                new ZmqServer.Work(handler, threads, Servers.limits().room()));
    }

    private static void assertServing(ZmqServer server) throws IOException {
        assertThat(server.isServing()).isTrue();
        try (RawPeer other = RawPeer.dealer(server.port())) {
            other.request(Servers.bytes("still there?"));
            assertThat(Servers.text(other.readReply())).isEqualTo("still there?");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "stack", "linkage", "assertion", "state"})
    void handler_thatThrows_isAnsweredForAndTheNextRequestServed(String fault) throws Exception {
        RequestHandler failing = Servers.handler(body -> body.length == 1 ? thrown(fault) : body);
        try (ZmqServer server = start(failing, THREADS);
                RawPeer peer = RawPeer.dealer(server.port())) {
            peer.request(new byte[1]);
            peer.request(new byte[2]);
            assertThat(Servers.text(peer.readReply())).contains("Failed");
            assertThat(peer.readReply()).hasSize(2);
            assertServing(server);
            assertThat(Servers.eventually(() -> server.bytesInFlight() == 0)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "linkage", "state"})
    void handler_thatCannotEvenRefuse_losesItsConnectionOnly(String fault) throws Exception {
        RequestHandler hopeless = new RequestHandler() {
            @Override
            public ByteBuffer handle(byte[] body, Memory memory) {
                return body.length == 1 ? thrown(fault) : ByteBuffer.wrap(body);
            }

            @Override
            public ByteBuffer refuse(Refusal refusal) {
                return thrown(fault);
            }
        };
        try (ZmqServer server = start(hopeless, THREADS);
                RawPeer peer = RawPeer.dealer(server.port())) {
            peer.request(new byte[1]);
            try {
                peer.request(new byte[1]);
            } catch (java.net.SocketException ended) {
                assertThat(ended)
                        .as("the first has ended the connection already")
                        .isNotNull();
            }
            assertThat(peer.isEnded()).isTrue();
            assertServing(server);
            assertThat(Servers.eventually(() -> server.bytesInFlight() == 0)).isTrue();
            assertThat(Servers.eventually(() -> server.connections() == 0)).isTrue();
        }
    }

    /** Gives no thread to the first request and threads to the others. */
    private static ThreadFactory failingOnce(Supplier<Thread> failure) {
        AtomicReference<Supplier<Thread>> once = new AtomicReference<>(failure);
        return work -> {
            Supplier<Thread> now = once.getAndSet(null);
            return now == null ? THREADS.newThread(work) : now.get();
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "linkage", "assertion", "state"})
    void threads_thatCannotBeHad_areAnsweredForAndTheNextRequestServed(String fault) throws Exception {
        try (ZmqServer server = start(Servers.handler(body -> body), failingOnce(() -> thrown(fault)));
                RawPeer peer = RawPeer.dealer(server.port())) {
            peer.request(new byte[1]);
            assertThat(Servers.text(peer.readReply())).contains("Failed");
            peer.request(new byte[2]);
            assertThat(peer.readReply()).hasSize(2);
            assertServing(server);
            assertThat(Servers.eventually(() -> server.bytesInFlight() == 0)).isTrue();
        }
    }

    @Test
    void owner_thatIsInterrupted_servesOn() throws Exception {
        ThreadFactory interrupting = failingOnce(() -> {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("on purpose");
        });
        try (ZmqServer server = start(Servers.handler(body -> body), interrupting);
                RawPeer peer = RawPeer.dealer(server.port())) {
            peer.request(new byte[1]);
            assertServing(server);
        }
    }

    @Test
    void owner_thatEndsUnexpectedly_isNotServingAndStillStops() throws Exception {
        ZmqServer server = start(Servers.handler(body -> body), THREADS);
        try (RawPeer peer = RawPeer.dealer(server.port())) {
            assertServing(server);
            server.owner().selector().close();
            assertThat(peer.isEnded()).isTrue();
            assertThat(Servers.eventually(() -> !server.isServing())).isTrue();
            assertThat(Servers.eventually(() -> server.connections() == 0)).isTrue();
        }
        long start = System.nanoTime();
        server.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
    }
}
