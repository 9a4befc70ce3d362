package dev.kith.images.json;

/** Bytes that are not the JSON that they should be. */
public final class JsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JsonException(String message) {
        super(message, null, false, false);
    }
}
