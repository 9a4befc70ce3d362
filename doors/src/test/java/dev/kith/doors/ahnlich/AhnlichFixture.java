package dev.kith.doors.ahnlich;

import dev.kith.doors.grpc.GrpcLimits;
import dev.kith.doors.grpc.GrpcServer;
import dev.kith.doors.room.Room;
import dev.kith.embed.Embedder;
import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.service.CommandService;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The door on a loopback port over a real service and a real engine in memory, with the room that a test gives it. */
final class AhnlichFixture implements AutoCloseable {
    private static final long MEMORY_BYTES = 512L << 20;
    private static final long SECONDS = 60;

    final Room room;
    final Engine engine = Engine.open(EngineOptions.inMemory(MEMORY_BYTES, 2));
    private final ExecutorService compute = Executors.newSingleThreadExecutor();
    private final GrpcServer server;
    private final ManagedChannel channel;

    AhnlichFixture(long roomBytes) {
        room = new Room(roomBytes, Duration.ofMillis(10));
        AhnlichDb door = new AhnlichDb(
                new CommandService(engine, Embedder.NONE, new SimpleMeterRegistry(), compute),
                new AhnlichDb.Settings(Optional.empty(), Optional.empty(), "1.2.3", MEMORY_BYTES, () -> 0));
        server = GrpcServer.start(
                new GrpcServer.Binding("test", InetAddress.getLoopbackAddress(), 0, Optional.empty()),
                GrpcLimits.of(GrpcLimits.MESSAGE_BYTES, 10),
                new GrpcServer.Work(List.of(door.grpc()), door.access(), room, InstantSource.system()));
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build();
    }

    DBServiceGrpc.DBServiceBlockingStub stub() {
        return DBServiceGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    void create(String store, int dimension) {
        var _ = stub().createStore(CreateStore.newBuilder()
                .setStore(store)
                .setDimension(dimension)
                .setErrorIfExists(true)
                .build());
    }

    void set(String store, List<DbStoreEntry> entries) {
        var _ = stub().set(
                        Set.newBuilder().setStore(store).addAllInputs(entries).build());
    }

    static StoreKey key(float... components) {
        StoreKey.Builder key = StoreKey.newBuilder();
        for (float component : components) {
            key.addKey(component);
        }
        return key.build();
    }

    static DbStoreEntry entry(StoreKey key, String text) {
        return DbStoreEntry.newBuilder()
                .setKey(key)
                .setValue(StoreValue.newBuilder()
                        .putValue(
                                "text",
                                MetadataValue.newBuilder().setRawString(text).build()))
                .build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.close();
        compute.shutdownNow();
        engine.close();
    }
}
