package dev.kith.doors.grpc;

import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntConsumer;

/** Sees the calls of a door begin and end. Called by event loops and calls' threads at once; must not block. */
@FunctionalInterface
public interface CallWatch {
    /**
     * A call has begun; whose it is is not known yet.
     *
     * @param method with its service, as the client wrote it
     * @param header of the call, by its name
     * @return takes the number of the call's status when it has ended
     */
    IntConsumer begun(String method, Function<String, Optional<String>> header);

    /** As gRPC wants it. */
    static ServerStreamTracer.Factory tracers(CallWatch watch) {
        return new ServerStreamTracer.Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                IntConsumer ended = watch.begun(
                        method,
                        name -> Optional.ofNullable(
                                headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER))));
                return new ServerStreamTracer() {
                    @Override
                    public void streamClosed(Status status) {
                        ended.accept(status.getCode().value());
                    }
                };
            }
        };
    }
}
