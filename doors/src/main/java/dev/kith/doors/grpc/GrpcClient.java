package dev.kith.doors.grpc;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Another server's gRPC port, over a few connections that calls take in turn. They are made when they are needed, and
 * again when they broke. Safe on any thread.
 */
public final class GrpcClient implements AutoCloseable {
    /** Largest reply that is taken; what a store answers beyond it must be asked for in parts. */
    private static final int REPLY_BYTES_MAX = 256 << 20;
    /** What ending connections may take. */
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final Target target;
    private final EventLoopGroup loops;
    private final ExecutorService callbacks;
    private final List<ManagedChannel> connections;
    private final AtomicInteger next = new AtomicInteger();

    /**
     * Where the server is, and how it is spoken to.
     *
     * @param connections at most so many
     */
    public record Target(String host, int port, int connections, Security security) {
        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * What proves the two ends to each other.
     *
     * @param authorities PEM file of who may have signed the server's certificate; empty: whom the platform trusts
     * @param bearer what the {@code authorization} of each call says after {@code Bearer}
     */
    public record Security(boolean tls, Optional<Path> authorities, Optional<String> bearer) {
        /** Without the credential, which never reaches a log. */
        @Override
        public String toString() {
            return "Security[tls=%s, authorities=%s]".formatted(tls, authorities);
        }
    }

    /** @throws IllegalArgumentException where the file of authorities cannot be used; the message names it */
    public GrpcClient(Target target) {
        this.target = target;
        this.loops = new MultiThreadIoEventLoopGroup(
                1, Thread.ofPlatform().daemon().name("grpc-client-io-", 0).factory(), NioIoHandler.newFactory());
        this.callbacks = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("grpc-client-", 0).factory());
        NettyChannelBuilder builder = builder();
        this.connections = IntStream.range(0, target.connections())
                .mapToObj(_ -> builder.build())
                .toList();
    }

    private NettyChannelBuilder builder() {
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(target.host(), target.port())
                .eventLoopGroup(loops)
                .channelType(NioSocketChannel.class)
                .executor(callbacks)
                .offloadExecutor(callbacks)
                .maxInboundMessageSize(REPLY_BYTES_MAX);
        Security security = target.security();
        if (!security.tls()) {
            return builder.usePlaintext();
        }
        try {
            SslContextBuilder context = GrpcSslContexts.forClient();
            security.authorities()
                    .map(Tls::certificates)
                    .ifPresent(known -> context.trustManager(known.toArray(X509Certificate[]::new)));
            return builder.sslContext(context.build());
        } catch (IOException unusable) {
            throw new IllegalArgumentException("TLS to %s cannot be spoken".formatted(target), unusable);
        }
    }

    public Target target() {
        return target;
    }

    /** One of the connections, with the credential on every call. */
    public Channel channel() {
        Channel channel = connections.get(Math.floorMod(next.getAndIncrement(), connections.size()));
        return target.security()
                .bearer()
                .map(credential -> {
                    Metadata headers = new Metadata();
                    headers.put(AUTHORIZATION, "Bearer " + credential);
                    return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
                })
                .orElse(channel);
    }

    @Override
    public void close() {
        connections.forEach(ManagedChannel::shutdownNow);
        callbacks.shutdown();
        var _ = loops.shutdownGracefully(0, CLOSING.toMillis(), TimeUnit.MILLISECONDS);
    }
}
