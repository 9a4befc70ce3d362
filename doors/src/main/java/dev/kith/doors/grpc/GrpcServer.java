package dev.kith.doors.grpc;

import dev.kith.doors.room.Room;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A bound port that answers the calls of some services until it is stopped. All methods are safe on any thread. */
public final class GrpcServer implements AutoCloseable {
    /** Longest that a stop without a duration of its own waits for calls in progress. */
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);
    /** What a stop may take beyond its grace. */
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private static final int LOOKS_A_STALL = 5;
    private static final int CORES = Runtime.getRuntime().availableProcessors();
    /** A loop that has much to do goes from call to call without a pause, and leaves cores to the calls themselves. */
    private static final int CORES_PER_LOOP = 2;

    private static final int LOOPS = Math.max(1, CORES / CORES_PER_LOOP);
    /** Connections that the operating system may hold before we accept them. */
    private static final int BACKLOG = 1_024;

    private final Server server;
    private final Connections connections;
    private final HealthStatusManager health;
    private final Threads threads;

    /**
     * Where to listen.
     *
     * @param name of the door, for threads and errors
     * @param port 0 for any free one
     * @param tls certificate and key; empty: plain HTTP/2
     */
    public record Binding(String name, InetAddress address, int port, Optional<Tls> tls) {}

    /**
     * What the door answers, and with what.
     *
     * @param services the dialect's
     * @param gate who may ask for a description of the services; their health anybody may ask for
     * @param room that requests, results and replies take their memory from
     * @param clock when connections came
     * @param watchers see every call begin and end
     */
    public record Work(
            List<GrpcService> services, Dialect gate, Room room, InstantSource clock, List<CallWatch> watchers) {
        public Work {
            services = List.copyOf(services);
            watchers = List.copyOf(watchers);
        }

        public Work(List<GrpcService> services, Dialect gate, Room room, InstantSource clock) {
            this(services, gate, room, clock, List.of());
        }

        /** The same, watched besides. */
        public Work watchedBy(Optional<CallWatch> watcher) {
            return new Work(services, gate, room, clock, watcher.stream().toList());
        }
    }

    /**
     * @param calls one virtual thread a call
     * @param handshakes what TLS computes for new connections
     */
    private record Threads(
            EventLoopGroup accept, EventLoopGroup io, ExecutorService calls, ExecutorService handshakes) {
        static Threads named(String name) {
            return new Threads(
                    loops(name + "-accept-", 1),
                    loops(name + "-io-", LOOPS),
                    Executors.newThreadPerTaskExecutor(
                            Thread.ofVirtual().name(name + "-call-", 0).factory()),
                    Executors.newFixedThreadPool(
                            LOOPS,
                            Thread.ofPlatform().daemon().name(name + "-tls-", 0).factory()));
        }

        private static EventLoopGroup loops(String name, int count) {
            return new MultiThreadIoEventLoopGroup(
                    count, Thread.ofPlatform().daemon().name(name, 0).factory(), NioIoHandler.newFactory());
        }

        void end() {
            calls.shutdown();
            handshakes.shutdown();
            for (EventLoopGroup group : List.of(accept, io)) {
                var _ = group.shutdownGracefully(0, CLOSING.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    private GrpcServer(Server server, Connections connections, HealthStatusManager health, Threads threads) {
        this.server = server;
        this.connections = connections;
        this.health = health;
        this.threads = threads;
    }

    /**
     * Binds and starts to serve; returns when the first calls need not be slow any more.
     *
     * @throws UncheckedIOException where the address cannot be bound; the message names it
     */
    public static GrpcServer start(Binding binding, GrpcLimits limits, Work work) {
        Threads threads = Threads.named(binding.name());
        FewLines lines = new FewLines(System.getLogger(GrpcServer.class.getName()));
        Connections connections = new Connections(
                limits,
                binding.tls().map(tls -> new Handshakes(tls.context(), threads.handshakes(), limits.handshake())),
                work.clock(),
                lines);
        HealthStatusManager health = new HealthStatusManager();
        Stalls stalls = new Stalls(lines);
        CallRoom.Terms terms = new CallRoom.Terms(work.room(), limits.stall(), stalls, lines);
        Set<String> names = work.services().stream().map(GrpcService::name).collect(Collectors.toUnmodifiableSet());
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(binding.address(), binding.port()))
                .bossEventLoopGroup(threads.accept())
                .workerEventLoopGroup(threads.io())
                .channelFactory(() -> listener(connections))
                .withOption(io.netty.channel.ChannelOption.SO_BACKLOG, BACKLOG)
                .directExecutor()
                .callExecutor(new CallThreads(names, threads.calls()))
                .addTransportFilter(connections)
                .addStreamTracerFactory(CallRoom.factory(terms, names));
        work.watchers().forEach(watch -> builder.addStreamTracerFactory(CallWatch.tracers(watch)));
        limit(builder, limits);
        UnaryHandler.Threads answering =
                new UnaryHandler.Threads(new ShortCalls(threads.calls(), threads.accept(), CORES), threads.calls());
        for (GrpcService service : work.services()) {
            builder.addService(service.definition(answering));
            health.setStatus(service.name(), ServingStatus.SERVING);
        }
        builder.addService(Strangers.answered(health.getHealthService()));
        builder.addService(Gate.before(Strangers.answered(ProtoReflectionServiceV1.newInstance()), work.gate()));
        try {
            GrpcServer started = new GrpcServer(builder.build().start(), connections, health, threads);
            long look = Math.max(1, limits.stall().toMillis() / LOOKS_A_STALL);
            var _ = threads.accept().scheduleWithFixedDelay(stalls, look, look, TimeUnit.MILLISECONDS);
            WarmUp.run(binding, started.port());
            return started;
        } catch (IOException taken) {
            threads.end();
            throw new UncheckedIOException(new IOException(
                    "%s cannot listen on %s port %d: %s"
                            .formatted(
                                    binding.name(),
                                    binding.address().getHostAddress(),
                                    binding.port(),
                                    Optional.ofNullable(taken.getCause())
                                            .orElse(taken)
                                            .getMessage()),
                    taken));
        }
    }

    private static ServerChannel listener(Connections connections) {
        ServerChannel listener = new NioServerSocketChannel();
        listener.pipeline().addFirst(connections.new Admission());
        return listener;
    }

    private static void limit(NettyServerBuilder builder, GrpcLimits limits) {
        builder.maxInboundMessageSize(limits.messageBytes())
                .maxInboundMetadataSize(GrpcLimits.HEADER_BYTES)
                .maxConcurrentCallsPerConnection(limits.callsPerConnection())
                .maxRstFramesPerWindow(GrpcLimits.RESETS, GrpcLimits.RESETS_SECONDS)
                .handshakeTimeout(limits.handshake().toMillis(), TimeUnit.MILLISECONDS)
                .maxConnectionIdle(limits.idle().toSeconds(), TimeUnit.SECONDS)
                .keepAliveTime(GrpcLimits.KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS)
                .keepAliveTimeout(GrpcLimits.KEEP_ALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                .permitKeepAliveTime(GrpcLimits.PINGS_APART.toSeconds(), TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true);
    }

    /** The port that is bound. */
    public int port() {
        return server.getPort();
    }

    /** False from its stop on. */
    public boolean isServing() {
        return !server.isShutdown();
    }

    /** The clients connected now, the oldest first. */
    public List<Peer> peers() {
        return connections.peers();
    }

    /** Open connections. */
    public int connections() {
        return connections.open();
    }

    /** Connections closed at once because too many were open. */
    public long connectionsRefused() {
        return connections.refused();
    }

    /**
     * Stops accepting, finishes the calls in progress and closes. Stopping twice is harmless.
     *
     * @param grace how long calls in progress may take
     */
    public void stop(Duration grace) {
        health.enterTerminalState();
        server.shutdown();
        try {
            if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
                server.shutdownNow();
                server.awaitTermination(CLOSING.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        threads.end();
    }

    @Override
    public void close() {
        stop(CLOSE_WITHIN);
    }
}
