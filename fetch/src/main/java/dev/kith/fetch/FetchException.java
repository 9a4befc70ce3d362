package dev.kith.fetch;

/** What was asked for could not be fetched. The message is stable, safe to show, and names no address but the given. */
public final class FetchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public FetchException(String message) {
        super(message, null, false, false);
    }

    /** The message; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
