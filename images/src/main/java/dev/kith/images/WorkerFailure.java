package dev.kith.images;

/** Whoever does the work behind a queue failed, or did not answer. The message is safe to show. */
public final class WorkerFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WorkerFailure(String message) {
        super(message, null, false, false);
    }

    /** The message; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
