package dev.kith.doors.grpc;

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
import io.grpc.ClientInterceptors;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/** A door on a loopback port with two methods: one answers at once, the other does what the test says. */
final class GrpcFixture implements AutoCloseable, Dialect {
    static final Metadata.Key<String> KEY = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    static final GrpcLimits LIMITS = GrpcLimits.of(GrpcLimits.MESSAGE_BYTES, 10);
    private static final int SECONDS = 20;

    final Room room;
    final GrpcServer server;
    private final List<ManagedChannel> channels = new ArrayList<>();

    /** @param work what Set does: the request and the call, to the number it answers */
    GrpcFixture(GrpcLimits limits, Optional<Tls> tls, Room room, BiFunction<Set, Call, Long> work) {
        this.room = room;
        ServiceDescriptor described = ServiceDescriptor.newBuilder(DBServiceGrpc.SERVICE_NAME)
                .setSchemaDescriptor(DBServiceGrpc.getServiceDescriptor().getSchemaDescriptor())
                .addMethod(DBServiceGrpc.getPingMethod())
                .addMethod(DBServiceGrpc.getSetMethod())
                .build();
        GrpcService service = new GrpcService(described, this)
                .with(DBServiceGrpc.getPingMethod(), (_, _) -> Pong.getDefaultInstance())
                .with(
                        DBServiceGrpc.getSetMethod(),
                        (request, call) -> dev.kith.wire.ahnlich.db.server.Set.newBuilder()
                                .setUpsert(StoreUpsert.newBuilder().setInserted(work.apply(request, call)))
                                .build());
        server = GrpcServer.start(
                new GrpcServer.Binding("test", InetAddress.getLoopbackAddress(), 0, tls),
                limits,
                new GrpcServer.Work(List.of(service), this, room, InstantSource.system()));
    }

    static GrpcFixture plain(BiFunction<Set, Call, Long> work) {
        return new GrpcFixture(LIMITS, Optional.empty(), room(), work);
    }

    static Room room() {
        return new Room(256 << 20, Duration.ofSeconds(SECONDS));
    }

    @Override
    public String tenantOf(Metadata headers) {
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
        MethodDescriptor<byte[], dev.kith.wire.ahnlich.db.server.Set> raw = DBServiceGrpc.getSetMethod().toBuilder(
                        new Raw(), DBServiceGrpc.getSetMethod().getResponseMarshaller())
                .build();
        var _ = ClientCalls.blockingUnaryCall(
                channel, raw, CallOptions.DEFAULT.withDeadlineAfter(SECONDS, TimeUnit.SECONDS), body);
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
