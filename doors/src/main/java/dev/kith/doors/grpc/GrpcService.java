package dev.kith.doors.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A service of a dialect: every method that its descriptor names, with what it does. Made by one thread. */
public final class GrpcService {
    private final ServiceDescriptor generated;
    private final Dialect dialect;
    private final Map<String, ServerMethodDefinition<?, ?>> methods = new LinkedHashMap<>();

    /** @param generated what the service's .proto file says of it */
    public GrpcService(ServiceDescriptor generated, Dialect dialect) {
        this.generated = generated;
        this.dialect = dialect;
    }

    public <Q extends MessageLite, R> GrpcService with(MethodDescriptor<Q, R> method, Unary<Q, R> answer) {
        MethodDescriptor<Decoded<Q>, R> decoding = method.toBuilder(
                        new Decoded.Marshaller<>(method), method.getResponseMarshaller())
                .build();
        methods.put(
                method.getFullMethodName(),
                ServerMethodDefinition.create(decoding, new UnaryHandler<>(dialect, answer)));
        return this;
    }

    /** The whole service; one without a method that its descriptor names is our own mistake. */
    ServerServiceDefinition definition() {
        Set<String> named = generated.getMethods().stream()
                .map(MethodDescriptor::getFullMethodName)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!named.equals(new TreeSet<>(methods.keySet()))) {
            throw new IllegalStateException(
                    "Methods of %s: described %s, answered %s".formatted(generated.getName(), named, methods.keySet()));
        }
        ServiceDescriptor.Builder descriptor =
                ServiceDescriptor.newBuilder(generated.getName()).setSchemaDescriptor(generated.getSchemaDescriptor());
        methods.values().forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(descriptor.build());
        methods.values().forEach(definition::addMethod);
        return definition.build();
    }
}
