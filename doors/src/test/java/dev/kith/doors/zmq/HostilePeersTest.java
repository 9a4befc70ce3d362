package dev.kith.doors.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What peers may do to the transport: the socket stays, others are served, and the memory is bounded. */
class HostilePeersTest {
    private static final int FRAME_BYTES = 8 << 20;
    private static final int IN_FLIGHT_BYTES = 16 << 20;

    private final ZmqServer server = Servers.start(
            new ZmqLimits(FRAME_BYTES, IN_FLIGHT_BYTES, 60, 16, Duration.ofMillis(500), Duration.ofMillis(700)),
            UnaryOperator.identity());

    private RawPeer peer() throws IOException {
        return RawPeer.dealer(server.port());
    }

    /** The door answers a new peer. */
    private void assertServing() throws IOException {
        try (RawPeer peer = peer()) {
            peer.request(Servers.bytes("still there?"));
            assertThat(Servers.text(peer.readReply())).isEqualTo("still there?");
        }
    }

    @AfterEach
    void stop() throws Exception {
        assertServing();
        assertThat(Servers.eventually(() -> server.bytesInFlight() == 0))
                .as("%d bytes left in flight", server.bytesInFlight())
                .isTrue();
        server.close();
    }

    @Test
    void garbage_ofAnyKind_leavesTheDoorServing() throws IOException {
        long seed = 11;
        Random random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            byte[] garbage = new byte[random.nextInt(2_000)];
            random.nextBytes(garbage);
            try (RawPeer peer = round % 2 == 0 ? new RawPeer(server.port()) : peer()) {
                peer.send(garbage);
            } catch (IOException ended) {
                // The door ends such connections whenever it likes.
            }
        }
        try (RawPeer http = new RawPeer(server.port())) {
            http.send(Servers.bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
        }
        assertServing();
    }

    @Test
    void greetings_thatAreWrong_areEnded() throws IOException {
        List<byte[]> greetings =
                List.of(RawPeer.greeting("CURVE", 3), RawPeer.greeting("PLAIN", 3), RawPeer.greeting("nonsense", 3));
        for (byte[] greeting : greetings) {
            try (RawPeer peer = new RawPeer(server.port())) {
                peer.send(greeting);
                assertThat(peer.isEnded()).isTrue();
            }
        }
    }

    @Test
    void handshake_thatNeverComes_isEnded() throws IOException {
        try (RawPeer silent = new RawPeer(server.port());
                RawPeer half = new RawPeer(server.port())) {
            half.send(new byte[] {(byte) 0xFF, 0, 0});
            assertThat(silent.isEnded()).isTrue();
            assertThat(half.isEnded()).isTrue();
        }
    }

    @Test
    void handshakes_thatAreMalformed_areEnded() throws IOException {
        List<byte[]> handshakes = List.of(
                RawPeer.ready(Map.of("Socket-Type", "PUB")),
                RawPeer.ready(Map.of()),
                RawPeer.frame(4, Servers.bytes("\u0005HELLO")),
                RawPeer.frame(4, Servers.bytes("\u0005READY\u000bSocket-Type\0\0\1\0REQ")),
                RawPeer.frame(4, Servers.bytes("\u0005READY\u00ff")),
                RawPeer.frame(4, new byte[0]),
                RawPeer.frame(0, Servers.bytes("a message")),
                RawPeer.frame(8, Servers.bytes("unknown flag")));
        for (byte[] handshake : handshakes) {
            try (RawPeer peer = new RawPeer(server.port())) {
                peer.send(RawPeer.greeting("NULL", 3));
                peer.send(handshake);
                assertThat(peer.isEnded()).as(Servers.text(handshake)).isTrue();
            }
        }
    }

    @Test
    void handshake_thatIsLarge_isEnded() throws IOException {
        try (RawPeer large = new RawPeer(server.port())) {
            large.send(RawPeer.greeting("NULL", 3));
            large.send(RawPeer.ready(Map.of("Socket-Type", "DEALER", "X", "y".repeat(100_000))));
            assertThat(large.isEnded()).isTrue();
        }
    }

