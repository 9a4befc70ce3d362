package dev.kith.doors.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.kith.doors.room.Room;
import dev.kith.testkit.Await;
import dev.kith.wire.ahnlich.db.query.Set;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrpcServerTest {
    private static final byte[] NO_MESSAGE = {0x0a, 0x7f};
    private static final int MEGABYTE = 1 << 20;

    static Status refusal(Runnable call) {
        try {
            call.run();
        } catch (StatusRuntimeException refused) {
            return refused.getStatus();
        }
        throw new AssertionError("the call was answered");
    }

    static Set ofBytes(int bytes) {
        return Set.newBuilder().setStore("x".repeat(bytes)).build();
    }

    @Test
    void credential_isCheckedBeforeTheMessageIsDecoded() throws Exception {
        try (GrpcFixture door = GrpcFixture.plain((_, _) -> 1L)) {
            Status unknown = refusal(() -> GrpcFixture.setRaw(door.channel("bad"), NO_MESSAGE));
            assertThat(unknown.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
            Status malformed = refusal(() -> GrpcFixture.setRaw(door.channel("good"), NO_MESSAGE));
            assertThat(malformed.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(malformed.getDescription()).contains("no valid message");
        }
    }

    /** An unknown field that holds itself, so often that decoding it would take a deep stack. */
    @Test
    void message_thatNestsTooDeeply_isInvalid() throws Exception {
        ByteString nested = ByteString.EMPTY;
        for (int level = 0; level < 20_000; level++) {
            nested = ByteString.copyFrom(new byte[] {(byte) 0xa3, 0x01}).concat(nested);
        }
        byte[] body = nested.toByteArray();
        try (GrpcFixture door = GrpcFixture.plain((_, _) -> 1L)) {
            Status status = refusal(() -> GrpcFixture.setRaw(door.channel("good"), body));
            assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        }
    }

    @Test
    void message_aboveTheLimit_isRefusedAndOthersGoOn() throws Exception {
        GrpcLimits small = GrpcLimits.of(MEGABYTE, 10);
        try (GrpcFixture door = new GrpcFixture(small, Optional.empty(), GrpcFixture.room(), (_, _) -> 1L)) {
            Channel channel = door.channel("good");
            Status status = refusal(() -> GrpcFixture.stub(channel).set(ofBytes(2 * MEGABYTE)));
            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(GrpcFixture.stub(channel)
                            .set(ofBytes(MEGABYTE / 2))
                            .getUpsert()
                            .getInserted())
                    .isEqualTo(1);
            Await.until("the room is empty", () -> door.room.used() == 0);
        }
    }

    @Test
    void compressedMessage_aboveTheLimit_isRefusedForItsSize() throws Exception {
        GrpcLimits small = GrpcLimits.of(MEGABYTE, 10);
        try (GrpcFixture door = new GrpcFixture(small, Optional.empty(), GrpcFixture.room(), (_, _) -> 1L)) {
            Channel channel = door.channel("good");
            Status status = refusal(
                    () -> GrpcFixture.stub(channel).withCompression("gzip").set(ofBytes(2 * MEGABYTE)));
            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            GrpcFixture.ping(channel);
        }
    }

    /** Anybody may ask for the health, so what is sent for that must not fill the room. */
    @Test
    void healthCheck_thatIsLarge_isRefusedBeforeItIsThere() throws Exception {
        try (GrpcFixture door = GrpcFixture.plain((_, _) -> 1L)) {
            HealthGrpc.HealthBlockingStub health =
                    HealthGrpc.newBlockingStub(door.channel("bad")).withDeadlineAfter(20, TimeUnit.SECONDS);
            Status status = refusal(() -> {
                var _ = health.check(HealthCheckRequest.newBuilder()
                        .setService("x".repeat(MEGABYTE))
                        .build());
            });
            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            Await.until("the room is empty", () -> door.room.used() == 0);
        }
    }

    @Test
    void message_withoutRoom_isRefusedAndGivesItsBytesBack() throws Exception {
        Room room = new Room(MEGABYTE, Duration.ofMillis(10));
        try (GrpcFixture door = new GrpcFixture(GrpcFixture.LIMITS, Optional.empty(), room, (_, _) -> 1L)) {
            Channel channel = door.channel("good");
            Status status = refusal(() -> GrpcFixture.stub(channel).set(ofBytes(MEGABYTE)));
            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(status.getDescription()).contains("Too busy");
            Await.until("the room is empty", () -> room.used() == 0);
            GrpcFixture.ping(channel);
        }
    }

    @Test
    void result_withoutRoom_isRefusedAndGivesItsBytesBack() throws Exception {
        Room room = new Room(MEGABYTE, Duration.ofMillis(10));
        try (GrpcFixture door = new GrpcFixture(GrpcFixture.LIMITS, Optional.empty(), room, (_, call) -> {
            call.take(10L * MEGABYTE);
            return 1L;
        })) {
            Status status = refusal(() -> GrpcFixture.stub(door.channel("good")).set(ofBytes(10)));
            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            Await.until("the room is empty", () -> room.used() == 0);
        }
    }

    /** The client says how long its message is, and sends half of it. */
    @Test
    void request_thatStopsArriving_isEndedAndGivesItsBytesBack() throws Exception {
        CountDownLatch rest = new CountDownLatch(1);
        try (GrpcFixture door = new GrpcFixture(impatient(), Optional.empty(), GrpcFixture.room(), (_, _) -> 1L)) {
            Channel channel = door.channel("good");
            CompletableFuture<Status> ended = door.sendHalf(channel, 8 * MEGABYTE, rest);
            // The client keeps an unfinished message back until something else is sent.
            Await.until("half of it holds room", () -> {
                GrpcFixture.ping(channel);
                return door.room.used() > MEGABYTE;
            });
            Await.until("the room is empty", () -> door.room.used() == 0);
            // The client looks at its answer when it has nothing more to send.
            rest.countDown();
            Status status = ended.get(60, TimeUnit.SECONDS);
            assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(status.getDescription()).isEqualTo("The request stopped arriving");
            GrpcFixture.ping(channel);
        } finally {
            rest.countDown();
        }
    }

    @Test
    void reply_thatNobodyReads_endsItsConnection() throws Exception {
        try (GrpcFixture door = new GrpcFixture(impatient(), Optional.empty(), GrpcFixture.room(), (_, call) -> {
            call.take(MEGABYTE);
            return 1L;
        })) {
            door.padding = MEGABYTE / 64;
            door.callWithoutReading();
            Await.until("the reply holds room", () -> door.room.used() >= MEGABYTE);
            Await.until("the connection is closed", () -> door.server.peers().isEmpty());
            Await.until("the room is empty", () -> door.room.used() == 0);
        }
    }

    /** It is judged while it stalls, goes on, is answered, and only then is the judgement carried out. */
    @Test
    void request_thatGoesOnAsItIsJudged_keepsItsConnection() throws Exception {
        CountDownLatch rest = new CountDownLatch(1);
        try (GrpcFixture door = GrpcFixture.plain((_, _) -> 1L)) {
            Channel channel = door.channel("good");
            CompletableFuture<Status> ended = door.sendHalf(channel, 8 * MEGABYTE, rest);
            Await.until("half of it holds room", () -> {
                GrpcFixture.ping(channel);
                return door.room.used() > MEGABYTE;
            });
            CallRoom call = Objects.requireNonNull(door.first.get());
            Runnable judgement =
                    call.judge(System.nanoTime() + Duration.ofDays(1).toNanos());
            List<Peer> before = door.server.peers();
            rest.countDown();
            // What it sent is no message, which is an answer too.
            assertThat(ended.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            judgement.run();
            GrpcFixture.ping(channel);
            assertThat(door.server.peers()).isEqualTo(before);
        } finally {
            rest.countDown();
        }
    }

    /** The room's patience is longer than the client's. */
    @Test
    void call_answeredAtOnce_doesNotWaitForRoom() throws Exception {
        Room room = new Room(8 * MEGABYTE, Duration.ofHours(1));
        try (GrpcFixture door = new GrpcFixture(GrpcFixture.LIMITS, Optional.empty(), room, (_, _) -> 1L)) {
            Channel channel = door.channel("good");
            assertThat(room.tryTake(7 * MEGABYTE, 7 * MEGABYTE)).isTrue();
            door.pingTakes = MEGABYTE;
            Status refused = refusal(() -> GrpcFixture.ping(channel));
            assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            room.giveBack(7 * MEGABYTE);
            GrpcFixture.ping(channel);
            Await.until("the room is empty", () -> room.used() == 0);
        }
    }

    private static GrpcLimits impatient() {
        return new GrpcLimits(
                GrpcLimits.MESSAGE_BYTES, 10, 10, GrpcLimits.HANDSHAKE, GrpcLimits.IDLE, Duration.ofMillis(500));
    }

    @Test
    void peers_ofATenant_areThoseThatCalledAsIt() throws Exception {
        CompletableFuture<List<Peer>> seen = new CompletableFuture<>();
        try (GrpcFixture door = GrpcFixture.plain((_, call) -> {
            seen.complete(call.peers());
            return 1L;
        })) {
            Status unknown = refusal(() -> GrpcFixture.ping(door.channel("bad")));
            assertThat(unknown.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
            GrpcFixture.ping(door.channel("good"));
            var _ = GrpcFixture.stub(door.channel("good")).set(ofBytes(1));
            assertThat(seen.join()).hasSize(2);
            assertThat(door.server.peers()).hasSize(3);
        }
    }

    @Test
    void connection_aboveTheLimit_isClosedAtOnce() throws Exception {
        GrpcLimits two = GrpcLimits.of(MEGABYTE, 2);
        try (GrpcFixture door = new GrpcFixture(two, Optional.empty(), GrpcFixture.room(), (_, _) -> 1L)) {
            Channel first = door.channel("good");
            GrpcFixture.ping(first);
            Channel second = door.channel("good");
            GrpcFixture.ping(second);
            assertThat(door.server.peers()).hasSize(2);
            try (Socket third = new Socket(InetAddress.getLoopbackAddress(), door.server.port())) {
                third.setSoTimeout(10_000);
                assertThat(endsAtOnce(third)).isTrue();
            }
            GrpcFixture.ping(first);
            GrpcFixture.ping(second);
            door.disconnect(0);
            Await.until("a place is free", () -> door.server.connections() == 1);
            GrpcFixture.ping(door.channel("good"));
            assertThat(door.server.connectionsRefused()).isEqualTo(1);
        }
    }

    /** The server may greet first; a reset is an end too, since it closed with unread bytes. */
    static boolean endsAtOnce(Socket socket) {
        try {
            return socket.getInputStream().readAllBytes().length < 1_000;
        } catch (java.net.SocketTimeoutException late) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    @ParameterizedTest
    @CsvSource({"Ahnlich;\u0001\u0002", "GET / HTTP/1.1", "*1"})
    void bytes_ofAnotherProtocol_endTheConnection(String first) throws Exception {
        try (GrpcFixture door = GrpcFixture.plain((_, _) -> 1L);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.server.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(first.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(endsAtOnce(socket)).isTrue();
            GrpcFixture.ping(door.channel("good"));
        }
    }

    @Test
    void call_thatIsCancelled_endsAtItsNextStep() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        try (GrpcFixture door = GrpcFixture.plain((_, call) -> steps(call, started, ended))) {
            Channel channel = door.channel("good");
            try (Context.CancellableContext client = Context.current().withCancellation()) {
                CompletableFuture<Status> status = new CompletableFuture<>();
                Runnable calling = () ->
                        status.complete(refusal(() -> GrpcFixture.stub(channel).set(ofBytes(1))));
                Thread.ofVirtual().name("client").start(client.wrap(calling));
                assertThat(started.await(20, TimeUnit.SECONDS)).isTrue();
                client.cancel(null);
                assertThat(status.get(20, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
            }
            assertThat(ended.get(20, TimeUnit.SECONDS)).isInstanceOf(StatusRuntimeException.class);
            Await.until("the room is empty", () -> door.room.used() == 0);
        }
    }

    @Test
    void call_thatIsCancelled_keepsItsRoomUntilItsThreadHasEnded() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (GrpcFixture door = GrpcFixture.plain((_, call) -> {
            call.take(1 << 20);
            started.countDown();
            try {
                assertThat(goOn.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException nobodysDoing) {
                Thread.currentThread().interrupt();
            }
            return 0L;
        })) {
            Channel channel = door.channel("good");
            try (Context.CancellableContext client = Context.current().withCancellation()) {
                CompletableFuture<Status> status = new CompletableFuture<>();
                Runnable calling = () ->
                        status.complete(refusal(() -> GrpcFixture.stub(channel).set(ofBytes(1))));
                Thread.ofVirtual().name("client").start(client.wrap(calling));
                assertThat(started.await(20, TimeUnit.SECONDS)).isTrue();
                client.cancel(null);
                assertThat(status.get(20, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
            }
            // A later call of the same connection is answered when the server knows of the cancellation.
            GrpcFixture.ping(channel);
            assertThat(door.room.used()).isGreaterThanOrEqualTo(1 << 20);
            goOn.countDown();
            Await.until("the room is empty", () -> door.room.used() == 0);
        }
    }

    @Test
    void call_whoseTimeIsOver_endsAtItsNextStep() throws Exception {
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        try (GrpcFixture door = GrpcFixture.plain((_, call) -> steps(call, new CountDownLatch(1), ended))) {
            Channel channel = door.channel("good");
            GrpcFixture.ping(channel);
            // Enough for the call to be there, on a busy machine too, over a connection that is there already.
            Status status = refusal(() -> GrpcFixture.stub(channel)
                    .withDeadlineAfter(1, TimeUnit.SECONDS)
                    .set(ofBytes(1)));
            assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(ended.get(20, TimeUnit.SECONDS)).isInstanceOf(StatusRuntimeException.class);
        }
    }

    /** Works until somebody no longer wants it; the bound keeps a failing test from hanging. */
    private static long steps(Call call, CountDownLatch started, CompletableFuture<Throwable> ended) {
        started.countDown();
        try {
            for (int step = 0; step < 4_000; step++) {
                call.requireWanted();
                TimeUnit.MILLISECONDS.sleep(5);
            }
            ended.complete(new AssertionError("went on"));
        } catch (StatusRuntimeException unwanted) {
            ended.complete(unwanted);
            throw unwanted;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }

    @Test
    void fault_isInternalAndSaysNothing() throws Exception {
        try (GrpcFixture door = GrpcFixture.plain((_, _) -> {
            throw new IllegalStateException("secret");
        })) {
            Status status = refusal(() -> GrpcFixture.stub(door.channel("good")).set(ofBytes(1)));
            assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
            assertThat(status.getDescription()).doesNotContain("secret");
        }
    }

    @Test
    void stop_letsTheCallInProgressFinish() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch letGo = new CountDownLatch(1);
        AtomicInteger answered = new AtomicInteger();
        try (GrpcFixture door = GrpcFixture.plain((_, _) -> {
            started.countDown();
            try {
                assertThat(letGo.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return 7L;
        })) {
            Channel channel = door.channel("good");
            Thread client = Thread.ofVirtual()
                    .name("client")
                    .start(() -> answered.set((int) GrpcFixture.stub(channel)
                            .set(ofBytes(1))
                            .getUpsert()
                            .getInserted()));
            assertThat(started.await(20, TimeUnit.SECONDS)).isTrue();
            Thread stop = Thread.ofVirtual().name("stop").start(() -> door.server.stop(Duration.ofSeconds(20)));
            Await.until("the door is stopping", () -> !door.server.isServing());
            letGo.countDown();
            assertThat(stop.join(Duration.ofSeconds(20))).isTrue();
            assertThat(client.join(Duration.ofSeconds(20))).isTrue();
            assertThat(answered).hasValue(7);
        }
    }

    @Test
    void health_needsNoCredential_andReflectionDoes() throws Exception {
        try (GrpcFixture door = GrpcFixture.plain((_, _) -> 1L)) {
            var health = HealthGrpc.newBlockingStub(door.channel("bad")).check(HealthCheckRequest.getDefaultInstance());
            assertThat(health.getStatus()).isEqualTo(ServingStatus.SERVING);
            assertThat(reflect(door.channel("bad"))).isEqualTo("UNAUTHENTICATED");
            assertThat(reflect(door.channel("good"))).contains("services.db_service.DBService");
        }
    }

    private static String reflect(Channel channel) throws Exception {
        CompletableFuture<String> services = new CompletableFuture<>();
        var requests = ServerReflectionGrpc.newStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .serverReflectionInfo(new StreamObserver<ServerReflectionResponse>() {
                    @Override
                    public void onNext(ServerReflectionResponse reply) {
                        services.complete(
                                reply.getListServicesResponse().getServiceList().toString());
                    }

                    @Override
                    public void onError(Throwable refused) {
                        services.complete(
                                Status.fromThrowable(refused).getCode().name());
                    }

                    @Override
                    public void onCompleted() {
                        services.complete("ended");
                    }
                });
        requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        String found = services.get(20, TimeUnit.SECONDS);
        requests.onCompleted();
        return found;
    }

    @Test
    void port_thatIsTaken_isNamed() throws Exception {
        try (GrpcFixture door = GrpcFixture.plain((_, _) -> 1L)) {
            var binding = new GrpcServer.Binding(
                    "late", InetAddress.getLoopbackAddress(), door.server.port(), Optional.empty());
            var work = new GrpcServer.Work(List.of(), door, door.room, java.time.InstantSource.system());
            assertThatThrownBy(() -> GrpcServer.start(binding, GrpcFixture.LIMITS, work))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("late")
                    .hasMessageContaining("" + door.server.port());
        }
    }
}
