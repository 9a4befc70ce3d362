package dev.kith.doors.http;

/** A request that ends with this status because of what its client sent, or how. The text is a constant. */
public final class HttpRefusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    public HttpRefusal(int status, String text) {
        super(text, null, false, false);
        this.status = status;
    }

    public int status() {
        return status;
    }

    /** The message; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
