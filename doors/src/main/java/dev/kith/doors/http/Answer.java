package dev.kith.doors.http;

import java.nio.charset.StandardCharsets;

/**
 * What is sent back.
 *
 * @param body owned
 */
public record Answer(int status, String contentType, byte[] body) {
    private static final String JSON = "application/json";

    public static Answer text(int status, String contentType, String text) {
        return new Answer(status, contentType, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A JSON object with one field, both texts being constants that need no escaping. */
    static Answer json(int status, String field, String value) {
        return text(status, JSON, "{\"%s\":\"%s\"}\n".formatted(field, value));
    }

    static Answer error(int status, String message) {
        return json(status, "error", message);
    }
}
