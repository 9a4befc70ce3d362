package dev.kith.doors.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;

/**
 * A request as it was decoded, or why it could not be: gRPC's own decoding fails calls with {@code INTERNAL}, as if the
 * fault were the server's.
 */
sealed interface Decoded<Q> {
    record Message<Q>(Q message) implements Decoded<Q> {}

    record Refused<Q>(Status why) implements Decoded<Q> {}

    /** Decodes messages of one kind. Safe on any thread. */
    final class Marshaller<Q extends MessageLite> implements MethodDescriptor.Marshaller<Decoded<Q>> {
        /**
         * Levels of messages in a message. A condition takes two a level, so 249 nested ones fit; the original's
         * limit is 100 levels. It bounds the stack that decoding takes.
         */
        static final int LEVELS_MAX = 500;

        private final Parser<Q> parser;

        @SuppressWarnings("unchecked") // a message's own parser makes messages of its class
        Marshaller(MethodDescriptor<Q, ?> method) {
            var prototypes = (MethodDescriptor.PrototypeMarshaller<Q>) method.getRequestMarshaller();
            Q prototype =
                    java.util.Objects.requireNonNull(prototypes.getMessagePrototype(), "generated methods have one");
            parser = (Parser<Q>) prototype.getParserForType();
        }

        @Override
        public Decoded<Q> parse(InputStream stream) {
            CodedInputStream coded = CodedInputStream.newInstance(stream);
            coded.setRecursionLimit(LEVELS_MAX);
            coded.setSizeLimit(Integer.MAX_VALUE);
            try {
                Q message = parser.parseFrom(coded);
                coded.checkLastTagWas(0);
                return new Message<>(message);
            } catch (StatusRuntimeException refused) {
                // A compressed message turns out to be too large, or to have no room, while it is read.
                return new Refused<>(refused.getStatus());
            } catch (IOException malformed) {
                return new Refused<>(Status.INVALID_ARGUMENT.withDescription(
                        "The request is no valid message, or nests deeper than %d levels (%s)"
                                .formatted(LEVELS_MAX, malformed.getMessage())));
            }
        }

        @Override
        public InputStream stream(Decoded<Q> value) {
            throw new IllegalStateException("A server sends no requests");
        }
    }
}
