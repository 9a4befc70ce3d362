package dev.kith.doors.zmq;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;
import zmq.ZError;

/**
 * A bound ROUTER socket that answers requests until it is stopped. All methods are safe on any thread.
 *
 * <p>A request is the peer's identity, an empty frame and exactly one body frame. A message without the empty frame is
 * dropped, as a REP socket would; one with several body frames is answered once, with the handler's refusal.
 */
public final class ZmqServer implements AutoCloseable {
    /** Whole messages of one peer that JeroMQ holds before it stops reading from it. */
    private static final int RECEIVE_HIGH_WATER = 16;
    /** Replies that JeroMQ holds for one peer that does not read; later ones wait in the peer's lane. */
    private static final int SEND_HIGH_WATER = 4;
    /** Connections that the operating system may hold before we accept them. */
    private static final int BACKLOG = 1_024;
    /** Seconds of silence after which the operating system asks whether a peer is still there. */
    private static final int KEEP_ALIVE_IDLE_SECONDS = 60;
    /** Longest that a stop without a duration of its own waits for requests in progress. */
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);
    /** What a stop may take beyond its grace: the last replies leave, the sockets close. */
    private static final Duration CLOSING = Duration.ofSeconds(3);

    private final Owner owner;
    private final Thread thread;
    private final int port;

    /**
     * Where to listen.
     *
     * @param name of the door, for threads and errors
     * @param address a numeric address or host name of this machine
     * @param port 0 for any free one
     */
    public record Binding(String name, String address, int port) {
        /** Largest port of TCP. */
        private static final int PORT_MAX = 65_535;

        public Binding {
            if (port < 0 || port > PORT_MAX) {
                throw new IllegalArgumentException("%s port %d is not in 0 to %d".formatted(name, port, PORT_MAX));
            }
        }

        private String endpoint() {
            String host = address.contains(":") ? "[" + address + "]" : address;
            return "tcp://" + host + ":" + (port == 0 ? "*" : port);
        }
    }

    private ZmqServer(Owner owner, Thread thread, int port) {
        this.owner = owner;
        this.thread = thread;
        this.port = port;
    }

    /**
     * Binds and starts to serve.
     *
     * @param requests makes the thread of each request
     * @throws UncheckedIOException where the address cannot be bound; the message names it
     */
    public static ZmqServer start(Binding binding, ZmqLimits limits, RequestHandler handler, ThreadFactory requests) {
        ZMQ.Context context = ZMQ.context(1);
        context.setThreadFactor((work, name) ->
                Thread.ofPlatform().daemon().name(binding.name() + "-" + name).unstarted(work));
        context.setNotificationExceptionHandler(Owner::report);
        context.setUncaughtExceptionHandler(Owner::report);
        ZMQ.Socket socket = context.socket(SocketType.ROUTER);
        configure(socket, binding, limits);
        Room room = new Room(limits.inFlightBytes());
        Connections connections = new Connections(socket.base(), room, limits);
        connections.install();
        try {
            bind(socket, binding);
            Owner owner = new Owner(context, socket, new Owner.Parts(connections, room, limits, handler, requests));
            int port = portOf(socket.getLastEndpoint());
            Thread thread = Thread.ofPlatform().name(binding.name() + "-owner").unstarted(owner);
            thread.start();
            return new ZmqServer(owner, thread, port);
        } catch (IOException e) {
            socket.close();
            context.close();
            throw new UncheckedIOException(e);
        }
    }

    private static void configure(ZMQ.Socket socket, Binding binding, ZmqLimits limits) {
        socket.setMaxMsgSize(limits.frameBytes());
        socket.setRcvHWM(RECEIVE_HIGH_WATER);
        socket.setSndHWM(SEND_HIGH_WATER);
        socket.setBacklog(BACKLOG);
        socket.setHandshakeIvl((int) limits.handshake().toMillis());
        // A reply for which a peer has no room comes back to us instead of vanishing.
        socket.setRouterMandatory(true);
        socket.setTCPKeepAlive(1);
        socket.setTCPKeepAliveIdle(KEEP_ALIVE_IDLE_SECONDS);
        socket.setIPv6(binding.address().contains(":"));
    }

    private static void bind(ZMQ.Socket socket, Binding binding) throws IOException {
        boolean bound;
        try {
            bound = socket.base().bind(binding.endpoint());
        } catch (RuntimeException unusable) {
            throw new IOException(
                    "%s cannot listen on %s: %s".formatted(binding.name(), binding.endpoint(), unusable.getMessage()),
                    unusable);
        }
        if (!bound) {
            throw new BindException(
                    "%s cannot listen on %s: the port is taken, or the address is not this machine's (%s)"
                            .formatted(
                                    binding.name(),
                                    binding.endpoint(),
                                    ZError.toString(socket.base().errno())));
        }
    }

    private static int portOf(String endpoint) {
        return Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
    }

    /** The port that is bound. */
    public int port() {
        return port;
    }

    /** Open connections. */
    public int connections() {
        return owner.connections().open();
    }

    /** Connections refused because too many were open. */
    public long connectionsRefused() {
        return owner.connections().refused();
    }

    /** Connections ended because a frame that they had declared did not arrive. */
    public long connectionsEnded() {
        return owner.connections().ended();
    }

    /** Requests received so far. */
    public long requests() {
        return owner.requests();
    }

    /** Requests answered without their handler, for lack of room or of a place in their peer's queue. */
    public long requestsRefused() {
        return owner.refused();
    }

    /** Messages that got no answer: no empty frame, or far too many waiting. */
    public long requestsDropped() {
        return owner.dropped();
    }

    /** Bytes of frames and replies in memory now. */
    public long bytesInFlight() {
        return owner.bytesInFlight();
    }

    /**
     * Stops accepting, finishes what is in progress, sends its replies and closes. Returns when that is done, or some
     * seconds after the grace at the latest; stopping twice is harmless.
     *
     * @param grace how long requests in progress may take
     */
    public void stop(Duration grace) {
        owner.stop(grace);
        try {
            thread.join(grace.plus(CLOSING));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop(CLOSE_WITHIN);
    }
}
