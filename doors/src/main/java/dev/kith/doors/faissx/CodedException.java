package dev.kith.doors.faissx;

/** A refusal with an {@code error_code} of the wire's own. Carries no stack trace; its message is for the client. */
final class CodedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String errorCode;

    CodedException(String errorCode, String message) {
        super(message, null, false, false);
        this.errorCode = errorCode;
    }

    String errorCode() {
        return errorCode;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
