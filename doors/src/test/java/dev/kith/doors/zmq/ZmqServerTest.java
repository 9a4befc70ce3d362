package dev.kith.doors.zmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ZmqServerTest {
    private static final UnaryOperator<byte[]> ECHO = UnaryOperator.identity();

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(Servers.PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void request_ofAnySize_isAnswered() throws IOException {
        try (ZmqServer server = Servers.start(Servers.limits(), ECHO);
                RawPeer peer = RawPeer.dealer(server.port())) {
            for (int size : new int[] {0, 1, 255, 256, 8_191, 8_192, 20_000, 300_000, 5_000_000}) {
                byte[] body = new byte[size];
                new Random(size).nextBytes(body);
                assertThat(peer.ask(body)).as("size %d", size).isEqualTo(body);
            }
            assertThat(server.requests()).isEqualTo(9);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void peer_thatAsksWhetherWeAreThere_isToldSo() throws IOException {
        try (ZmqServer server = Servers.start(Servers.limits(), ECHO);
                RawPeer peer = RawPeer.dealer(server.port())) {
            for (int i = 0; i < 3; i++) {
                peer.send(RawPeer.frame(4, Servers.bytes("\u0004PING\0\0abc")));
                assertThat(Servers.text(peer.readFrame())).isEqualTo("\u0004PONGabc");
                assertThat(Servers.text(peer.ask(Servers.bytes("again")))).isEqualTo("again");
            }
        }
    }

    @Test
    void room_afterRequestsOfAnySize_isFreeAgain() throws Exception {
        try (ZmqServer server = Servers.start(Servers.limits(), ECHO);
                RawPeer peer = RawPeer.dealer(server.port())) {
            for (int size : new int[] {1, 20_000, 3_000_000}) {
                peer.request(new byte[size]);
                assertThat(peer.readReply()).hasSize(size);
            }
            assertThat(Servers.eventually(() -> server.bytesInFlight() == 0)).isTrue();
        }
    }

    @Test
    void pipelinedRequests_ofOnePeer_areAnsweredInOrder() throws IOException {
        long seed = 7;
        Random random = new Random(seed);
        UnaryOperator<byte[]> slow = body -> {
            int nanos;
            synchronized (random) {
                nanos = random.nextInt(300_000);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(nanos);
            return body;
        };
        try (ZmqServer server = Servers.start(Servers.limits(), slow);
                RawPeer peer = RawPeer.dealer(server.port())) {
            int count = 200;
            for (int i = 0; i < count; i++) {
                peer.request(Servers.bytes("request " + i));
            }
            for (int i = 0; i < count; i++) {
                assertThat(Servers.text(peer.readReply())).as("seed %d", seed).isEqualTo("request " + i);
            }
        }
    }

    @Test
    void otherPeers_whileOneRequestRunsLong_areAnswered() throws IOException {
        CountDownLatch release = new CountDownLatch(1);
        try (ZmqServer server = Servers.start(Servers.limits(), body -> {
                    if (body.length == 1) {
                        await(release);
                    }
                    return body;
                });
                RawPeer slow = RawPeer.dealer(server.port());
                RawPeer quick = RawPeer.dealer(server.port())) {
            slow.request(new byte[1]);
            for (int i = 0; i < 20; i++) {
                quick.request(new byte[2]);
                assertThat(quick.readReply()).hasSize(2);
            }
            release.countDown();
            assertThat(slow.readReply()).hasSize(1);
        }
    }

    @Test
    void message_withoutEmptyFrame_isDroppedAndTheNextAnswered() throws Exception {
        try (ZmqServer server = Servers.start(Servers.limits(), ECHO);
                RawPeer peer = RawPeer.dealer(server.port())) {
            peer.send(RawPeer.frame(0, Servers.bytes("bare")));
            peer.send(RawPeer.frame(1, Servers.bytes("not empty")), RawPeer.frame(0, Servers.bytes("body")));
            peer.send(RawPeer.frame(0, new byte[0]));
            peer.request(Servers.bytes("right"));
            assertThat(Servers.text(peer.readReply())).isEqualTo("right");
            assertThat(server.requestsDropped()).isEqualTo(3);
        }
    }

    @Test
    void message_withTwoBodies_isRefusedOnce() throws IOException {
        try (ZmqServer server = Servers.start(Servers.limits(), ECHO);
                RawPeer peer = RawPeer.dealer(server.port())) {
            peer.send(RawPeer.delimiter(), RawPeer.frame(1, new byte[3]), RawPeer.frame(0, new byte[4]));
            peer.request(Servers.bytes("right"));
            assertThat(Servers.text(peer.readReply())).contains("Malformed");
            assertThat(Servers.text(peer.readReply())).isEqualTo("right");
        }
    }

    @Test
    void requests_beyondThePipeline_areRefusedInOrder() throws IOException {
        CountDownLatch release = new CountDownLatch(1);
        ZmqLimits few = new ZmqLimits(1 << 20, 1 << 22, 10, 3, ZmqLimits.HANDSHAKE, ZmqLimits.STALL);
        try (ZmqServer server = Servers.start(few, body -> {
                    await(release);
                    return body;
                });
                RawPeer peer = RawPeer.dealer(server.port())) {
            for (int i = 0; i < 6; i++) {
                peer.request(Servers.bytes("request " + i));
            }
            try (RawPeer other = RawPeer.dealer(server.port())) {
                other.send(RawPeer.frame(0, Servers.bytes("dropped, but after the others")));
                assertThat(Servers.eventually(() -> server.requests() == 6)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            release.countDown();
            for (int i = 0; i < 4; i++) {
                assertThat(Servers.text(peer.readReply())).isEqualTo("request " + i);
            }
            for (int i = 4; i < 6; i++) {
                assertThat(Servers.text(peer.readReply())).contains("PipelineFull");
            }
        }
    }

    @Test
    void request_whoseHandlerThrows_isAnsweredAndTheNextToo() throws IOException {
        try (ZmqServer server = Servers.start(Servers.limits(), body -> {
                    if (body.length == 1) {
                        throw new IllegalStateException("on purpose: the log shows this once");
                    }
                    return body;
                });
                RawPeer peer = RawPeer.dealer(server.port())) {
            peer.request(new byte[1]);
            assertThat(Servers.text(peer.readReply())).contains("Failed");
            peer.request(new byte[2]);
            assertThat(peer.readReply()).hasSize(2);
        }
    }

    @Test
    void peer_thatLeavesWithRequestsWaiting_leavesNothingBehind() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (ZmqServer server = Servers.start(Servers.limits(), body -> {
            await(release);
            return body;
        })) {
            try (RawPeer peer = RawPeer.dealer(server.port())) {
                for (int i = 0; i < 10; i++) {
                    peer.request(new byte[50_000]);
                }
                assertThat(Servers.eventually(() -> server.requests() == 10)).isTrue();
            }
            assertThat(Servers.eventually(() -> server.connections() == 0)).isTrue();
            release.countDown();
            assertThat(Servers.eventually(() -> server.bytesInFlight() == 0)).isTrue();
        }
    }

    @Test
    void start_onATakenPort_namesIt() {
        try (ZmqServer server = Servers.start(Servers.limits(), ECHO)) {
            var binding = new ZmqServer.Binding("faissx", "127.0.0.1", server.port());
            assertThatThrownBy(() -> ZmqServer.start(
                            binding, Servers.limits(), Servers.work(Servers.limits(), Servers.handler(ECHO))))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("faissx")
                    .hasMessageContaining("127.0.0.1:" + server.port())
                    .hasMessageContaining("taken");
        }
    }

    @Test
    void stop_withARequestRunning_sendsItsReplyFirst() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        ZmqServer server = Servers.start(Servers.limits(), body -> {
            started.countDown();
            await(release);
            return body;
        });
        try (RawPeer peer = RawPeer.dealer(server.port())) {
            peer.request(Servers.bytes("last"));
            await(started);
            Thread stopping = Thread.ofPlatform().start(() -> server.stop(Servers.PATIENCE));
            release.countDown();
            assertThat(Servers.text(peer.readReply())).isEqualTo("last");
            assertThat(stopping.join(Servers.PATIENCE)).isTrue();
        }
        assertThatThrownBy(() -> new RawPeer(server.port())).isInstanceOf(IOException.class);
    }

    @Test
    void stop_withARequestThatNeverEnds_returnsAfterTheGrace() throws IOException {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        ZmqServer server = Servers.start(Servers.limits(), body -> {
            started.countDown();
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return body;
        });
        try (RawPeer peer = RawPeer.dealer(server.port())) {
            peer.request(new byte[1]);
            await(started);
            long start = System.nanoTime();
            server.stop(Duration.ofMillis(300));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        }
        never.countDown();
    }
}
