package dev.kith.doors.zmq;

import dev.kith.doors.room.Room;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;

/**
 * A bound ROUTER socket that answers requests until it is stopped. All methods are safe on any thread.
 *
 * <p>A request is the peer's identity, an empty frame and exactly one body frame. A message without the empty frame is
 * dropped, as a REP socket would; one with several body frames is answered once, with the handler's refusal.
 */
public final class ZmqServer implements AutoCloseable {
    /** Connections that the operating system may hold before we accept them. */
    private static final int BACKLOG = 1_024;
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
     * What requests are answered with.
     *
     * @param threads makes the thread on which one peer's requests run
     * @param room that requests, results and replies take their memory from
     */
    public record Work(RequestHandler handler, ThreadFactory threads, Room room) {}

    /**
     * Binds and starts to serve.
     *
     * @throws UncheckedIOException where the address cannot be bound; the message names it
     */
    public static ZmqServer start(Binding binding, ZmqLimits limits, Work work) {
        try {
            ServerSocketChannel listener = bind(binding);
            try {
                Owner owner = new Owner(binding.name(), listener, work, limits);
                Thread thread =
                        Thread.ofPlatform().name(binding.name() + "-owner").unstarted(owner);
                ZmqServer server =
                        new ZmqServer(owner, thread, listener.socket().getLocalPort());
                thread.start();
                return server;
            } catch (IOException | RuntimeException | Error e) {
                listener.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ServerSocketChannel bind(Binding binding) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        try {
            listener.configureBlocking(false);
            listener.bind(new InetSocketAddress(binding.address(), binding.port()), BACKLOG);
            return listener;
        } catch (IOException | UnresolvedAddressException e) {
            listener.close();
            String reason = e instanceof BindException ? "the port is taken, or the address is not this machine's" : "";
            throw new IOException(
                    "%s cannot listen on %s: %s (%s)".formatted(binding.name(), binding.endpoint(), reason, e), e);
        }
    }

    /** The port that is bound. */
    public int port() {
        return port;
    }

    /** Whether the door serves; false from its stop on, and where its owner thread has ended for another reason. */
    public boolean isServing() {
        return owner.isServing();
    }

    Owner owner() {
        return owner;
    }

    /** Open connections. */
    public int connections() {
        return owner.open();
    }

    /** Connections ended or refused because too many were open. */
    public long connectionsRefused() {
        return owner.connectionsRefused();
    }

    /** Connections ended because a message did not arrive, or its reply was not read. */
    public long connectionsEnded() {
        return owner.connectionsEnded();
    }

    /** Requests received so far. */
    public long requests() {
        return owner.requests().received();
    }

    /** Requests answered without their handler, for lack of room or of a place in their peer's queue. */
    public long requestsRefused() {
        return owner.requests().refused();
    }

    /** Messages that got no answer: no empty frame, or far too many waiting. */
    public long requestsDropped() {
        return owner.requests().dropped();
    }

    /** Bytes held of the room; where it is shared, also by others. */
    public long bytesInFlight() {
        return owner.room().used();
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
