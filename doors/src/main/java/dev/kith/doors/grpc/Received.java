package dev.kith.doors.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.Detachable;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * A request's message as it arrived. gRPC would have it decoded on the event loop, for which a large one takes too
 * long, before anybody knows what that takes, and would fail calls whose message cannot be decoded with
 * {@code INTERNAL}, as if the fault were the server's; so the call's own thread does it. Passed from one thread to
 * another, and closed by whoever has it last.
 */
final class Received<Q> implements AutoCloseable {
    /**
     * Levels of messages in a message. A condition takes two a level, so 249 nested ones fit; the original's limit is
     * 100 levels. It bounds the stack that decoding takes.
     */
    static final int LEVELS_MAX = 500;

    private final Source source;
    private final int length;
    private final Kind<Q> kind;

    /** Where the bytes are. */
    private sealed interface Source {
        /** In buffers of the connection. */
        record Buffers(InputStream stream) implements Source {}

        /** Decompressed, and so read, as they came. */
        record Bytes(byte[] all) implements Source {}

        /** They turned out to be too many, or to have no room, while they were decompressed. */
        record Refused(StatusRuntimeException why) implements Source {}
    }

    /** How messages of one kind are decoded. What they have that is not known is left out. */
    private record Kind<Q>(Parser<Q> parser, Weight weight) {}

    private Received(Source source, int length, Kind<Q> kind) {
        this.source = source;
        this.length = length;
        this.kind = kind;
    }

    /** Bytes that are to be decoded. */
    int length() {
        return length;
    }

    /**
     * The message; to be asked for once.
     *
     * @param room takes so many bytes for it, or refuses
     * @throws StatusRuntimeException where it is none, or too large once it is decompressed
     */
    Q decode(LongConsumer room) {
        byte[] bytes = switch (source) {
            case Source.Buffers(InputStream stream) -> read(stream);
            case Source.Bytes(byte[] all) -> all;
            case Source.Refused(StatusRuntimeException why) -> throw why;
        };
        room.accept(kind.weight.of(bytes));
        CodedInputStream coded = CodedInputStream.newInstance(bytes);
        coded.setRecursionLimit(LEVELS_MAX);
        try {
            Q message = kind.parser.parseFrom(coded);
            coded.checkLastTagWas(0);
            return message;
        } catch (IOException malformed) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("The request is no valid message, or nests deeper than %d levels (%s)"
                            .formatted(LEVELS_MAX, malformed.getMessage()))
                    .asRuntimeException();
        }
    }

    /** All of it; the connection's buffers are given back. */
    private static byte[] read(InputStream stream) {
        try (stream) {
            byte[] all = new byte[stream.available()];
            int read = stream.readNBytes(all, 0, all.length);
            return read == all.length ? all : Arrays.copyOf(all, read);
        } catch (IOException e) {
            throw new IllegalStateException("Buffers in memory cannot fail", e);
        }
    }

    @Override
    public void close() {
        if (source instanceof Source.Buffers(InputStream stream)) {
            try {
                stream.close();
            } catch (IOException e) {
                throw new IllegalStateException("Buffers in memory cannot fail", e);
            }
        }
    }

    /** Takes messages of one kind over. Safe on any thread. */
    static final class Marshaller<Q extends Message> implements MethodDescriptor.Marshaller<Received<Q>> {
        private final Kind<Q> kind;

        @SuppressWarnings("unchecked") // a message's own parser makes messages of its class
        Marshaller(MethodDescriptor<Q, ?> method) {
            var prototypes = (MethodDescriptor.PrototypeMarshaller<Q>) method.getRequestMarshaller();
            Q prototype = Objects.requireNonNull(prototypes.getMessagePrototype(), "generated methods have one");
            Descriptor described = prototype.getDescriptorForType();
            kind = new Kind<>(
                    DiscardUnknownFieldsParser.wrap((Parser<Q>) prototype.getParserForType()), Weight.of(described));
        }

        /** What is decompressed while it is read cannot be taken over; {@link CallThreads} has it read elsewhere. */
        @Override
        public Received<Q> parse(InputStream stream) {
            try {
                if (stream instanceof Detachable buffers) {
                    int length = stream.available();
                    return new Received<>(new Source.Buffers(buffers.detach()), length, kind);
                }
                byte[] all = stream.readAllBytes();
                return new Received<>(new Source.Bytes(all), all.length, kind);
            } catch (StatusRuntimeException refused) {
                return new Received<>(new Source.Refused(refused), 0, kind);
            } catch (IOException malformed) {
                Status why = Status.INVALID_ARGUMENT.withDescription(
                        "The request cannot be decompressed (%s)".formatted(malformed.getMessage()));
                return new Received<>(new Source.Refused(why.asRuntimeException()), 0, kind);
            }
        }

        @Override
        public InputStream stream(Received<Q> value) {
            throw new IllegalStateException("A server sends no requests");
        }
    }
}
