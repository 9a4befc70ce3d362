package dev.kith.shell.remote;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** The server could not be reached, or refused a whole request. */
public final class RemoteException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RemoteException(String message) {
        super(message, null, false, false);
    }

    /** Of a call that failed. */
    public static RemoteException of(Endpoint endpoint, StatusRuntimeException failed) {
        Status status = failed.getStatus();
        String description = status.getDescription();
        // Netty adds its own pipeline in further lines.
        String detail = description == null
                ? ""
                : ": " + description.lines().findFirst().orElse("");
        Throwable cause = status.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String because = cause == null || cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")";
        return new RemoteException(
                switch (status.getCode()) {
                    case UNAVAILABLE -> "no connection to " + endpoint + detail + because;
                    case UNIMPLEMENTED -> endpoint + " does not have this operation" + detail;
                    case DEADLINE_EXCEEDED -> endpoint + " took too long" + detail;
                    default -> status.getCode() + detail + because;
                });
    }
}
