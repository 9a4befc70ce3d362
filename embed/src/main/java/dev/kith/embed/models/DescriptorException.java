package dev.kith.embed.models;

/** A descriptor that cannot be used. The message names the file and what is wrong with it, and is safe to show. */
public final class DescriptorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DescriptorException(String message, Throwable cause) {
        super(message, cause);
    }

    DescriptorException(String message) {
        super(message);
    }
}
