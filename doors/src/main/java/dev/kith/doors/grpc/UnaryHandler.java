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
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Answers the calls of one method: asks whose call it is, has the message decoded, does it, replies. Whatever goes
 * wrong becomes the call's status and nobody else's concern. Safe on any thread.
 */
final class UnaryHandler<Q, R> implements ServerCallHandler<Decoded<Q>, R> {
    private static final Logger LOG = System.getLogger(GrpcServer.class.getName());
    /** One message, and the end of the stream after it. */
    private static final int MESSAGES_ASKED = 2;

    private final Dialect dialect;
    private final Unary<Q, R> answer;

    UnaryHandler(Dialect dialect, Unary<Q, R> answer) {
        this.dialect = dialect;
        this.answer = answer;
    }

    @Override
    public ServerCall.Listener<Decoded<Q>> startCall(ServerCall<Decoded<Q>, R> call, Metadata headers) {
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
        CallRoom room = CallRoom.KEY.get(Context.current());
        if (room != null) {
            room.onStall(exchange::stalled);
        }
        call.request(MESSAGES_ASKED);
        return exchange;
    }

    /** gRPC calls it back for one call at a time; only a stall comes from elsewhere. */
    private final class Exchange extends ServerCall.Listener<Decoded<Q>> {
        private final ServerCall<Decoded<Q>, R> call;
        private final String tenant;
        private @Nullable Decoded<Q> request;
        private boolean several;
        /** Set by who closes the call: its end of arrival, or its stall before that. */
        private final AtomicBoolean whole = new AtomicBoolean();

        Exchange(ServerCall<Decoded<Q>, R> call, String tenant) {
            this.call = call;
            this.tenant = tenant;
        }

        @Override
        public void onMessage(Decoded<Q> message) {
            several = request != null;
            request = message;
        }

        @Override
        public void onHalfClose() {
            if (!whole.compareAndSet(false, true) || call.isCancelled()) {
                return;
            }
            CallRoom room = CallRoom.KEY.get(Context.current());
            if (room != null) {
                room.arrived();
            }
            Decoded<Q> given = request;
            request = null;
            if (given == null || several) {
                refuse(Status.INVALID_ARGUMENT.withDescription("Exactly one message is expected"));
                return;
            }
            switch (given) {
                case Decoded.Refused<Q>(Status why) -> refuse(why);
                case Decoded.Message<Q>(Q message) -> answer(message);
            }
        }

        private void answer(Q message) {
            R reply;
            try {
                Call asked = new Call(tenant, dialect.isOpen(), Context.current(), call.getAttributes());
                asked.requireWanted();
                reply = answer.answer(message, asked);
            } catch (StatusRuntimeException refused) {
                refuse(refused.getStatus());
                return;
            } catch (Rejection refused) {
                refuse(dialect.statusOf(refused));
                return;
            } catch (RuntimeException | StackOverflowError fault) {
                LOG.log(Level.ERROR, "A gRPC call failed", fault);
                refuse(Status.INTERNAL.withDescription("Internal error; the server's log has the reason"));
                return;
            }
            call.sendHeaders(new Metadata());
            call.sendMessage(reply);
            close(Status.OK);
        }

        private void refuse(Status status) {
            close(status);
        }

        private void close(Status status) {
            call.close(status, new Metadata());
            CallRoom room = CallRoom.KEY.get(Context.current());
            if (room != null) {
                room.answered();
            }
        }

        /** The request does not go on to arrive, or nobody reads the reply. */
        private void stalled() {
            if (whole.compareAndSet(false, true)) {
                call.close(Status.DEADLINE_EXCEEDED.withDescription("The request stopped arriving"), new Metadata());
            } else {
                Connections.end(call.getAttributes());
            }
        }
    }
}
