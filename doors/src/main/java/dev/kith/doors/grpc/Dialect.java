package dev.kith.doors.grpc;

import dev.kith.vectors.Rejection;
import io.grpc.Metadata;
import io.grpc.Status;

/** What a dialect decides about every call, whatever its method. Safe on any thread. */
public interface Dialect {
    /** Whether everybody may come in, so that nobody is kept apart. */
    boolean isOpen();

    /**
     * Whose call it is, by its headers alone: its message is not decoded yet.
     *
     * @throws io.grpc.StatusRuntimeException where the credential is missing or wrong
     */
    String tenantOf(Metadata headers);

    /** How the wire says this refusal. */
    Status statusOf(Rejection refused);
}
