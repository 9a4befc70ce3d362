package dev.kith.images;

/** An image that cannot be had or used, by its own fault or that of where it is. The message is safe to show. */
public final class BadImage extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BadImage(String message) {
        super(message, null, false, false);
    }

    /** The message; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
