package dev.kith.doors.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.kith.doors.room.Room;
import dev.kith.testkit.Await;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.db.query.Ping;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.db.server.Pong;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc;
import dev.kith.wire.ahnlich.shared.info.StoreUpsert;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.KnownLength;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** A door on a loopback port with two methods: one answers at once, the other does what the test says. */
final class GrpcFixture implements AutoCloseable, Dialect {
    static final Metadata.Key<String> KEY = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    static final GrpcLimits LIMITS = GrpcLimits.of(GrpcLimits.MESSAGE_BYTES, 10);
    private static final int SECONDS = 20;
    private static final int WINDOW_BYTES = 1 << 10;

    final Room room;
    final GrpcServer server;
    private final List<ManagedChannel> channels = new ArrayList<>();
    /** Bytes that every reply of Set has besides its own. */
    volatile int padding;
    /** Bytes that every Ping takes of the room. */
    volatile long pingTakes;
    /** Of the call that began first. */
    final AtomicReference<@Nullable CallRoom> first = new AtomicReference<>();

    /** @param work what Set does: the request and the call, to the number it answers */
    GrpcFixture(GrpcLimits limits, Optional<Tls> tls, Room room, BiFunction<Set, Call, Long> work) {
        this.room = room;
        ServiceDescriptor described = ServiceDescriptor.newBuilder(DBServiceGrpc.SERVICE_NAME)
                .setSchemaDescriptor(DBServiceGrpc.getServiceDescriptor().getSchemaDescriptor())
                .addMethod(DBServiceGrpc.getPingMethod())
                .addMethod(DBServiceGrpc.getSetMethod())
                .build();
        GrpcService service = new GrpcService(described, this)
                .withImmediate(DBServiceGrpc.getPingMethod(), (_, call) -> {
                    call.take(pingTakes);
                    return Pong.getDefaultInstance();
                })
                .withShort(
                        DBServiceGrpc.getSetMethod(),
                        (request, call) -> dev.kith.wire.ahnlich.db.server.Set.newBuilder()
                                .setUpsert(StoreUpsert.newBuilder().setInserted(work.apply(request, call)))
                                .setUnknownFields(padding())
                                .build());
        server = GrpcServer.start(
                new GrpcServer.Binding("test", InetAddress.getLoopbackAddress(), 0, tls),
                limits,
                new GrpcServer.Work(List.of(service), this, room, InstantSource.system()));
    }

