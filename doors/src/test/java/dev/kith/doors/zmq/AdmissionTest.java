package dev.kith.doors.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.doors.zmq.RequestHandler.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How requests share the room: what they hold, who waits, who is refused, and that pings always find a place. */
class AdmissionTest {
    private static final int MEGABYTE = 1 << 20;
    private static final byte PING = 0;
    /** Asks for so many megabytes, waits to be let go, and answers in a few bytes. */
    private static final byte COMPUTE = 1;
    /** Answers so many megabytes at once. */
    private static final byte ANSWER = 2;

    private final AtomicInteger computing = new AtomicInteger();
    private final AtomicInteger computed = new AtomicInteger();
    private final Semaphore letGo = new Semaphore(0);
    private final ZmqLimits limits =
            new ZmqLimits(8 * MEGABYTE, 16 * MEGABYTE, 20, 16, ZmqLimits.HANDSHAKE, Duration.ofMillis(700));
    private final RequestHandler handler = new RequestHandler() {
        @Override
        public ByteBuffer handle(byte[] body, Memory memory) {
            return AdmissionTest.this.handle(body, memory);
        }

        @Override
        public ByteBuffer refuse(Refusal refusal) {
            return ByteBuffer.wrap(Servers.bytes(refusal.toString()));
        }
    };
    private final ZmqServer server =
            ZmqServer.start(new ZmqServer.Binding("test", "127.0.0.1", 0), limits, Servers.work(limits, handler));
    private final List<RawPeer> peers = new ArrayList<>();

    private ByteBuffer handle(byte[] body, Memory memory) {
        if (body[0] == PING) {
            return ByteBuffer.wrap(Servers.bytes("pong"));
        }
        if (!memory.reserve((long) body[1] * MEGABYTE)) {
            return ByteBuffer.wrap(Servers.bytes("busy"));
        }
        if (body[0] == ANSWER) {
            return ByteBuffer.wrap(new byte[body[1] * MEGABYTE]);
        }
        computing.incrementAndGet();
        try {
            assertThat(letGo.tryAcquire(Servers.PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        computing.decrementAndGet();
        computed.incrementAndGet();
        return ByteBuffer.wrap(Servers.bytes("computed"));
    }

    private RawPeer peer() throws IOException {
        RawPeer peer = RawPeer.dealer(server.port());
        peers.add(peer);
        return peer;
    }

    private RawPeer computing(int megabytes) throws IOException {
        RawPeer peer = peer();
        peer.request(new byte[] {COMPUTE, (byte) megabytes});
        return peer;
    }

    private void assertPongs(RawPeer peer) throws IOException {
        peer.request(new byte[] {PING});
        assertThat(Servers.text(peer.readReply())).isEqualTo("pong");
    }

    @AfterEach
    void stop() throws Exception {
        letGo.release(100);
        for (RawPeer peer : peers) {
            peer.close();
        }
        assertThat(Servers.eventually(() -> server.bytesInFlight() == 0))
                .as("%d bytes left in flight", server.bytesInFlight())
                .isTrue();
        server.close();
    }

    @Test
    void requests_thatNeedMoreThanTheRoomTogether_runOneAfterTheOther() throws Exception {
        RawPeer first = computing(8);
        assertThat(Servers.eventually(() -> computing.get() == 1)).isTrue();
        RawPeer second = computing(8);
        assertThat(Servers.eventually(() -> server.requests() == 2)).isTrue();
        assertPongs(peer());
        assertThat(computing.get()).isEqualTo(1);
        letGo.release();
        assertThat(Servers.text(first.readReply())).isEqualTo("computed");
        letGo.release();
        assertThat(Servers.text(second.readReply())).isEqualTo("computed");
    }

    @Test
    void request_thatWaitsTooLongForRoom_isRefused() throws Exception {
        RawPeer first = computing(8);
        assertThat(Servers.eventually(() -> computing.get() == 1)).isTrue();
        assertThat(Servers.text(computing(8).readReply())).isEqualTo("busy");
        letGo.release();
        assertThat(Servers.text(first.readReply())).isEqualTo("computed");
    }

    @Test
    void request_thatNeverFits_isRefused() throws IOException {
        assertThat(Servers.text(computing(16).readReply())).isEqualTo("busy");
    }

    @Test
    void requests_ofAPeerThatLeft_areNotBegun() throws Exception {
        RawPeer leaving = peer();
        for (int i = 0; i < 10; i++) {
            leaving.request(new byte[] {COMPUTE, 1});
        }
        assertThat(Servers.eventually(() -> computing.get() == 1 && server.requests() == 10))
                .isTrue();
        leaving.close();
        assertThat(Servers.eventually(() -> server.connections() == 0)).isTrue();
        letGo.release(10);
        assertThat(Servers.eventually(() -> server.bytesInFlight() == 0)).isTrue();
        assertThat(computed.get()).isEqualTo(1);
    }

    @Test
    void replies_thatNobodyReads_loseTheirConnectionsAndTheRoomIsFreeAgain() throws Exception {
        List<RawPeer> deaf = List.of(peer(), peer(), peer(), peer(), peer(), peer());
        RawPeer other = peer();
        for (RawPeer peer : deaf) {
            // The system takes some megabytes from us although nobody reads; the rest stays in the room.
            peer.request(new byte[] {ANSWER, 14});
        }
        assertThat(Servers.eventually(() -> server.requests() == deaf.size())).isTrue();
        assertPongs(other);
        assertThat(Servers.eventually(() -> server.connectionsEnded() > 0)).isTrue();
        assertPongs(other);
        for (RawPeer peer : deaf) {
            peer.close();
        }
        other.request(new byte[] {ANSWER, 14});
        assertThat(other.readReply()).hasSize(14 * MEGABYTE);
    }

    @Test
    void reply_thatNobodyReadsWhileThereIsRoom_losesItsConnectionLater() throws Exception {
        peer().request(new byte[] {ANSWER, 10});
        assertThat(Servers.eventually(() -> server.bytesInFlight() > 0)).isTrue();
        assertThat(Servers.eventually(() -> server.connectionsEnded() == 1)).isTrue();
        assertThat(Servers.eventually(() -> server.bytesInFlight() == 0)).isTrue();
    }

    @Test
    void requests_thatWait_areCounted() throws Exception {
        RawPeer peer = peer();
        peer.request(new byte[] {COMPUTE, 1});
        assertThat(Servers.eventually(() -> computing.get() == 1)).isTrue();
        long before = server.bytesInFlight();
        for (int i = 0; i < 100; i++) {
            peer.request(new byte[] {PING});
        }
        assertThat(Servers.eventually(() -> server.requests() == 101)).isTrue();
        assertThat(server.bytesInFlight() - before).isGreaterThanOrEqualTo(100L * Incoming.REQUEST_OVERHEAD_BYTES);
    }

    @Test
    void connection_thatIsIdleForLongest_makesWayForANewOne() throws Exception {
        RawPeer idle = peer();
        RawPeer busy = computing(1);
        for (int i = 0; i < 18; i++) {
            assertPongs(peer());
        }
        assertThat(Servers.eventually(() -> {
                    try (RawPeer late = new RawPeer(server.port())) {
                        late.send(RawPeer.greeting("NULL", 3));
                        return idle.isEndedWithin(Duration.ofMillis(100));
                    } catch (IOException refused) {
                        return false;
                    }
                }))
                .isTrue();
        letGo.release();
        assertThat(Servers.text(busy.readReply())).isEqualTo("computed");
    }
}
