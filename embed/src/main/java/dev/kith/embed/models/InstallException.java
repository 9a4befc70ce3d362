package dev.kith.embed.models;

/** A model that could not be installed. The message says what to do about it, and is for whoever installs. */
public final class InstallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InstallException(String message) {
        super(message);
    }

    InstallException(String message, Throwable cause) {
        super(message, cause);
    }
}
