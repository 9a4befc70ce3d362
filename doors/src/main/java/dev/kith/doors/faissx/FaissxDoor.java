package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.doors.zmq.RequestHandler;
import dev.kith.service.Caller;
import dev.kith.service.Keys;
import dev.kith.service.Service;
import dev.kith.vectors.Rejection;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The FAISSx wire, and on the same socket both dialects of faiss-proxy: the first value of a message is a map, and one
 * with the field {@code header_size} begins the framed dialect. Immutable, safe on any thread.
 */
public final class FaissxDoor implements RequestHandler {
    /** How metrics name this door. */
    public static final String NAME = "faissx";

    private static final Logger LOG = System.getLogger(FaissxDoor.class.getName());
    private static final String ACTION = "action";
    private static final String PING = "ping";
    private static final double MILLIS_PER_SECOND = 1e3;
    /** Components of the vectors by which a refusal for lack of room explains itself. */
    private static final int USUAL_DIMENSION = 128;

    private final Service service;
    private final Settings settings;
    private final Map<String, Action> actions = new HashMap<>();
    private final ProxyDialect proxy;

    /**
     * What the door is given from outside.
     *
     * @param keys who may come in; empty: authentication is off
     * @param version of the server, as replies state it
     * @param clock for the time in replies
     * @param ids makes the ids of indexes that faiss-proxy's clients create
     */
    public record Settings(Optional<Keys> keys, String version, InstantSource clock, Supplier<UUID> ids) {}

    public FaissxDoor(Service service, Settings settings) {
        this.service = service;
        this.settings = settings;
        this.proxy = new ProxyDialect(service, settings);
        actions.putAll(new CatalogueActions(settings.clock()).actions());
        actions.putAll(StatusActions.actions());
        actions.putAll(AddActions.actions());
        actions.putAll(SearchActions.actions());
        actions.putAll(ReadActions.actions());
        actions.putAll(TrainingActions.actions());
        actions.putAll(MaintenanceActions.actions());
    }

    @Override
    public ByteBuffer handle(byte[] body, Memory memory) {
        try {
            MsgpackReader reader = new MsgpackReader(body);
            TopLevel top = TopLevel.read(reader);
            if (top.has(ProxyDialect.HEADER_SIZE)) {
                return proxy.answer(top, body, new Allowance(memory));
            }
            if (top.end() < body.length) {
                throw MsgpackReader.malformed("%d bytes after the map".formatted(body.length - top.end()), top.end());
            }
            return answer(new FieldReader(top, new Allowance(memory)));
        } catch (Rejection refused) {
            return failure(refused.text(), codeOf(refused.code()));
        } catch (CodedException refused) {
            return failure(refused.text(), refused.errorCode());
        } catch (RuntimeException | StackOverflowError fault) {
            LOG.log(Level.ERROR, "A FAISSx request failed", fault);
            return failure("Server error: internal error; the server's log has the reason", null);
        }
    }

    private ByteBuffer answer(FieldReader fields) {
        requireRequest(fields);
        String name = fields.text(ACTION, "");
        Caller caller =
                new Caller(name.equals(PING) ? Caller.TENANT_DEFAULT : Access.tenantOf(fields, settings.keys()), NAME);
        Action action = actions.get(name);
        if (action == null) {
            throw Rejection.invalid("Unknown action");
        }
        Exchange exchange = new Exchange(service, caller, fields);
        exchange.reply().flag("success", true);
        action.answer(exchange);
        return sealed(exchange.reply());
    }

    /** A map that reads like a failed reply is one that went astray. */
    private static void requireRequest(FieldReader fields) {
        if (fields.has("success")
                && fields.has("error")
                && fields.top().at("success").peek() == Kind.BOOLEAN
                && !fields.top().at("success").readBoolean()) {
            throw Rejection.invalid("Malformed request");
        }
    }

    private ByteBuffer failure(String error, @Nullable String code) {
        Reply reply = new Reply(Allowance.SMALL);
        reply.flag("success", false).text("error", error);
        if (code != null) {
            reply.text("error_code", code);
        }
        return sealed(reply);
    }

    private ByteBuffer sealed(Reply reply) {
        return reply.real("timestamp", settings.clock().millis() / MILLIS_PER_SECOND)
                .text("version", settings.version())
                .finish();
    }

    /** The wire's word for each kind of refusal; clients do not read it, people do. */
    private static String codeOf(Rejection.Code code) {
        return switch (code) {
            case INVALID -> "INVALID_REQUEST";
            case NOT_FOUND -> "NOT_FOUND";
            case ALREADY_EXISTS -> "ALREADY_EXISTS";
            case CONFLICT -> "CONFLICT";
            case UNAUTHENTICATED -> "AUTH_ERROR";
            case EXHAUSTED -> "EXHAUSTED";
            case INTERNAL -> "INTERNAL";
            case UNAVAILABLE -> "UNAVAILABLE";
        };
    }

    @Override
    public ByteBuffer refuse(Refusal refusal) {
        return switch (refusal) {
            case Refusal.Malformed() -> failure("Malformed request: not exactly one body frame", "INVALID_REQUEST");
            case Refusal.PipelineFull(int max) ->
                failure("Too many requests are waiting: at most %d of one connection".formatted(max), "EXHAUSTED");
            case Refusal.Failed() ->
                failure("Server error: internal error; the server's log has the reason", "INTERNAL");
            case Refusal.NoRoom(long bytes, long room) -> failure(noRoom(bytes, room), "EXHAUSTED");
        };
    }

    private static String noRoom(long bytes, long room) {
        long vectors = room / ((long) USUAL_DIMENSION * MsgpackReader.FLOAT64_BYTES + 3);
        return ("Request too large for now: %d bytes; %d fit beside the requests in progress,"
                        + " which is %d vectors of %d components")
                .formatted(bytes, room, vectors, USUAL_DIMENSION);
    }
}
