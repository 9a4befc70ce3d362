package dev.kith.doors.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.doors.room.Room;
import dev.kith.testkit.Await;
import dev.kith.wire.ahnlich.db.query.Set;
import io.grpc.Channel;
import io.grpc.Status;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How requests come in, one beside the other. */
class GrpcArrivalTest {
    private static final int MEGABYTE = 1 << 20;

    /** Two bytes a message that takes thirty times as much in memory. */
    @Test
    void message_ofVeryManyMessages_isRefusedBeforeItIsDecoded() throws Exception {
        AtomicInteger answered = new AtomicInteger();
        Room room = new Room(8 * MEGABYTE, Duration.ofMillis(10));
        try (GrpcFixture door = new GrpcFixture(
                GrpcFixture.LIMITS, Optional.empty(), room, (_, _) -> (long) answered.incrementAndGet())) {
            byte[] body = new byte[MEGABYTE];
            for (int at = 0; at < body.length; at += 2) {
                body[at] = 0x12;
            }
            Status status = GrpcServerTest.refusal(() -> GrpcFixture.setRaw(door.channel("good"), body));
            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(answered).hasValue(0);
            GrpcFixture.setRaw(door.channel("good"), Arrays.copyOf(body, 1_000));
            assertThat(answered).hasValue(1);
            Await.until("the room is empty", () -> room.used() == 0);
        }
    }

    @Test
    void compressedMessage_isDecoded() throws Exception {
        try (GrpcFixture door =
                GrpcFixture.plain((set, _) -> (long) set.getStore().length())) {
            var reply = GrpcFixture.stub(door.channel("good"))
                    .withCompression("gzip")
                    .set(GrpcServerTest.ofBytes(MEGABYTE));
            assertThat(reply.getUpsert().getInserted()).isEqualTo(MEGABYTE);
        }
    }

    /** On the same connection, so on the same event loop. */
    @Test
    void callThatTakesLong_delaysNoOther() throws Exception {
        CountDownLatch letGo = new CountDownLatch(1);
        try (GrpcFixture door = GrpcFixture.plain((set, _) -> {
            try {
                return !set.getStore().equals("long") || letGo.await(20, TimeUnit.SECONDS) ? 1L : 0L;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        })) {
            Channel channel = door.channel("good");
            List<CompletableFuture<Long>> waiting = IntStream.range(0, 100)
                    .mapToObj(_ -> new CompletableFuture<Long>())
                    .toList();
            waiting.forEach(answer -> Thread.ofVirtual()
                    .name("client")
                    .start(() -> answer.complete(GrpcFixture.stub(channel)
                            .set(Set.newBuilder().setStore("long").build())
                            .getUpsert()
                            .getInserted())));
            for (int call = 0; call < 100; call++) {
                GrpcFixture.ping(channel);
                assertThat(GrpcFixture.stub(channel)
                                .set(GrpcServerTest.ofBytes(1))
                                .getUpsert()
                                .getInserted())
                        .isEqualTo(1);
            }
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
            letGo.countDown();
            assertThat(waiting).allMatch(answer -> answer.join() == 1);
        }
    }

    /** What says nothing, or stops in the middle of the preface, takes a place from others for a while only. */
    @ParameterizedTest
    @ValueSource(strings = {"", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"})
    void connection_thatDoesNotSpeak_isEnded(String first) throws Exception {
        GrpcLimits brief = new GrpcLimits(MEGABYTE, 1, 10, Duration.ofMillis(200), GrpcLimits.IDLE, GrpcLimits.STALL);
        try (GrpcFixture door = new GrpcFixture(brief, Optional.empty(), GrpcFixture.room(), (_, _) -> 1L);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(first.getBytes(StandardCharsets.US_ASCII));
            assertThat(GrpcServerTest.endsAtOnce(socket)).isTrue();
            Await.until("its place is free", () -> door.server.connections() == 0);
            GrpcFixture.ping(door.channel("good"));
        }
    }
}
