package dev.kith.doors.zmq;

import dev.kith.doors.room.Room;
import dev.kith.doors.zmq.Lane.Body;
import dev.kith.doors.zmq.Lane.Request;
import dev.kith.doors.zmq.RequestHandler.Refusal;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs requests: each lane's on a thread of its own, which sends the reply itself and goes on while requests wait.
 * Whatever one request does, its lane either goes on or its connection ends; nobody else notices. Safe on any thread.
 */
final class Requests {
    private static final Logger LOG = System.getLogger(ZmqServer.class.getName());

    private final RequestHandler handler;
    private final ThreadFactory threads;
    private final Room room;
    private final int pipeline;
    private final Runnable atRest;
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();

    /** @param atRest called when a lane has nothing more to do */
    Requests(ZmqServer.Work work, Room room, ZmqLimits limits, Runnable atRest) {
        this.handler = work.handler();
        this.threads = work.threads();
        this.room = room;
        this.pipeline = limits.pipeline();
        this.atRest = atRest;
    }

    long received() {
        return received.get();
    }

    long refused() {
        return refused.get();
    }

    long dropped() {
        return dropped.get();
    }

    /** Logs a fault; one that cannot even be logged must not end a thread that serves others. */
    static void report(String what, Throwable fault) {
        try {
            LOG.log(Level.ERROR, what, fault);
        } catch (RuntimeException | Error unlogged) {
            // There is no memory for a line, or the log itself fails.
        }
    }

    /** Counts a message that gets no answer. */
    void drop(Connection connection, long charge) {
        dropped.incrementAndGet();
        connection.account().giveBack(charge);
    }

    /** Takes a request that has arrived; on the owner thread. */
    void accept(Connection connection, Request arrived) {
        received.incrementAndGet();
        Request request = arrived;
        int waiting = connection.lane().waiting();
        if (waiting >= pipeline) {
            connection.account().giveBack(request.charge() - Incoming.REQUEST_OVERHEAD_BYTES);
            request =
                    new Request(new Body.Refused(new Refusal.PipelineFull(pipeline)), Incoming.REQUEST_OVERHEAD_BYTES);
        }
        if (request.body() instanceof Body.Refused) {
            refused.incrementAndGet();
        }
        if (waiting >= Lane.WAITING_MAX) {
            drop(connection, request.charge());
        } else if (connection.lane().add(request)) {
            start(connection, request);
        }
    }

    /** Goes on with a lane whose reply is all out; on the owner thread. */
    void resume(Connection connection) {
        start(connection, connection.lane().next());
    }

    /** Where no thread can be had, the requests are answered with an error here until one can. */
    private void start(Connection connection, @Nullable Request first) {
        Request request = first;
        while (request != null && !isStarted(connection, request)) {
            Running running = new Running(connection, request);
            request = running.conclude(failure()) ? connection.lane().next() : null;
        }
    }

    private boolean isStarted(Connection connection, Request request) {
        try {
            threads.newThread(() -> work(connection, request)).start();
            return true;
        } catch (RuntimeException | Error fault) {
            report("There is no thread for a request", fault);
            return false;
        }
    }

    /** On the lane's own thread. */
    private void work(Connection connection, Request first) {
        try {
            Request request = first;
            while (request != null) {
                request = new Running(connection, request).isDone()
                        ? connection.lane().next()
                        : null;
            }
        } catch (RuntimeException | Error fault) {
            report("A reply could not be sent", fault);
            connection.condemn();
        }
        atRest.run();
    }

    private @Nullable ByteBuffer failure() {
        try {
            return handler.refuse(new Refusal.Failed());
        } catch (RuntimeException | Error fault) {
            report("A request could not even be refused", fault);
            return null;
        }
    }

    /** One request that is being answered, and what it holds of the room. */
    private final class Running {
        private final Connection connection;
        private final Request request;
        private final Grant grant;

        Running(Connection connection, Request request) {
            this.connection = connection;
            this.request = request;
            this.grant = new Grant(room, connection::isOpen);
        }

        /** Answers the request; whether the lane may go on. Nobody waits for the answer where the peer is gone. */
        boolean isDone() {
            return conclude(connection.isOpen() ? answer() : null);
        }

        private @Nullable ByteBuffer answer() {
            try {
                return switch (request.body()) {
                    case Body.Given(byte[] bytes) -> handler.handle(bytes, grant);
                    case Body.Refused(Refusal why) -> handler.refuse(why);
                };
            } catch (RuntimeException | Error fault) {
                report("A request failed outside its handler's own care", fault);
                return failure();
            }
        }

        /** Sends a reply. Without one the peer would wait for ever: its connection ends. */
        boolean conclude(@Nullable ByteBuffer reply) {
            long held = reply == null ? 0 : reply.capacity();
            grant.settle(held);
            connection.account().giveBack(request.charge());
            try {
                if (reply != null) {
                    return connection.outgoing().send(reply, held);
                }
            } catch (IOException gone) {
                // As good as no reply.
            }
            connection.condemn();
            return false;
        }
    }
}
