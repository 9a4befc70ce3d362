package dev.kith.doors.grpc;

import dev.kith.vectors.Rejection;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Answers the calls of one method: asks whose call it is, has the message decoded, does it, replies. Whatever goes
 * wrong becomes the call's status and nobody else's concern. Safe on any thread.
 *
 * <p>gRPC calls it back on the connection's event loop, where nothing may take long. So a call changes threads once,
 * when its request is whole, and its reply goes back in one piece; one that takes no time is answered where it is.
 */
final class UnaryHandler<Q, R> implements ServerCallHandler<Received<Q>, R> {
    private static final Logger LOG = System.getLogger(GrpcServer.class.getName());
    /** One message, and the end of the stream after it. */
    private static final int MESSAGES_ASKED = 2;
    /** A larger message is decoded by a thread that may take its time, whatever it is. */
    private static final int IMMEDIATE_BYTES_MAX = 1 << 10;

    private final Dialect dialect;
    private final Method<Q, R> method;
    private final Threads threads;

    /** How long the calls of a method take. */
    enum Pace {
        /** No time: no lock, no disk, no computation. */
        IMMEDIATE,
        /** Mostly well below a millisecond. */
        SHORT,
        ANY
    }

    /** What is done. */
    record Method<Q, R>(Unary<Q, R> answer, Pace pace) {}

    /** Where it is done, by its pace. */
    record Threads(Executor shortOnes, Executor any) {}

    UnaryHandler(Dialect dialect, Method<Q, R> method, Threads threads) {
        this.dialect = dialect;
        this.method = method;
        this.threads = threads;
    }

    @Override
    public ServerCall.Listener<Received<Q>> startCall(ServerCall<Received<Q>, R> call, Metadata headers) {
        String tenant;
        try {
            tenant = dialect.tenantOf(headers);
        } catch (StatusRuntimeException refused) {
            // No message was asked for, so none is decoded.
            call.close(refused.getStatus(), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        Connections.visit(call.getAttributes(), tenant);
        Exchange exchange = new Exchange(call, tenant);
        CallRoom room = exchange.room;
        if (room != null) {
            room.onStall(exchange::stalled);
        }
        call.request(MESSAGES_ASKED);
        return exchange;
    }

    /** gRPC calls it back for one call at a time; only a stall comes from elsewhere. */
    private final class Exchange extends ServerCall.Listener<Received<Q>> {
        private final ServerCall<Received<Q>, R> call;
        private final String tenant;
        private final Context context = Context.current();
        private final @Nullable CallRoom room = CallRoom.KEY.get(context);
        /** What has arrived and nobody has taken yet. */
        private @Nullable Received<Q> request;

        private boolean several;
        /** Set by who closes the call: its end of arrival, or its stall before that. */
        private final AtomicBoolean whole = new AtomicBoolean();

        Exchange(ServerCall<Received<Q>, R> call, String tenant) {
            this.call = call;
            this.tenant = tenant;
        }

        @Override
        public void onMessage(Received<Q> message) {
            several = request != null;
            release();
            request = message;
        }

        @Override
        public void onHalfClose() {
            if (!whole.compareAndSet(false, true) || call.isCancelled()) {
                return;
            }
            if (room != null) {
                room.arrived();
            }
            Received<Q> given = request;
            if (given == null || several) {
                refuse(Status.INVALID_ARGUMENT.withDescription("Exactly one message is expected"));
                return;
            }
            request = null;
            boolean now = method.pace == Pace.IMMEDIATE && given.length() <= IMMEDIATE_BYTES_MAX;
            if (room != null) {
                room.begin(now);
            }
            if (now) {
                answer(given);
                return;
            }
            try {
                Executor calls = method.pace == Pace.SHORT ? threads.shortOnes : threads.any;
                calls.execute(context.wrap(() -> answer(given)));
            } catch (RejectedExecutionException stopped) {
                given.close();
                end();
                refuse(Status.UNAVAILABLE.withDescription("The server is stopping"));
            }
        }

        @Override
        public void onCancel() {
            release();
        }

        @Override
        public void onComplete() {
            release();
        }

        private void release() {
            if (request != null) {
                request.close();
                request = null;
            }
        }

        private void answer(Received<Q> given) {
            try {
                reply(given);
            } finally {
                end();
            }
        }

        /** Nothing of the request is in memory any more. */
        private void end() {
            if (room != null) {
                room.end();
            }
        }

        private void reply(Received<Q> given) {
            R reply;
            try {
                Call asked = new Call(tenant, dialect.isOpen(), context, call.getAttributes());
                reply = method.answer.answer(message(given, asked), asked);
            } catch (StatusRuntimeException refused) {
                refuse(refused.getStatus());
                return;
            } catch (Rejection refused) {
                refuse(dialect.statusOf(refused));
                return;
            } catch (RuntimeException | Error fault) {
                LOG.log(Level.ERROR, "A gRPC call failed", fault);
                refuse(Status.INTERNAL.withDescription("Internal error; the server's log has the reason"));
                return;
            }
            call.sendHeaders(new Metadata());
            call.sendMessage(reply);
            close(Status.OK);
        }

        private Q message(Received<Q> given, Call asked) {
            try (given) {
                asked.requireWanted();
                return given.decode(asked::take);
            }
        }

        private void refuse(Status status) {
            close(status);
        }

        private void close(Status status) {
            call.close(status, new Metadata());
            if (room != null) {
                room.answered();
            }
        }

        /** The request does not go on to arrive; unless it has arrived meanwhile. */
        private boolean stalled() {
            boolean ends = whole.compareAndSet(false, true);
            if (ends) {
                call.close(Status.DEADLINE_EXCEEDED.withDescription("The request stopped arriving"), new Metadata());
            }
            return ends;
        }
    }
}
