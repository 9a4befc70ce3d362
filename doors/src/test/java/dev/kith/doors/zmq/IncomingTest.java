package dev.kith.doors.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.doors.room.Room;
import dev.kith.doors.zmq.Lane.Body;
import dev.kith.doors.zmq.Lane.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

class IncomingTest {
    private final Room room = new Room(2 << 20, Duration.ZERO);
    private final Account account = new Account(room, 1 << 20);
    private final List<Request> received = new ArrayList<>();
    private final List<byte[]> replies = new ArrayList<>();
    private int dropped;

    private Incoming incoming(IntFunction<byte[]> allocator) {
        ZmqLimits limits = new ZmqLimits(1 << 20, 2 << 20, 1, 1, ZmqLimits.HANDSHAKE, ZmqLimits.STALL);
        return new Incoming(
                account,
                limits,
                new Incoming.Listener() {
                    @Override
                    public void reply(byte[] frame) {
                        replies.add(frame);
                    }

                    @Override
                    public void received(Request request) {
                        received.add(request);
                    }

                    @Override
                    public void dropped() {
                        dropped++;
                    }
                },
                allocator);
    }

    private static byte[] stream(byte[]... parts) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(RawPeer.greeting("NULL", 3));
        all.write(RawPeer.ready(Map.of("Socket-Type", "REQ")));
        for (byte[] part : parts) {
            all.write(part);
        }
        return all.toByteArray();
    }

    private static byte[] bodyOf(Request request) {
        return request.body() instanceof Body.Given(byte[] bytes) ? bytes : new byte[0];
    }

    @Test
    void stream_cutAnywhere_givesTheSameMessages() throws IOException {
        long seed = 5;
        Random random = new Random(seed);
        byte[] body = new byte[700];
        random.nextBytes(body);
        byte[] stream = stream(
                RawPeer.delimiter(),
                RawPeer.frame(0, body),
                RawPeer.frame(0, Servers.bytes("dropped")),
                RawPeer.frame(4, Servers.bytes("\u0004PING\0\0ctx")),
                RawPeer.delimiter(),
                RawPeer.frame(0, new byte[0]));
        for (int round = 0; round < 50; round++) {
            received.clear();
            replies.clear();
            dropped = 0;
            Incoming incoming = incoming(byte[]::new);
            for (int at = 0; at < stream.length; ) {
                int length = Math.min(stream.length - at, round == 0 ? 1 : 1 + random.nextInt(200));
                incoming.take(ByteBuffer.wrap(stream, at, length));
                at += length;
            }
            assertThat(received).as("seed %d, round %d", seed, round).hasSize(2);
            assertThat(bodyOf(received.getFirst())).isEqualTo(body);
            assertThat(received.getLast().charge()).isEqualTo(Incoming.REQUEST_OVERHEAD_BYTES);
            assertThat(dropped).isEqualTo(1);
            assertThat(replies).containsExactly(Opening.ready(), RawPeer.frame(4, Servers.bytes("\u0004PONGctx")));
            received.forEach(request -> account.giveBack(request.charge()));
        }
        assertThat(room.used()).isZero();
    }

    @Test
    void body_thatTheHeapCannotHold_isRefusedAndHoldsNoMoreThanItsRefusal() throws IOException {
        Incoming incoming = incoming(bytes -> {
            throw new OutOfMemoryError("on purpose");
        });
        incoming.take(ByteBuffer.wrap(stream(RawPeer.delimiter(), RawPeer.frame(0, new byte[9_000]))));
        assertThat(received).hasSize(1);
        assertThat(received.getFirst().body())
                .isEqualTo(new Body.Refused(
                        new RequestHandler.Refusal.NoRoom(9_000, (1 << 20) - Incoming.REQUEST_OVERHEAD_BYTES)));
        assertThat(room.used()).isEqualTo(received.getFirst().charge()).isEqualTo(Incoming.REQUEST_OVERHEAD_BYTES);
    }

    @Test
    void body_thatIsOnlyDeclared_getsMemoryAsItComes() throws IOException {
        int length = 900_000;
        Incoming incoming = incoming(byte[]::new);
        incoming.take(ByteBuffer.wrap(stream(RawPeer.delimiter(), RawPeer.head(0, length))));
        assertThat(room.used()).isEqualTo(Incoming.REQUEST_OVERHEAD_BYTES);
        byte[] body = new byte[length];
        new Random(9).nextBytes(body);
        for (int at = 0; at < length; at += 1_000) {
            incoming.take(ByteBuffer.wrap(body, at, 1_000));
            assertThat(room.used()).isBetween(at + 1_000L, Incoming.REQUEST_OVERHEAD_BYTES + 4 * (at + 1_000L));
        }
        assertThat(bodyOf(received.getFirst())).isEqualTo(body);
        assertThat(room.used()).isEqualTo(length + Incoming.REQUEST_OVERHEAD_BYTES);
    }

    @Test
    void body_forWhoseRestNoRoomIsLeft_isRefusedAndTheNextTaken() throws IOException {
        Incoming incoming = incoming(byte[]::new);
        incoming.take(ByteBuffer.wrap(stream(RawPeer.delimiter(), RawPeer.head(0, 900_000), new byte[100_000])));
        Account other = new Account(room, 2 << 20);
        assertThat(other.tryTake(1_500_000)).isTrue();
        incoming.take(ByteBuffer.wrap(new byte[800_000]));
        other.giveBack(1_500_000);
        incoming.take(ByteBuffer.wrap(RawPeer.delimiter()));
        incoming.take(ByteBuffer.wrap(RawPeer.frame(0, new byte[5])));
        assertThat(received.getFirst().body()).isInstanceOf(Body.Refused.class);
        assertThat(bodyOf(received.getLast())).hasSize(5);
        assertThat(room.used()).isEqualTo(5 + 2 * Incoming.REQUEST_OVERHEAD_BYTES);
    }

    @Test
    void message_thatIsAbandoned_givesItsRoomBack() throws IOException {
        Incoming incoming = incoming(byte[]::new);
        incoming.take(ByteBuffer.wrap(stream(RawPeer.delimiter(), RawPeer.head(0, 5_000), new byte[2_000])));
        assertThat(room.used()).isEqualTo(5_000 + Incoming.REQUEST_OVERHEAD_BYTES);
        incoming.abandon();
        assertThat(room.used()).isZero();
    }
}
