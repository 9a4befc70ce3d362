package dev.kith.doors.idios;

import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.idios.Problem.Place;
import dev.kith.vectors.Value;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The bodies of requests, as the original's framework reads them. */
final class JsonBody {
    /** Characters of a malformed text that its error shows; the original shows all. */
    private static final int SHOWN_CHARS_MAX = 65_536;
    /** Memory of a value in a list, and of a list or an object itself, besides its text. */
    private static final int VALUE_BYTES = 32;

    private static final int HOLDER_BYTES = 128;

    private JsonBody() {}

    /**
     * The value of a body; empty where there is none, bytes where its type is not JSON's.
     *
     * @throws Invalid where it is not JSON
     */
    static Optional<Value> read(HttpRequest request) {
        byte[] body = request.payload().whole();
        request.payload().lease().take(weight(body));
        return of(request, body);
    }

    /** The same of a body that was read, and for whose values there is room. */
    static Optional<Value> of(HttpRequest request, byte[] body) {
        if (body.length == 0) {
            return Optional.empty();
        }
        return isJson(request)
                ? parse(body).filter(value -> !(value instanceof Value.Null))
                : Optional.of(new Value.Bytes(body));
    }

    /** Whether the body is JSON by its type; without a type it is. */
    static boolean isJson(HttpRequest request) {
        String type = request.header("Content-Type").orElse("");
        String plain = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return type.isEmpty() || plain.equals("application/json") || plain.matches("application/[^/]*\\+json");
    }

    /** Memory that the values of a text may take besides the text: lists of nothing take fifty times their brackets. */
    static long weight(byte[] text) {
        long weight = 0;
        for (byte b : text) {
            weight += switch (b) {
                case ',' -> VALUE_BYTES;
                case '[', '{' -> HOLDER_BYTES;
                default -> 0;
            };
        }
        return weight;
    }

    private static Optional<Value> parse(byte[] body) {
        String text = text(body);
        try {
            return Optional.of(PythonJson.parse(text));
        } catch (JsonFault fault) {
            throw new Invalid(List.of(problem(text, fault)));
        }
    }

    /** The text that bytes are in UTF-8, or in what their zeros say. */
    static String text(byte[] body) {
        try {
            String text =
                    charset(body).newDecoder().decode(ByteBuffer.wrap(body)).toString();
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException malformed) {
            throw new UnreadableBody();
        }
    }

    private static Charset charset(byte[] body) {
        int first = body.length > 0 ? body[0] & 0xff : 1;
        int second = body.length > 1 ? body[1] & 0xff : 1;
        boolean marked = (first == 0xff && second == 0xfe) || (first == 0xfe && second == 0xff);
        if (marked) {
            return StandardCharsets.UTF_16;
        }
        if (body.length > 1 && first == 0) {
            return second == 0 ? StandardCharsets.UTF_32BE : StandardCharsets.UTF_16BE;
        }
        if (body.length > 1 && second == 0) {
            return body.length > 3 && body[2] == 0 && body[3] == 0
                    ? StandardCharsets.UTF_32LE
                    : StandardCharsets.UTF_16LE;
        }
        return StandardCharsets.UTF_8;
    }

    static Problem problem(String text, JsonFault fault) {
        int at = fault.at();
        int position = text.codePointCount(0, at);
        int lineStart = text.lastIndexOf('\n', at - 1) + 1;
        long line = 1 + text.substring(0, at).chars().filter(c -> c == '\n').count();
        int column = 1 + text.codePointCount(lineStart, at);
        Map<String, Value> context = new LinkedHashMap<>();
        context.put("msg", new Value.Text(fault.text()));
        context.put("doc", new Value.Text(text.substring(0, Math.min(text.length(), SHOWN_CHARS_MAX))));
        context.put("pos", new Value.Int(position));
        context.put("lineno", new Value.Int(line));
        context.put("colno", new Value.Int(column));
        String message = "%s: line %d column %d (char %d)".formatted(fault.text(), line, column, position);
        return new Problem(Place.BODY.to(position).steps(), message, "value_error.jsondecode", context);
    }
}