    @Test
    void frame_overTheLimit_endsItsConnection() throws IOException {
        for (long length : new long[] {FRAME_BYTES + 1, Integer.MAX_VALUE, Long.MAX_VALUE, -1}) {
            try (RawPeer peer = peer()) {
                peer.send(RawPeer.delimiter(), RawPeer.head(0, length));
                assertThat(peer.isEnded()).as("length %d", length).isTrue();
            }
        }
    }

    @Test
    void declaredFrames_ofManyPeersThatSendNothing_costNothingAndAreEnded() throws Exception {
        List<RawPeer> peers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            RawPeer peer = peer();
            peer.send(RawPeer.delimiter(), RawPeer.head(0, FRAME_BYTES));
            peers.add(peer);
        }
        assertServing();
        try (RawPeer honest = peer()) {
            honest.request(new byte[FRAME_BYTES]);
            assertThat(honest.readReply()).hasSize(FRAME_BYTES);
        }
        assertThat(Servers.eventually(() -> server.bytesInFlight() == 0)).isTrue();
        assertThat(Servers.eventually(() -> server.connectionsEnded() == 40)).isTrue();
        for (RawPeer peer : peers) {
            peer.close();
        }
    }

    @Test
    void frame_withoutRoom_isAnsweredWithWhatWouldFit() throws Exception {
        try (RawPeer first = peer();
                RawPeer second = peer();
                RawPeer late = peer()) {
            first.send(RawPeer.delimiter(), RawPeer.head(0, FRAME_BYTES - 1_000), new byte[FRAME_BYTES - 2_000]);
            second.send(RawPeer.delimiter(), RawPeer.head(0, FRAME_BYTES / 2), new byte[FRAME_BYTES / 2 - 1_000]);
            assertThat(Servers.eventually(() -> server.bytesInFlight() > FRAME_BYTES))
                    .isTrue();
            late.request(new byte[FRAME_BYTES / 2]);
            assertThat(Servers.text(late.readReply())).contains("NoRoom").contains("bytes=" + (FRAME_BYTES / 2));
            late.request(Servers.bytes("small"));
            assertThat(Servers.text(late.readReply())).isEqualTo("small");
            assertThat(server.requestsRefused()).isEqualTo(1);
        }
    }

    @Test
    void message_ofEndlessFrames_endsItsConnection() throws IOException {
        try (RawPeer peer = peer()) {
            peer.request(new byte[1]);
            peer.readReply();
            try {
                for (int i = 0; i < 1_000; i++) {
                    peer.send(RawPeer.frame(1, new byte[10_000]));
                }
            } catch (IOException ended) {
                // As it should be.
            }
            assertThat(peer.isEnded()).isTrue();
        }
    }

    @Test
    void peers_thatLeaveInTheMiddleOfAFrame_leaveNoBytesBehind() throws IOException {
        for (int i = 0; i < 30; i++) {
            try (RawPeer peer = peer()) {
                peer.send(RawPeer.delimiter(), RawPeer.head(0, FRAME_BYTES), new byte[i * 1_000]);
            }
        }
    }

    @Test
    void connections_overTheLimit_areEndedAndThoseBelowServed() throws Exception {
        List<RawPeer> open = new ArrayList<>();
        for (int i = 0; i < 58; i++) {
            open.add(peer());
        }
        List<RawPeer> late = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            late.add(new RawPeer(server.port()));
        }
        assertThat(Servers.eventually(() -> server.connectionsRefused() == 8)).isTrue();
        open.getFirst().request(new byte[3]);
        assertThat(open.getFirst().readReply()).hasSize(3);
        for (RawPeer peer : open) {
            peer.close();
        }
        for (RawPeer peer : late) {
            peer.close();
        }
        assertThat(Servers.eventually(() -> server.connections() == 0)).isTrue();
    }

    @Test
    void peer_thatDoesNotReadItsReplies_doesNotStopOthers() throws Exception {
        try (RawPeer deaf = peer();
                RawPeer other = peer()) {
            for (int i = 0; i < 14; i++) {
                deaf.request(new byte[1 << 20]);
            }
            for (int i = 0; i < 50; i++) {
                other.request(new byte[10]);
                assertThat(other.readReply()).hasSize(10);
            }
            int answered = 0;
            for (int i = 0; i < 14; i++) {
                answered += deaf.readReply().length > 100 ? 1 : 0;
            }
            assertThat(answered).isPositive();
        }
    }
}
