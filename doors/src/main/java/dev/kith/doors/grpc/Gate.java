package dev.kith.doors.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;

/** Asks the dialect before the calls of a service that is not its own. Safe on any thread. */
final class Gate implements ServerInterceptor {
    private final Dialect dialect;

    private Gate(Dialect dialect) {
        this.dialect = dialect;
    }

    static ServerServiceDefinition before(ServerServiceDefinition service, Dialect dialect) {
        return ServerInterceptors.intercept(service, new Gate(dialect));
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        try {
            dialect.tenantOf(headers);
        } catch (StatusRuntimeException refused) {
            call.close(refused.getStatus(), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(call, headers);
    }
}
