package dev.kith.fetch;

/**
 * What was asked for could not be fetched. The messages are all here; they are stable, safe to show, and name no
 * address and nothing that the other side said but a status.
 */
public final class FetchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public FetchException(String message) {
        super(message, null, false, false);
    }

    /** The message; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }

    static FetchException badUrl() {
        return new FetchException("The URL cannot be fetched: it is not a plain http or https address");
    }

    static FetchException notAllowed() {
        return new FetchException("The URL cannot be fetched: its host is not on the public internet");
    }

    static FetchException unknownHost() {
        return new FetchException("The URL cannot be fetched: its host is not known");
    }

    static FetchException unreachable() {
        return new FetchException("The URL cannot be fetched: its host cannot be reached");
    }

    static FetchException untrusted() {
        return new FetchException("The URL cannot be fetched: its host has no certificate that can be trusted");
    }

    static FetchException late() {
        return new FetchException("The URL cannot be fetched: its host does not answer in time");
    }

    static FetchException broken() {
        return new FetchException("The URL cannot be fetched: the answer is not complete or not HTTP");
    }

    static FetchException encoded() {
        return new FetchException("The URL cannot be fetched: the answer is encoded in a way that was not asked for");
    }

    static FetchException status(int status) {
        return new FetchException("The URL cannot be fetched: it answers with status %d".formatted(status));
    }

    static FetchException redirects(int most) {
        return new FetchException("The URL cannot be fetched: it redirects more than %d times".formatted(most));
    }

    static FetchException tooLarge(int most) {
        return new FetchException("The URL cannot be fetched: it has more than %d bytes".formatted(most));
    }
}
