package dev.kith.shell.idios;

/**
 * A page that could not be had or sent, or a file that cannot be one. The message is for the person at the terminal.
 */
final class TransferException extends Exception {
    private static final long serialVersionUID = 1L;

    TransferException(String message) {
        super(message);
    }

    TransferException(String message, Throwable cause) {
        super(message, cause);
    }
}
