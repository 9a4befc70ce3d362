package dev.kith.doors.ahnlich;

import com.google.protobuf.Message;
import dev.kith.doors.grpc.Call;
import dev.kith.doors.grpc.Dialect;
import dev.kith.doors.grpc.GrpcService;
import dev.kith.doors.grpc.Unary;
import dev.kith.service.Caller;
import dev.kith.service.Keys;
import dev.kith.service.Service;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;

/** The database service of the Ahnlich wire: which message means which command. Immutable, safe on any thread. */
public final class AhnlichDb {
    /** How metrics name this door. */
    public static final String NAME = "ahnlich-db";

    private final Service service;
    private final Access access;
    private final ServerCommands server;

    /**
     * What the door is given from outside.
     *
     * @param users who may come in with a name and a key
     * @param keys who may come in with a key alone; without users and keys authentication is off
     * @param version of the server: three numbers, which the original's shell reads
     * @param memoryBytes the budget for resident data
     * @param memoryUsed what of it is used now
     */
    public record Settings(
            Optional<Users> users, Optional<Keys> keys, String version, long memoryBytes, LongSupplier memoryUsed) {}

    public AhnlichDb(Service service, Settings settings) {
        this.service = service;
        this.access = new Access(settings.users(), settings.keys());
        this.server = new ServerCommands(settings);
    }

    /** Who may come in. */
    public Dialect access() {
        return access;
    }

    public GrpcService grpc() {
        Pipeline pipeline = new Pipeline(server);
        return new GrpcService(DBServiceGrpc.getServiceDescriptor(), access)
                .with(DBServiceGrpc.getCreateStoreMethod(), asking(StoreCommands::create))
                .with(DBServiceGrpc.getCreatePredIndexMethod(), asking(StoreCommands::createPredicates))
                .with(DBServiceGrpc.getCreateNonLinearAlgorithmIndexMethod(), asking(StoreCommands::createNonLinear))
                .withShort(DBServiceGrpc.getGetKeyMethod(), asking(EntryCommands::getKey))
                .with(DBServiceGrpc.getGetPredMethod(), asking(EntryCommands::getPred))
                .withShort(DBServiceGrpc.getGetSimNMethod(), asking(Similarity::search))
                .with(DBServiceGrpc.getGetStoreMethod(), asking(StoreCommands::get))
                .with(DBServiceGrpc.getSetMethod(), asking(EntryCommands::set))
                .with(DBServiceGrpc.getUpsertMethod(), asking(EntryCommands::upsert))
                .with(DBServiceGrpc.getDropPredIndexMethod(), asking(StoreCommands::dropPredicates))
                .with(DBServiceGrpc.getDropNonLinearAlgorithmIndexMethod(), asking(StoreCommands::dropNonLinear))
                .with(DBServiceGrpc.getDelKeyMethod(), asking(EntryCommands::delKey))
                .with(DBServiceGrpc.getDelPredMethod(), asking(EntryCommands::delPred))
                .with(DBServiceGrpc.getDropStoreMethod(), asking(StoreCommands::drop))
                .with(DBServiceGrpc.getDropSchemaMethod(), asking(StoreCommands::dropSchema))
                .with(DBServiceGrpc.getListClientsMethod(), asking(server::clients))
                .with(DBServiceGrpc.getListStoresMethod(), asking(StoreCommands::list))
                .with(DBServiceGrpc.getInfoServerMethod(), asking(server::info))
                .with(DBServiceGrpc.getClusterInfoMethod(), asking(server::cluster))
                .withImmediate(DBServiceGrpc.getPingMethod(), asking(server::ping))
                .with(DBServiceGrpc.getPipelineMethod(), asking(pipeline::run))
                .with(DBServiceGrpc.getListStoreEntriesMethod(), asking(EntryCommands::list))
                .with(DBServiceGrpc.getClearStoreMethod(), asking(EntryCommands::clear));
    }

    private <Q extends Message, R> Unary<Q, R> asking(BiFunction<Q, Asking, R> command) {
        return (request, call) -> command.apply(request, asking(call));
    }

    private Asking asking(Call call) {
        return new Asking(service, new Caller(call.tenant(), NAME, call::isWanted), call);
    }
}
