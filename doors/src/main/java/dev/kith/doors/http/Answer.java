package dev.kith.doors.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is sent back.
 *
 * @param headers besides those that every answer has
 */
public record Answer(int status, Map<String, String> headers, Content content) {
    public static final String JSON = "application/json";
    private static final String TYPE = "Content-Type";

    public Answer {
        headers = Map.copyOf(headers);
    }

    /** What follows the headers. */
    public sealed interface Content {
        /** @param bytes owned */
        record Whole(byte[] bytes) implements Content {}

        /** Written piece by piece; if the writer fails, the connection ends, so that nobody takes it for the whole. */
        record Stream(Writer writer) implements Content {}
    }

    /** Writes a body; each call of the stream blocks until the bytes are on their way. */
    @FunctionalInterface
    public interface Writer {
        void write(OutputStream out) throws IOException;
    }

    /** @param body owned */
    public static Answer of(int status, String contentType, byte[] body) {
        return new Answer(status, Map.of(TYPE, contentType), new Content.Whole(body));
    }

    public static Answer text(int status, String contentType, String text) {
        return of(status, contentType, text.getBytes(StandardCharsets.UTF_8));
    }

    public static Answer stream(String contentType, Writer writer) {
        return new Answer(200, Map.of(TYPE, contentType), new Content.Stream(writer));
    }

    /** Nothing but a status; 204 still names a type, as FastAPI does. */
    public static Answer empty(int status) {
        return new Answer(status, status == 204 ? Map.of(TYPE, JSON) : Map.of(), new Content.Whole(new byte[0]));
    }

    /** The same with one more header, or with that header replaced. */
    public Answer with(String name, String value) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.put(name, value);
        return new Answer(status, all, content);
    }
}
