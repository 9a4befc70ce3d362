package dev.kith.shell.remote;

import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.pipeline.DBRequestPipeline;
import dev.kith.wire.ahnlich.db.pipeline.DBResponsePipeline;
import dev.kith.wire.ahnlich.db.pipeline.DBServerResponse;
import dev.kith.wire.ahnlich.db.query.CreateNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.db.query.CreatePredIndex;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.GetStore;
import dev.kith.wire.ahnlich.db.query.InfoServer;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.db.server.CreateIndex;
import dev.kith.wire.ahnlich.db.server.Pong;
import dev.kith.wire.ahnlich.db.server.StoreInfo;
import dev.kith.wire.ahnlich.db.server.StoreList;
import dev.kith.wire.ahnlich.db.server.Unit;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc;
import dev.kith.wire.ahnlich.server_types.ServerType;
import dev.kith.wire.ahnlich.shared.info.ErrorResponse;
import dev.kith.wire.ahnlich.shared.info.ServerInfo;
import dev.kith.wire.ahnlich.shared.info.StoreUpsert;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** The far end of the wire on a loopback port: knows stores by name, keeps requests, refuses what it is told to. */
public final class RecordingServer extends DBServiceGrpc.DBServiceImplBase implements AutoCloseable {
    private static final int DIMENSION_MAX = 10_000;

    public final List<CreateStore> created = new CopyOnWriteArrayList<>();
    public final List<Object> indexed = new CopyOnWriteArrayList<>();
    public final List<Set> sets = new CopyOnWriteArrayList<>();
    public final List<DBQuery> queries = new CopyOnWriteArrayList<>();
    public final List<String> authorizations = new CopyOnWriteArrayList<>();
    public final Map<String, StoreInfo> stores = new ConcurrentHashMap<>();
    public volatile Predicate<Set> refused = _ -> false;
    public volatile ServerType type = ServerType.Database;

    private final Server server;
    private final int port;

    public RecordingServer() throws IOException {
        ServerInterceptor headers = new ServerInterceptor() {
            @Override
            public <Q, R> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, R> call, Metadata metadata, ServerCallHandler<Q, R> next) {
                authorizations.add(String.valueOf(
                        metadata.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER))));
                return next.startCall(call, metadata);
            }
        };
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(ServerInterceptors.intercept(this, headers))
                .build()
                .start();
        port = server.getPort();
    }

    public Endpoint endpoint() {
        return new Endpoint("127.0.0.1", port, false, Optional.empty(), Optional.empty());
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    @Override
    public void infoServer(InfoServer request, StreamObserver<dev.kith.wire.ahnlich.db.server.InfoServer> answer) {
        ServerInfo info =
                ServerInfo.newBuilder().setType(type).setVersion("1.2.3").build();
        end(
                answer,
                dev.kith.wire.ahnlich.db.server.InfoServer.newBuilder()
                        .setInfo(info)
                        .build());
    }

    @Override
    public void pipeline(DBRequestPipeline request, StreamObserver<DBResponsePipeline> answer) {
        DBResponsePipeline.Builder replies = DBResponsePipeline.newBuilder();
        for (DBQuery query : request.getQueriesList()) {
            queries.add(query);
            replies.addResponses(reply(query));
        }
        end(answer, replies.build());
    }

    @Override
    public void getStore(GetStore request, StreamObserver<StoreInfo> answer) {
        StoreInfo store = stores.get(request.getSchema() + "/" + request.getStore());
        if (store == null) {
            answer.onError(Status.NOT_FOUND.withDescription("no store").asRuntimeException());
            return;
        }
        end(answer, store);
    }

    @Override
    public void createStore(CreateStore request, StreamObserver<Unit> answer) {
        if (request.getDimension() > DIMENSION_MAX) {
            answer.onError(Status.INVALID_ARGUMENT
                    .withDescription("too many components")
                    .asRuntimeException());
            return;
        }
        created.add(request);
        stores.put(
                request.getSchema() + "/" + request.getStore(),
                StoreInfo.newBuilder().setDimension(request.getDimension()).build());
        end(answer, Unit.getDefaultInstance());
    }

    @Override
    public void createPredIndex(CreatePredIndex request, StreamObserver<CreateIndex> answer) {
        indexed.add(request);
        end(answer, CreateIndex.getDefaultInstance());
    }

    @Override
    public void createNonLinearAlgorithmIndex(
            CreateNonLinearAlgorithmIndex request, StreamObserver<CreateIndex> answer) {
        indexed.add(request);
        end(answer, CreateIndex.getDefaultInstance());
    }

    @Override
    public void set(Set request, StreamObserver<dev.kith.wire.ahnlich.db.server.Set> answer) {
        if (refused.test(request)) {
            answer.onError(
                    Status.INVALID_ARGUMENT.withDescription("not this one").asRuntimeException());
            return;
        }
        sets.add(request);
        StoreUpsert counts =
                StoreUpsert.newBuilder().setInserted(request.getInputsCount()).build();
        end(
                answer,
                dev.kith.wire.ahnlich.db.server.Set.newBuilder()
                        .setUpsert(counts)
                        .build());
    }

    private static DBServerResponse reply(DBQuery query) {
        return switch (query.getQueryCase()) {
            case PING ->
                DBServerResponse.newBuilder().setPong(Pong.getDefaultInstance()).build();
            case LIST_STORES ->
                DBServerResponse.newBuilder()
                        .setStoreList(StoreList.newBuilder()
                                .addStores(StoreInfo.newBuilder()
                                        .setName("a\tb")
                                        .setLen(-1)
                                        .setDimension(2)))
                        .build();
            default ->
                DBServerResponse.newBuilder()
                        .setError(ErrorResponse.newBuilder().setCode(5).setMessage("no such store"))
                        .build();
        };
    }

    private static <T> void end(StreamObserver<T> answer, T message) {
        answer.onNext(message);
        answer.onCompleted();
    }
}
