package dev.kith.doors.grpc;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A service of a dialect: every method that its descriptor names, with what it does. Made by one thread. */
public final class GrpcService {
    private final ServiceDescriptor generated;
    private final Dialect dialect;
    private final Map<String, Function<UnaryHandler.Threads, ServerMethodDefinition<?, ?>>> methods =
            new LinkedHashMap<>();

    /** @param generated what the service's .proto file says of it */
    public GrpcService(ServiceDescriptor generated, Dialect dialect) {
        this.generated = generated;
        this.dialect = dialect;
    }

    /** A method that a thread of its own answers, which may block and compute. */
    public <Q extends Message, R> GrpcService with(MethodDescriptor<Q, R> method, Unary<Q, R> answer) {
        return with(method, new UnaryHandler.Method<>(answer, UnaryHandler.Pace.ANY));
    }

    /** A method that the event loop answers, since that takes no time: no lock, no disk, no computation. */
    public <Q extends Message, R> GrpcService withImmediate(MethodDescriptor<Q, R> method, Unary<Q, R> answer) {
        return with(method, new UnaryHandler.Method<>(answer, UnaryHandler.Pace.IMMEDIATE));
    }

    /** A method that may block and compute as well, but seldom does for more than a millisecond. */
    public <Q extends Message, R> GrpcService withShort(MethodDescriptor<Q, R> method, Unary<Q, R> answer) {
        return with(method, new UnaryHandler.Method<>(answer, UnaryHandler.Pace.SHORT));
    }

    private <Q extends Message, R> GrpcService with(
            MethodDescriptor<Q, R> described, UnaryHandler.Method<Q, R> method) {
        MethodDescriptor<Received<Q>, R> receiving = described.toBuilder(
                        new Received.Marshaller<>(described), described.getResponseMarshaller())
                .build();
        methods.put(
                described.getFullMethodName(),
                threads -> ServerMethodDefinition.create(receiving, new UnaryHandler<>(dialect, method, threads)));
        return this;
    }

    String name() {
        return generated.getName();
    }

    /** The whole service; one without a method that its descriptor names is our own mistake. */
    ServerServiceDefinition definition(UnaryHandler.Threads threads) {
        Set<String> named = generated.getMethods().stream()
                .map(MethodDescriptor::getFullMethodName)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!named.equals(new TreeSet<>(methods.keySet()))) {
            throw new IllegalStateException(
                    "Methods of %s: described %s, answered %s".formatted(generated.getName(), named, methods.keySet()));
        }
        List<ServerMethodDefinition<?, ?>> defined = methods.values().stream()
                .<ServerMethodDefinition<?, ?>>map(method -> method.apply(threads))
                .toList();
        ServiceDescriptor.Builder descriptor =
                ServiceDescriptor.newBuilder(generated.getName()).setSchemaDescriptor(generated.getSchemaDescriptor());
        defined.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(descriptor.build());
        defined.forEach(definition::addMethod);
        return definition.build();
    }
}
