package dev.kith.shell.remote;

import dev.kith.shell.language.Agent;
import dev.kith.shell.language.Statement;
import dev.kith.wire.ahnlich.ai_service.AIServiceGrpc;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc;
import dev.kith.wire.ahnlich.server_types.ServerType;
import dev.kith.wire.ahnlich.shared.info.ServerInfo;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;

/** A connection to a server that is known to be of the wanted kind. */
public final class Session implements AutoCloseable {
    /** Longest that the first answer may take, before it is said that nobody answers. */
    private static final Duration GREETING_TIME_MAX = Duration.ofSeconds(10);

    /** Longest that a line may take; the building of a large index does. */
    private static final Duration LINE_TIME_MAX = Duration.ofHours(1);

    private final Endpoint endpoint;
    private final Agent agent;
    private final ManagedChannel channel;
    private final ServerInfo server;

    private Session(Endpoint endpoint, Agent agent, ManagedChannel channel) {
        this.endpoint = endpoint;
        this.agent = agent;
        this.channel = channel;
        this.server = greet();
    }

    /**
     * Connects and asks the server what it is.
     *
     * @throws RemoteException if nobody answers, or one of the other kind
     */
    public static Session open(Endpoint endpoint, Agent agent) {
        ManagedChannel channel = endpoint.channel();
        try {
            Session session = new Session(endpoint, agent, channel);
            session.checkKind();
            return session;
        } catch (StatusRuntimeException failed) {
            channel.shutdownNow();
            throw failed.getStatus().getCode() == Status.Code.UNIMPLEMENTED
                    ? new RemoteException("%s is not a valid %s server (see --agent)".formatted(endpoint, agent))
                    : RemoteException.of(endpoint, failed);
        } catch (RemoteException wrong) {
            channel.shutdownNow();
            throw wrong;
        }
    }

    public Agent agent() {
        return agent;
    }

    public Endpoint endpoint() {
        return endpoint;
    }

    public String serverVersion() {
        return server.getVersion();
    }

    /**
     * Sends the statements as one pipeline; the answers come in their order.
     *
     * @throws RemoteException if the pipeline as a whole came to nothing
     */
    public List<Reply> run(List<Statement> statements) {
        try {
            return switch (agent) {
                case DB ->
                    DBServiceGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(LINE_TIME_MAX)
                            .pipeline(DbRequests.pipeline(statements))
                            .getResponsesList()
                            .stream()
                            .map(DbReplies::reply)
                            .toList();
                case AI ->
                    AIServiceGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(LINE_TIME_MAX)
                            .pipeline(AiRequests.pipeline(statements))
                            .getResponsesList()
                            .stream()
                            .map(AiReplies::reply)
                            .toList();
            };
        } catch (StatusRuntimeException failed) {
            throw RemoteException.of(endpoint, failed);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private ServerInfo greet() {
        return switch (agent) {
            case DB ->
                DBServiceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(GREETING_TIME_MAX)
                        .infoServer(dev.kith.wire.ahnlich.db.query.InfoServer.getDefaultInstance())
                        .getInfo();
            case AI ->
                AIServiceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(GREETING_TIME_MAX)
                        .infoServer(dev.kith.wire.ahnlich.ai.query.InfoServer.getDefaultInstance())
                        .getInfo();
        };
    }

    private void checkKind() {
        ServerType wanted = agent == Agent.DB ? ServerType.Database : ServerType.AI;
        if (server.getType() != wanted) {
            throw new RemoteException("%s is not a valid %s server but of type %s (see --agent)"
                    .formatted(endpoint, agent, server.getType()));
        }
    }
}
