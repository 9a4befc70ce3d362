package dev.kith.doors.grpc;

import io.grpc.BindableService;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * Services that are not ours. gRPC decodes their messages outside of what answers them, and writes a stack trace into
 * the log for each that is none, which anybody may send. Here they are decoded within, and such a message is a refusal
 * like any other. Safe on any thread.
 */
final class Strangers implements ServerInterceptor {
    private Strangers() {}

    static ServerServiceDefinition answered(BindableService service) {
        return ServerInterceptors.intercept(
                ServerInterceptors.useInputStreamMessages(service.bindService()), new Strangers());
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            private boolean refused;

            @Override
            public void onMessage(Q message) {
                try {
                    if (!refused) {
                        super.onMessage(message);
                    }
                } catch (StatusRuntimeException malformed) {
                    refused = true;
                    call.close(
                            Status.INVALID_ARGUMENT.withDescription("The request is no valid message"), new Metadata());
                }
            }

            @Override
            public void onHalfClose() {
                if (!refused) {
                    super.onHalfClose();
                }
            }
        };
    }
}
