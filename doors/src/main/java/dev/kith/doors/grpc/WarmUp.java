package dev.kith.doors.grpc;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * Calls a door through its own port, before others do: the first calls through gRPC take some ten times as long as
 * later ones, while its code is loaded and compiled. The health service needs no credential. A warm-up that fails costs
 * speed and nothing else.
 */
final class WarmUp {
    private static final Logger LOG = System.getLogger(GrpcServer.class.getName());
    /** Calls after which more of them help little, and the longest that a start may take for them. */
    private static final int CALLS = 1_000;

    private static final Duration LONGEST = Duration.ofMillis(300);
    private static final Duration ENDING = Duration.ofSeconds(5);

    private WarmUp() {}

    static void run(GrpcServer.Binding binding, int port) {
        ManagedChannel channel = null;
        try {
            channel = channel(binding, port);
            call(channel);
        } catch (StatusRuntimeException | SSLException failed) {
            LOG.log(Level.DEBUG, "The warm-up of " + binding.name() + " failed", failed);
        } finally {
            if (channel != null) {
                end(channel);
            }
        }
    }

    private static void call(ManagedChannel channel) {
        long end = System.nanoTime() + LONGEST.toNanos();
        for (int call = 0; call < CALLS && System.nanoTime() < end; call++) {
            var _ = HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(ENDING.toSeconds(), TimeUnit.SECONDS)
                    .check(HealthCheckRequest.getDefaultInstance());
        }
    }

    private static ManagedChannel channel(GrpcServer.Binding binding, int port) throws SSLException {
        InetAddress address =
                binding.address().isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : binding.address();
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(new InetSocketAddress(address, port));
        if (binding.tls().isEmpty()) {
            return builder.usePlaintext().build();
        }
        // The other end is this process, so there is nothing to be proved.
        return builder.sslContext(GrpcSslContexts.forClient()
                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .build())
                .overrideAuthority("localhost")
                .build();
    }

    /** Waits until the connection is gone: nobody else should see it. */
    private static void end(ManagedChannel channel) {
        try {
            boolean ended = channel.shutdownNow().awaitTermination(ENDING.toSeconds(), TimeUnit.SECONDS);
            LOG.log(Level.DEBUG, () -> "The warm-up's connection is closed: " + ended);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
