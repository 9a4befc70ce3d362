package dev.kith.doors.ahnlich;

import com.google.protobuf.Message;
import dev.kith.doors.grpc.Call;
import dev.kith.doors.grpc.Dialect;
import dev.kith.doors.grpc.GrpcClient;
import dev.kith.doors.grpc.GrpcService;
import dev.kith.doors.grpc.Unary;
import dev.kith.embed.InputKind;
import dev.kith.embed.ModelInfo;
import dev.kith.service.Caller;
import dev.kith.service.Command;
import dev.kith.service.Service;
import dev.kith.wire.ahnlich.ai_service.AIServiceGrpc;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The proxy of the Ahnlich wire, which takes texts, images and sounds and keeps their vectors in a database. Immutable,
 * safe on any thread.
 */
public final class AhnlichAi {
    /** How metrics name this door. */
    public static final String NAME = "ahnlich-ai";

    /** The names of all models that the wire has numbers for. */
    public static final List<String> MODELS = AiModels.NAMES;

    /** Where the proxy's stores have their entries. */
    public sealed interface Behind {
        /** In this process, where the database door finds them too. */
        record Own() implements Behind {}

        /** In a database elsewhere; what the proxy itself has to remember is kept here. */
        record Other(GrpcClient client) implements Behind {}

        /** Nowhere: the proxy converts. */
        record Nothing() implements Behind {}
    }

    /** How the wire names a kind of input. */
    public static String inputType(InputKind kind) {
        return AiInputs.shown(kind);
    }

    private final Service service;
    private final Access access;
    private final Database database;
    private final AiModels models;
    private final AiServerCommands server;

    /**
     * What this door is given besides what all doors of the wire are.
     *
     * @param models names of those that may be used; empty: all that are installed
     */
    public record Proxy(Behind behind, Set<String> models) {}

    public AhnlichAi(Service service, AhnlichDb.Settings settings, Proxy proxy) {
        ServerCommands shared = new ServerCommands(settings);
        this.service = service;
        this.access = new Access(settings.users(), settings.keys());
        this.models = new AiModels(proxy.models());
        this.server = new AiServerCommands(shared);
        this.database = switch (proxy.behind()) {
            case Behind.Own() -> new OwnDatabase(new Pipeline(shared));
            case Behind.Other(GrpcClient client) -> new RemoteDatabase(client, new Turns());
            case Behind.Nothing() -> new NoDatabase();
        };
    }

    /** Why the proxy cannot be what it was told to be; empty: it can. */
    public Optional<String> fault() {
        Caller caller = new Caller(Caller.TENANT_DEFAULT, NAME);
        return models.supported().stream()
                .filter(name -> service.handle(caller, new Command.FindModel(name))
                        .filter(ModelInfo::installed)
                        .isEmpty())
                .findFirst()
                .map(name ->
                        "The model %s may be used and is not installed; run: kith models pull %s".formatted(name, name))
                .or(this::databaseFault);
    }

    /** Asks the database behind the proxy, if it is another process, what it is; answers why it cannot be used. */
    private Optional<String> databaseFault() {
        return database instanceof RemoteDatabase remote ? remote.fault() : Optional.empty();
    }

    /** Who may come in. */
    public Dialect access() {
        return access;
    }

    public GrpcService grpc() {
        AiPipeline pipeline = new AiPipeline(server);
        return new GrpcService(AIServiceGrpc.getServiceDescriptor(), access)
                .with(AIServiceGrpc.getCreateStoreMethod(), asking(AiStoreCommands::create))
                .with(AIServiceGrpc.getCreatePredIndexMethod(), asking(AiStoreCommands::createPredicates))
                .with(AIServiceGrpc.getCreateNonLinearAlgorithmIndexMethod(), asking(AiStoreCommands::createNonLinear))
                .with(AIServiceGrpc.getGetKeyMethod(), asking(AiReading::getKey))
                .with(AIServiceGrpc.getGetPredMethod(), asking(AiReading::getPred))
                .with(AIServiceGrpc.getGetSimNMethod(), asking(AiReading::search))
                .with(AIServiceGrpc.getGetStoreMethod(), asking(AiStoreCommands::get))
                .with(AIServiceGrpc.getSetMethod(), asking(AiEntryCommands::set))
                .with(AIServiceGrpc.getUpsertMethod(), asking(AiEntryCommands::upsert))
                .with(AIServiceGrpc.getDropPredIndexMethod(), asking(AiStoreCommands::dropPredicates))
                .with(AIServiceGrpc.getDropNonLinearAlgorithmIndexMethod(), asking(AiStoreCommands::dropNonLinear))
                .with(AIServiceGrpc.getDelKeyMethod(), asking(AiEntryCommands::delKey))
                .with(AIServiceGrpc.getDelPredMethod(), asking(AiStoreCommands::delPred))
                .with(AIServiceGrpc.getDropStoreMethod(), asking(AiStoreCommands::drop))
                .with(AIServiceGrpc.getDropSchemaMethod(), asking(AiStoreCommands::dropSchema))
                .with(AIServiceGrpc.getListClientsMethod(), asking(AiServerCommands::clients))
                .with(AIServiceGrpc.getListStoresMethod(), asking(AiStoreCommands::list))
                .with(AIServiceGrpc.getInfoServerMethod(), asking(server::info))
                .with(AIServiceGrpc.getPurgeStoresMethod(), asking(AiStoreCommands::purge))
                .withImmediate(AIServiceGrpc.getPingMethod(), asking(AiServerCommands::ping))
                .with(AIServiceGrpc.getConvertStoreInputToEmbeddingsMethod(), asking(AiConversion::convert))
                .with(AIServiceGrpc.getPipelineMethod(), asking(pipeline::run))
                .with(AIServiceGrpc.getListStoreEntriesMethod(), asking(AiReading::list))
                .with(AIServiceGrpc.getClearStoreMethod(), asking(AiStoreCommands::clear));
    }

    private <Q extends Message, R> Unary<Q, R> asking(BiFunction<Q, AiAsking, R> command) {
        return (request, call) -> command.apply(request, asking(call));
    }

    private AiAsking asking(Call call) {
        return new AiAsking(
                new Asking(service, new Caller(call.tenant(), NAME, call::isWanted), call), database, models);
    }
}
