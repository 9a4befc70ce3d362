package dev.kith.vectors;

/**
 * A request that cannot be served, by the client's fault or because a promise could not be kept. It carries no stack
 * trace, and its message is safe to show to the client.
 */
public final class Rejection extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of refusal this is; each door maps every code to its own status, once. */
    public enum Code {
        /** A value that can never be served: wrong type, range or shape. */
        INVALID,
        /** The collection, point or key does not exist (for this tenant). */
        NOT_FOUND,
        /** The name is taken. */
        ALREADY_EXISTS,
        /** The request contradicts what is there: key policy, element type, state. */
        CONFLICT,
        /** The credential is missing or unknown. */
        UNAUTHENTICATED,
        /** A named limit of memory, disk or load is reached; the same request may succeed later. */
        EXHAUSTED,
        /** Kith or its machine is at fault; the log has the reason, the message does not. */
        INTERNAL,
        /** The collection is damaged or its disk failed: reads go on where they can, writes do not. */
        UNAVAILABLE
    }

    private final Code code;

    public Rejection(Code code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    public static Rejection invalid(String message) {
        return new Rejection(Code.INVALID, message);
    }

    /** The refusal of a collection that is not there, or not for this tenant. */
    public static Rejection noCollection(String name) {
        return new Rejection(Code.NOT_FOUND, "Collection %s not found".formatted(name));
    }

    public Code code() {
        return code;
    }

    /** The message; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
