package dev.kith.doors.grpc;

import dev.kith.doors.room.Room;
import dev.kith.vectors.Rejection;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * The memory of one call, from the first byte of its message until its reply is out. gRPC tells a tracer of bytes as
 * they arrive, before the message is whole or decoded, so this is where a call is refused for which there is no room.
 * Used by the connection's event loop and then by the call's thread; safe on both.
 */
final class CallRoom extends ServerStreamTracer {
    static final Context.Key<CallRoom> KEY = Context.key("call-room");
    /** Besides the bytes as they came, a message is in memory decoded, and then as what the engine takes. */
    private static final int DECODED_COPIES = 2;

    /**
     * Most that a stream of health checks or reflection takes with all its messages, which are names of services:
     * hundreds of them. Who may not call anything else may call the first, and gets no more of the room than this.
     */
    private static final long NAMES_BYTES_MAX = Room.SMALL_BYTES;

    private final Room room;
    private final long heldMax;
    private long held;
    private boolean closed;

    private CallRoom(Room room, long heldMax) {
        this.room = room;
        this.heldMax = heldMax;
    }

    /** @param services of the dialect; the calls of others are small */
    static ServerStreamTracer.Factory factory(Room room, Set<String> services) {
        return new ServerStreamTracer.Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
                boolean own = services.contains(MethodDescriptor.extractFullServiceName(fullMethodName));
                return new CallRoom(room, own ? Long.MAX_VALUE : NAMES_BYTES_MAX);
            }
        };
    }

    @Override
    public Context filterContext(Context context) {
        return context.withValue(KEY, this);
    }

    @Override
    public void inboundWireSize(long bytes) {
        takeNow(bytes);
    }

    @Override
    public void inboundUncompressedSize(long bytes) {
        takeNow(DECODED_COPIES * bytes);
    }

    private synchronized void takeNow(long bytes) {
        if (closed) {
            return;
        }
        if (held + bytes > heldMax) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription("Calls of this service take at most %d bytes".formatted(heldMax))
                    .asRuntimeException();
        }
        if (!room.tryTake(bytes, held + bytes)) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription(("Too busy: a request of %d bytes so far does not fit beside the requests in"
                                    + " progress; send less at once, or again later")
                            .formatted(held + bytes))
                    .asRuntimeException();
        }
        held += bytes;
    }

    /**
     * Takes so many bytes for a result or a reply, if need be after a while.
     *
     * @param wanted whether anybody still waits for the reply
     * @throws Rejection where they cannot be had
     */
    void take(long bytes, BooleanSupplier wanted) {
        if (!room.take(bytes, held() + bytes, wanted)) {
            throw new Rejection(
                    Rejection.Code.EXHAUSTED,
                    ("Too busy: this request needs %d bytes more, which did not become free beside the requests in"
                                    + " progress; ask for less at once, or again later")
                            .formatted(bytes));
        }
        keep(bytes);
    }

    /** Gives back some of what was taken. */
    synchronized void giveBack(long bytes) {
        if (!closed) {
            held -= bytes;
            room.giveBack(bytes);
        }
    }

    private synchronized long held() {
        return held;
    }

    /** The stream may have been closed while its thread waited; then nobody else gives these bytes back. */
    private synchronized void keep(long bytes) {
        if (closed) {
            room.giveBack(bytes);
        } else {
            held += bytes;
        }
    }

    @Override
    public synchronized void streamClosed(Status status) {
        if (!closed) {
            closed = true;
            room.giveBack(held);
        }
    }
}
