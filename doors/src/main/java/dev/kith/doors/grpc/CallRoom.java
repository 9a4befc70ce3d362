package dev.kith.doors.grpc;

import dev.kith.doors.room.Pace;
import dev.kith.doors.room.Room;
import dev.kith.vectors.Rejection;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.time.Duration;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one call, from the first byte of its message until its reply is out. gRPC tells a tracer of bytes as
 * they arrive, before the message is whole or decoded, so this is where a call is refused for which there is no room,
 * and where one that holds room without moving on is noticed. Used by the connection's event loop, then by the call's
 * thread, and by the one that looks for stalls; safe on all.
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

    private static final double NANOS_PER_SECOND = 1e9;
    /** A reply has waited behind others of its connection for so long, and those then take as long as their bytes. */
    private static final int STALLS_OF_REPLIES = 3;

    private static final String STALLED = "stopped moving on and was ended";

    private final Terms terms;
    /** Whether the stream is one call of the dialect's; those of other services may go on for ever. */
    private final boolean own;

    private final Pace arrival;
    private long held;
    private boolean closed;
    /** Whether a thread works on the call: what it has taken is in memory, even where nobody waits for the reply. */
    private boolean working;
    /** Whether the thread that works on it must not wait for room, or has waited in vain: once is enough. */
    private boolean atOnce;

    private boolean arriving;
    private @Nullable BooleanSupplier onStall;
    private @Nullable ServerCallInfo<?, ?> started;
    private long replyBytes;
    /** When a reply must be out that is on its way; read together with {@link #replying}. */
    private long replyEndNanos;

    private boolean replying;

    /**
     * What the calls of a door share.
     *
     * @param stall each such period must bring its part of a request
     * @param lines of the log
     */
    record Terms(Room room, Duration stall, Stalls stalls, FewLines lines) {}

    private CallRoom(Terms terms, boolean own) {
        this.terms = terms;
        this.own = own;
        this.arriving = own;
        this.arrival = new Pace(terms.stall(), GrpcLimits.BYTES_PER_SECOND_MIN);
    }

    /** @param services of the dialect; the calls of others are small */
    static ServerStreamTracer.Factory factory(Terms terms, Set<String> services) {
        return new ServerStreamTracer.Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
                boolean own = services.contains(MethodDescriptor.extractFullServiceName(fullMethodName));
                CallRoom call = new CallRoom(terms, own);
                terms.stalls().add(call);
                return call;
            }
        };
    }

    @Override
    public Context filterContext(Context context) {
        return context.withValue(KEY, this);
    }

    @Override
    public synchronized void serverCallStarted(ServerCallInfo<?, ?> call) {
        started = call;
    }

    @Override
    public void inboundWireSize(long bytes) {
        move(bytes);
        takeNow(bytes);
    }

    @Override
    public void inboundUncompressedSize(long bytes) {
        takeNow(DECODED_COPIES * bytes);
    }

    @Override
    public synchronized void inboundMessageRead(int sequence, long wireBytes, long uncompressedBytes) {
        if (!own) {
            arriving = false;
        }
    }

    @Override
    public synchronized void outboundWireSize(long bytes) {
        replyBytes += bytes;
    }

    private synchronized void move(long bytes) {
        if (!arriving) {
            arriving = true;
            arrival.begin();
        }
        arrival.move(bytes);
    }

    private synchronized void takeNow(long bytes) {
        if (closed) {
            return;
        }
        if (!own && held + bytes > NAMES_BYTES_MAX) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription("Calls of this service take at most %d bytes".formatted(NAMES_BYTES_MAX))
                    .asRuntimeException();
        }
        if (!terms.room().tryTake(bytes, held + bytes)) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription(("Too busy: a request of %d bytes so far does not fit beside the requests in"
                                    + " progress; send less at once, or again later")
                            .formatted(held + bytes))
                    .asRuntimeException();
        }
        held += bytes;
    }

    /**
     * Takes so many bytes for a result or a reply, if need be after a while; never so on an event loop.
     *
     * @param wanted whether anybody still waits for the reply
     * @throws Rejection where they cannot be had
     */
    void take(long bytes, BooleanSupplier wanted) {
        boolean taken = isAtOnce()
                ? terms.room().tryTake(bytes, held() + bytes)
                : terms.room().take(bytes, held() + bytes, wanted);
        if (!taken) {
            waitNoMore();
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
        if (!closed || working) {
            held -= bytes;
            terms.room().giveBack(bytes);
        }
    }

    /**
     * A thread is about to work on the call.
     *
     * @param now on this one, an event loop, where nothing may wait
     */
    synchronized void begin(boolean now) {
        working = true;
        atOnce = now;
    }

    private synchronized void waitNoMore() {
        atOnce = true;
    }

    private synchronized boolean isAtOnce() {
        return atOnce;
    }

    /** It works no more. */
    synchronized void end() {
        working = false;
        release();
    }

    /** Once nothing is left of the call. */
    private synchronized void release() {
        if (closed && !working) {
            terms.room().giveBack(held);
            held = 0;
        }
    }

    synchronized long held() {
        return held;
    }

    /** The call may have ended meanwhile; then nobody else gives these bytes back. */
    private synchronized void keep(long bytes) {
        held += bytes;
        release();
    }

    /** @param stalled ends the call of a request that is not whole, and says whether; must not block */
    synchronized void onStall(BooleanSupplier stalled) {
        onStall = stalled;
    }

    /** The request is whole. */
    synchronized void arrived() {
        arriving = false;
    }

    /** The reply is on its way; its client must read it in time. */
    synchronized void answered() {
        double nanos = replyBytes * NANOS_PER_SECOND / GrpcLimits.BYTES_PER_SECOND_MIN;
        replyEndNanos = System.nanoTime() + STALLS_OF_REPLIES * terms.stall().toNanos() + (long) nanos;
        replying = true;
    }

    /** Ends what has not moved on since the last look. */
    void look(long nowNanos) {
        judge(nowNanos).run();
    }

    /**
     * What is to be done about a call that does not move on. It may move on before that is done: so it is asked once
     * more, where its end would be heard of.
     */
    synchronized Runnable judge(long nowNanos) {
        if (closed) {
            return () -> {};
        }
        if (arriving && arrival.wasTooSlow(nowNanos)) {
            BooleanSupplier end = onStall;
            if (end == null) {
                return () -> endConnection(() -> isOpen() && isArriving());
            }
            arriving = false;
            return () -> {
                if (end.getAsBoolean()) {
                    log(STALLED);
                }
            };
        }
        if (replying && nowNanos - replyEndNanos > 0) {
            replying = false;
            return () -> endConnection(this::isOpen);
        }
        return () -> {};
    }

    /** Of a reply that nobody reads, or of a stream that no handler of ours watches. */
    private void endConnection(BooleanSupplier stalled) {
        ServerCallInfo<?, ?> call = call();
        if (call != null) {
            Connections.end(call.getAttributes(), () -> {
                boolean ends = stalled.getAsBoolean();
                if (ends) {
                    log(STALLED);
                }
                return ends;
            });
        }
    }

    private synchronized boolean isOpen() {
        return !closed;
    }

    private synchronized @Nullable ServerCallInfo<?, ?> call() {
        return started;
    }

    @Override
    public void streamClosed(Status status) {
        terms.stalls().remove(this);
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            release();
        }
        // These gRPC gives to requests that it does not read to their end; the other codes are a handler's.
        Status.Code code = status.getCode();
        if ((code == Status.Code.RESOURCE_EXHAUSTED || code == Status.Code.INTERNAL) && isArriving()) {
            log("was refused while it arrived: %s, %s".formatted(code, status.getDescription()));
        }
    }

    private synchronized boolean isArriving() {
        return arriving;
    }

    /** What ends a call before a handler knows of it has no other trace. */
    private void log(String what) {
        ServerCallInfo<?, ?> call = call();
        if (call != null) {
            terms.lines()
                    .say("A call of %s by %s %s"
                            .formatted(
                                    call.getMethodDescriptor().getFullMethodName(),
                                    Call.hostAndPort(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)),
                                    what));
        }
    }
}
