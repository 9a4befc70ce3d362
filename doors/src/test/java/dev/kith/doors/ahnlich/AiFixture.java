package dev.kith.doors.ahnlich;

import dev.kith.doors.grpc.GrpcClient;
import dev.kith.doors.grpc.GrpcLimits;
import dev.kith.doors.grpc.GrpcServer;
import dev.kith.doors.room.Room;
import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.service.CommandService;
import dev.kith.wire.ahnlich.ai_service.AIServiceGrpc;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Both doors on one loopback port, over a real engine in memory and models that a test can reckon. */
final class AiFixture implements AutoCloseable {
    private static final long MEMORY_BYTES = 256L << 20;
    private static final long SECONDS = 60;

    final Room room = new Room(32 << 20, Duration.ofMillis(10));
    final ToyModels models = new ToyModels();
    final Engine engine = Engine.open(EngineOptions.inMemory(MEMORY_BYTES, 2));
    private final ExecutorService compute = Executors.newSingleThreadExecutor();
    private final GrpcServer server;
    private final ManagedChannel channel;
    private final Optional<GrpcClient> client;

    private AiFixture(Optional<GrpcClient> client, Function<GrpcClient, AhnlichAi.Behind> behind) {
        this.client = client;
        var settings = new AhnlichDb.Settings(Optional.empty(), Optional.empty(), "1.2.3", MEMORY_BYTES, () -> 0);
        var service = new CommandService(engine, models, new SimpleMeterRegistry(), compute);
        AhnlichDb db = new AhnlichDb(service, settings);
        AhnlichAi.Behind where = client.map(behind).orElseGet(AhnlichAi.Behind.Own::new);
        AhnlichAi ai = new AhnlichAi(service, settings, new AhnlichAi.Proxy(where, Set.of()));
        server = GrpcServer.start(
                new GrpcServer.Binding("test", InetAddress.getLoopbackAddress(), 0, Optional.empty()),
                GrpcLimits.of(GrpcLimits.MESSAGE_BYTES, 20),
                new GrpcServer.Work(List.of(db.grpc(), ai.grpc()), db.access(), room, InstantSource.system()));
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build();
    }

    static AiFixture own() {
        return new AiFixture(Optional.empty(), AhnlichAi.Behind.Other::new);
    }

    /** A proxy whose database is another server's. */
    static AiFixture before(AiFixture database) {
        return new AiFixture(Optional.of(database.reached()), AhnlichAi.Behind.Other::new);
    }

    static AiFixture withoutDatabase(AiFixture any) {
        return new AiFixture(Optional.of(any.reached()), _ -> new AhnlichAi.Behind.Nothing());
    }

    GrpcClient reached() {
        var security = new GrpcClient.Security(false, Optional.empty(), Optional.empty());
        return new GrpcClient(new GrpcClient.Target("127.0.0.1", server.port(), 2, security));
    }

    AIServiceGrpc.AIServiceBlockingStub ai() {
        return AIServiceGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    DBServiceGrpc.DBServiceBlockingStub db() {
        return DBServiceGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    void dropAll() {
        engine.list("default").forEach(info -> engine.drop(info.name()));
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.close();
        client.ifPresent(GrpcClient::close);
        compute.shutdownNow();
        engine.close();
    }
}
