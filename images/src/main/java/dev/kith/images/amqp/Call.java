package dev.kith.images.amqp;

import dev.kith.images.BadImage;
import dev.kith.images.WorkerFailure;
import dev.kith.images.json.Json;
import dev.kith.images.json.JsonException;
import dev.kith.images.json.Shapes;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A remote call: a JSON array of the command's name and its arguments by position. What comes back is the value, or an
 * object that names an exception of Python's; it is compared with names that are known here, and never run.
 */
record Call(String command, List<Value> arguments) {
    private static final String TYPE = "exception_type";
    private static final String ARGUMENTS = "exception_args";
    private static final String VALUE_ERROR = "ValueError";
    private static final String RUNTIME_ERROR = "RuntimeError";
    /** ValueError and what Python builds upon it: the caller's fault. */
    private static final Set<String> PARAMETER_ERRORS =
            Set.of(VALUE_ERROR, "UnicodeError", "UnicodeDecodeError", "UnicodeEncodeError", "UnicodeTranslateError");
    /** RuntimeError and what Python builds upon it: the worker's. */
    private static final Set<String> SERVER_ERRORS = Set.of(RUNTIME_ERROR, "NotImplementedError", "RecursionError");

    Call {
        arguments = List.copyOf(arguments);
    }

    byte[] bytes() {
        return Json.write(new Value.Items(List.of(new Value.Text(command), new Value.Items(arguments))));
    }

    /** @throws JsonException where the bytes are no call */
    static Call read(byte[] bytes) {
        List<Value> parts = Shapes.items(Json.read(bytes));
        if (parts.size() != 2) {
            throw new JsonException("A call has a name and arguments");
        }
        return new Call(Shapes.text(parts.get(0)), Shapes.items(parts.get(1)));
    }

    /** An argument by its position; null in JSON's sense where it was left out. */
    Value argument(int index) {
        return index < arguments.size() ? arguments.get(index) : Value.NULL;
    }

    /**
     * The value of a reply.
     *
     * @throws BadImage where the worker says that it was the caller's fault
     * @throws WorkerFailure where it failed and says so
     * @throws Rejection INTERNAL for every other exception
     */
    static Value reply(byte[] bytes) {
        Value value;
        try {
            value = Json.read(bytes);
        } catch (JsonException malformed) {
            throw new WorkerFailure("A worker's reply cannot be read");
        }
        if (!(value instanceof Value.Fields fields) || !fields.values().containsKey(TYPE)) {
            return value;
        }
        String type = Shapes.field(fields, TYPE) instanceof Value.Text(String name) ? name : "";
        String text = text(Shapes.field(fields, ARGUMENTS));
        if (PARAMETER_ERRORS.contains(type)) {
            throw new BadImage(text);
        }
        if (SERVER_ERRORS.contains(type)) {
            throw new WorkerFailure(text);
        }
        throw new Rejection(Rejection.Code.INTERNAL, "A worker failed");
    }

    /** What Python's {@code str} makes of an exception with one text; of others, what there is. */
    private static String text(Value arguments) {
        if (!(arguments instanceof Value.Items(List<Value> items)) || items.isEmpty()) {
            return "";
        }
        return items.size() == 1 && items.getFirst() instanceof Value.Text(String text)
                ? text
                : new String(Json.write(arguments), java.nio.charset.StandardCharsets.UTF_8);
    }

    /** The reply of a worker that could not do what was asked. */
    static byte[] failure(RuntimeException fault) {
        return switch (fault) {
            case BadImage bad -> failure(VALUE_ERROR, bad.text());
            case JsonException malformed -> failure(VALUE_ERROR, String.valueOf(malformed.getMessage()));
            case WorkerFailure failed -> failure(RUNTIME_ERROR, failed.text());
            case Rejection refused ->
                failure(
                        switch (refused.code()) {
                            case INVALID, NOT_FOUND, ALREADY_EXISTS, CONFLICT -> VALUE_ERROR;
                            case UNAUTHENTICATED, EXHAUSTED, INTERNAL, UNAVAILABLE -> RUNTIME_ERROR;
                        },
                        refused.text());
            default -> failure(RUNTIME_ERROR, "Internal error; the worker's log has the reason");
        };
    }

    private static byte[] failure(String type, String text) {
        Map<String, Value> fields = new LinkedHashMap<>();
        fields.put(TYPE, new Value.Text(type));
        fields.put(ARGUMENTS, new Value.Items(List.of(new Value.Text(text))));
        return Json.write(new Value.Fields(fields));
    }
}
