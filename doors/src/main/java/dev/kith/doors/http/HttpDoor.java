package dev.kith.doors.http;

import dev.kith.doors.room.Room;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * HTTP/1.1 on one port, in clear or over TLS. Jetty reads requests and writes answers on a few threads of its own that
 * never block; each request that has a route and may use it runs on a virtual thread. Safe on any thread.
 */
public final class HttpDoor implements AutoCloseable {
    /** One that accepts, one that selects, and some for TLS handshakes. */
    private static final int THREADS_MIN = 2;

    private static final int THREADS_MAX = 16;
    /** Connections that may wait to be accepted. */
    private static final int BACKLOG = 1_024;
    /** Largest piece in which answers go out: few system calls, little memory a connection. */
    private static final int OUTPUT_BYTES = 64 << 10;
    /** Longest that closing waits for requests that run; the whole stop has 5 s. */
    private static final Duration STOP_GRACE = Duration.ofSeconds(3);

    private static final Duration SWEEP = Duration.ofSeconds(1);

    private final Server server;
    private final ServerConnector connector;
    private final Dispatch dispatch;
    private final Connections connections;

    /** @param tls empty: in clear */
    public record Binding(InetSocketAddress address, Optional<SSLContext> tls) {}

    /**
     * What is served.
     *
     * @param errors how refusals look where there is no route
     * @param room that bodies and results take their bytes from
     */
    public record Work(RouteTable routes, Guard guard, ErrorForm errors, Room room) {}

    private HttpDoor(Binding binding, HttpLimits limits, Work work) {
        QueuedThreadPool threads = new QueuedThreadPool(THREADS_MAX, THREADS_MIN);
        threads.setName("kith-http");
        threads.setDaemon(true);
        threads.setReservedThreads(0);
        threads.setStopTimeout(0);
        Scheduler timer = new ScheduledExecutorScheduler("kith-http-timer", true);
        server = new Server(threads, timer, new ArrayByteBufferPool());
        server.setStopTimeout(0);
        connections = new Connections(limits, work.room());
        dispatch = new Dispatch(limits, work, connections);
        server.setHandler(dispatch);
        server.setErrorHandler(new Malformed(work.errors()));
        connector = connector(binding);
        connector.setHost(binding.address().getAddress().getHostAddress());
        connector.setPort(binding.address().getPort());
        connector.setAcceptQueueSize(BACKLOG);
        connector.setIdleTimeout(limits.idle().toMillis());
        connector.addBean(connections);
        server.addConnector(connector);
    }

    private ServerConnector connector(Binding binding) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HttpLimits.HEADER_BYTES);
        http.setOutputBufferSize(OUTPUT_BYTES);
        http.setHttpCompliance(HttpCompliance.RFC9110);
        http.setUriCompliance(UriCompliance.DEFAULT);
        HttpConnectionFactory factory = new HttpConnectionFactory(http);
        if (binding.tls().isEmpty()) {
            return new ServerConnector(server, 1, 1, factory);
        }
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setSslContext(binding.tls().get());
        return new ServerConnector(server, 1, 1, new SslConnectionFactory(tls, factory.getProtocol()), factory);
    }

    /**
     * Listens; port 0 takes any free one.
     *
     * @throws UncheckedIOException where the address cannot be had
     */
    public static HttpDoor open(Binding binding, HttpLimits limits, Work work) {
        HttpDoor door = new HttpDoor(binding, limits, work);
        try {
            door.server.start();
        } catch (IOException taken) {
            door.close();
            throw new UncheckedIOException(taken);
        } catch (Exception fault) {
            door.close();
            throw new IllegalStateException("The HTTP server did not start", fault);
        }
        door.sweepLater();
        return door;
    }

    private void sweepLater() {
        server.getScheduler()
                .schedule(
                        () -> {
                            connections.sweep();
                            sweepLater();
                        },
                        SWEEP.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /** The port that it listens on. */
    public int port() {
        return connector.getLocalPort();
    }

    /** Whether it accepts requests. */
    public boolean isServing() {
        return connector.isOpen() && server.isRunning();
    }

    public int connections() {
        return connections.open();
    }

    /** Connections that were ended because there were too many, or because no request came. */
    public long connectionsEnded() {
        return connections.ended();
    }

    /** Requests that were refused because too many were in progress. */
    public long requestsRefused() {
        return dispatch.refused();
    }

    /** Accepts no more, lets requests finish for a while, and ends. */
    @Override
    public void close() {
        connector.close();
        dispatch.finish(STOP_GRACE);
        try {
            server.stop();
        } catch (Exception fault) {
            throw new IllegalStateException("The HTTP server did not stop", fault);
        }
    }
}