    private UnknownFieldSet padding() {
        return UnknownFieldSet.newBuilder()
                .addField(
                        100,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFrom(new byte[padding]))
                                .build())
                .build();
    }

    static GrpcFixture plain(BiFunction<Set, Call, Long> work) {
        return new GrpcFixture(LIMITS, Optional.empty(), room(), work);
    }

    static Room room() {
        return new Room(256 << 20, Duration.ofSeconds(SECONDS));
    }

    @Override
    public boolean isOpen() {
        return false;
    }

    @Override
    public String tenantOf(Metadata headers) {
        first.compareAndSet(null, CallRoom.KEY.get());
        if (!"good".equals(headers.get(KEY))) {
            throw Status.UNAUTHENTICATED.withDescription("no").asRuntimeException();
        }
        return "tenant";
    }

    @Override
    public Status statusOf(Rejection refused) {
        return Status.RESOURCE_EXHAUSTED.withDescription(refused.text());
    }

    /** A connection of its own, whose calls carry this key. */
    Channel channel(String key) {
        return channel(
                NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext(), key);
    }

    Channel channel(NettyChannelBuilder builder, String key) {
        ManagedChannel channel = builder.build();
        channels.add(channel);
        Metadata headers = new Metadata();
        headers.put(KEY, key);
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    static DBServiceGrpc.DBServiceBlockingStub stub(Channel channel) {
        return DBServiceGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    static void ping(Channel channel) {
        Pong unused = stub(channel).ping(Ping.getDefaultInstance());
    }

    /** Calls Set with bytes that need not be a message. */
    static void setRaw(Channel channel, byte[] body) {
        callRaw(channel, DBServiceGrpc.getSetMethod(), body);
    }

    static <R> void callRaw(Channel channel, MethodDescriptor<?, R> method, byte[] body) {
        MethodDescriptor<byte[], R> raw =
                method.toBuilder(new Raw(), method.getResponseMarshaller()).build();
        Iterator<R> replies = ClientCalls.blockingServerStreamingCall(
                channel, raw, CallOptions.DEFAULT.withDeadlineAfter(SECONDS, TimeUnit.SECONDS), body);
        replies.forEachRemaining(_ -> {});
    }

    /**
     * Begins a call of Set and sends half of what it says to be the message's length.
     *
     * @param rest the other half comes after this
     * @return how the call ended
     */
    CompletableFuture<Status> sendHalf(Channel channel, int bytes, CountDownLatch rest) {
        CompletableFuture<Status> ended = new CompletableFuture<>();
        ClientCall<byte[], dev.kith.wire.ahnlich.db.server.Set> call = channel.newCall(
                DBServiceGrpc.getSetMethod().toBuilder(
                                new HalfThere(rest),
                                DBServiceGrpc.getSetMethod().getResponseMarshaller())
                        .build(),
                CallOptions.DEFAULT.withDeadlineAfter(SECONDS, TimeUnit.SECONDS));
        call.start(new Ending(ended), new Metadata());
        Thread.ofVirtual().name("half-sent").start(() -> {
            call.sendMessage(new byte[bytes]);
            call.halfClose();
        });
        return ended;
    }

    /** Calls Set over a connection of its own that takes no more than a window of the reply. */
    void callWithoutReading() {
        Channel channel = channel(
                NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                        .usePlaintext()
                        .flowControlWindow(WINDOW_BYTES),
                "good");
        ClientCall<Set, dev.kith.wire.ahnlich.db.server.Set> call =
                channel.newCall(DBServiceGrpc.getSetMethod(), CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.sendMessage(Set.getDefaultInstance());
        call.halfClose();
    }

    private static final class Ending extends ClientCall.Listener<dev.kith.wire.ahnlich.db.server.Set> {
        private final CompletableFuture<Status> ended;

        Ending(CompletableFuture<Status> ended) {
            this.ended = ended;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
        }
    }

    /** The second half of what it sends is not there before the latch opens. */
    private static final class HalfThere implements MethodDescriptor.Marshaller<byte[]> {
        private final CountDownLatch rest;

        HalfThere(CountDownLatch rest) {
            this.rest = rest;
        }

        @Override
        public InputStream stream(byte[] value) {
            return new HalfStream(value, rest);
        }

        @Override
        public byte[] parse(InputStream stream) {
            throw new IllegalStateException("a client parses no requests");
        }
    }

    private static final class HalfStream extends InputStream implements KnownLength {
        private final byte[] bytes;
        private final CountDownLatch rest;
        private int at;

        HalfStream(byte[] bytes, CountDownLatch rest) {
            this.bytes = bytes;
            this.rest = rest;
        }

        @Override
        public int available() {
            return bytes.length - at;
        }

        @Override
        public int read() {
            throw new IllegalStateException("read in pieces");
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (at >= bytes.length) {
                return -1;
            }
            if (at >= bytes.length / 2) {
                try {
                    rest.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            int count = Math.min(length, bytes.length - at);
            System.arraycopy(bytes, at, into, offset, count);
            at += count;
            return count;
        }
    }

    private static final class Raw implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    void disconnect(int number) {
        ManagedChannel channel = channels.get(number).shutdownNow();
        Await.until("the channel is closed", channel::isTerminated);
    }

    @Override
    public void close() {
        for (int number = 0; number < channels.size(); number++) {
            disconnect(number);
        }
        server.close();
    }
}
