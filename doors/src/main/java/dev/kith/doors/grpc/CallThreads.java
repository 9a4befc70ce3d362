package dev.kith.doors.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Where gRPC calls the handlers back. Ours are called on the connection's event loop and leave it by themselves; what
 * other services do is not known, and a message that has to be decompressed takes as long as it likes. Safe on any
 * thread.
 *
 * @param services whose handlers leave the event loop
 * @param calls run everything else
 */
record CallThreads(Set<String> services, Executor calls) implements ServerCallExecutorSupplier {
    private static final Metadata.Key<String> ENCODING =
            Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);
    private static final String NOT_COMPRESSED = "identity";

    @Override
    public <Q, R> Executor getExecutor(ServerCall<Q, R> call, Metadata headers) {
        String encoding = headers.get(ENCODING);
        boolean plain = encoding == null || encoding.equals(NOT_COMPRESSED);
        boolean own = services.contains(call.getMethodDescriptor().getServiceName());
        return plain && own ? Runnable::run : calls;
    }
}
