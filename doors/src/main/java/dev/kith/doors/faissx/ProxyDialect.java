package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.service.Caller;
import dev.kith.service.Service;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** faiss-proxy's framed dialect: authentication, the table of operations, and the form of replies. */
final class ProxyDialect {
    static final String HEADER_SIZE = ProxyMessage.HEADER_SIZE;

    private static final Logger LOG = System.getLogger(ProxyDialect.class.getName());
    private static final String OPERATION = "operation";
    private static final String REQUEST_ID = "request_id";
    private static final String PING = "ping";
    /** UTF-8 bytes of a tracing id that is echoed. */
    private static final int REQUEST_ID_BYTES_MAX = 256;

    private final Service service;
    private final FaissxDoor.Settings settings;
    private final Map<String, Operation> operations;

    /** What one word of this dialect does: the result, a map or an array of maps. */
    @FunctionalInterface
    interface Operation {
        Value answer(ProxyMessage message, Exchange exchange);
    }

    ProxyDialect(Service service, FaissxDoor.Settings settings) {
        this.service = service;
        this.settings = settings;
        this.operations = new ProxyOperations(settings).operations();
    }

    /** @param preamble the message's first value */
    ByteBuffer answer(TopLevel preamble, byte[] body, Allowance allowance) {
        Optional<String> requestId = Optional.empty();
        try {
            ProxyMessage message = read(preamble, body, allowance);
            requestId = requestId(message.header());
            String word = message.header().text(OPERATION, "");
            Caller caller =
                    new Caller(word.equals(PING) ? Caller.TENANT_DEFAULT : tenantOf(message.header()), FaissxDoor.NAME);
            Operation operation = operations.get(word);
            if (operation == null) {
                throw new CodedException("protocol_error", "Unknown operation");
            }
            Exchange exchange = new Exchange(service, caller, message.header());
            return success(operation.answer(message, exchange), requestId, allowance);
        } catch (Rejection refused) {
            return failure(typeOf(refused.code()), refused.text(), requestId);
        } catch (CodedException refused) {
            return failure(refused.errorCode(), refused.text(), requestId);
        } catch (RuntimeException | StackOverflowError fault) {
            LOG.log(Level.ERROR, "A faiss-proxy request failed", fault);
            return failure("server_error", "Internal error; the server's log has the reason", requestId);
        }
    }

    private static ProxyMessage read(TopLevel preamble, byte[] body, Allowance allowance) {
        try {
            return ProxyMessage.read(preamble, body, allowance);
        } catch (Rejection malformed) {
            throw new CodedException("deserialization_error", malformed.text());
        }
    }

    private static Optional<String> requestId(FieldReader header) {
        if (!header.has(REQUEST_ID)) {
            return Optional.empty();
        }
        return header.at(REQUEST_ID, "a string", Kind.TEXT).readTextUpTo(REQUEST_ID_BYTES_MAX);
    }

    /** Here a client that names another tenant than its key's is told so. */
    private String tenantOf(FieldReader header) {
        String tenant = Access.tenantOf(header, settings.keys());
        if (settings.keys().isPresent()
                && header.has(Access.TENANT_ID)
                && !header.text(Access.TENANT_ID).equals(tenant)) {
            throw Access.refusal("The API key does not have access to this tenant");
        }
        return tenant;
    }

    /** The result stands where the encoder of this dialect, its tests and its design text each look for it. */
    private static ByteBuffer success(Value result, Optional<String> requestId, Allowance allowance) {
        Map<String, Value> header = new LinkedHashMap<>();
        header.put("status", new Value.Text("ok"));
        header.put("result", result);
        if (result instanceof Value.Fields(Map<String, Value> fields)) {
            fields.forEach(header::putIfAbsent);
        }
        requestId.ifPresent(id -> header.put(REQUEST_ID, new Value.Text(id)));
        return ProxyMessage.write(new Value.Fields(header), Optional.of(result), allowance);
    }

    private static ByteBuffer failure(String type, String message, Optional<String> requestId) {
        Map<String, Value> header = new LinkedHashMap<>();
        header.put("status", new Value.Text("error"));
        header.put("error_type", new Value.Text(type));
        header.put("message", new Value.Text(message));
        requestId.ifPresent(id -> header.put(REQUEST_ID, new Value.Text(id)));
        return ProxyMessage.write(new Value.Fields(header), Optional.empty(), Allowance.SMALL);
    }

    private static String typeOf(Rejection.Code code) {
        return switch (code) {
            case INVALID, ALREADY_EXISTS, CONFLICT -> "validation_error";
            case NOT_FOUND -> "not_found_error";
            case UNAUTHENTICATED -> "authentication_error";
            case EXHAUSTED, INTERNAL, UNAVAILABLE -> "server_error";
        };
    }
}
