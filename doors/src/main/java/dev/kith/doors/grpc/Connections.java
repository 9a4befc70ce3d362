package dev.kith.doors.grpc;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** The open TCP connections of one door, never more than its limit. Safe on any thread. */
final class Connections extends ServerTransportFilter {
    /** How a call finds the connections of the door that it came through. */
    static final Attributes.Key<Connections> KEY = Attributes.Key.create("connections");

    private static final Attributes.Key<Visitor> VISITOR = Attributes.Key.create("visitor");

    private final int max;
    private final Duration handshake;
    private final Optional<Handshakes> tls;
    private final InstantSource clock;
    private final FewLines lines;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong refused = new AtomicLong();
    private final Map<SocketChannel, Visitor> visitors = new ConcurrentHashMap<>();

    /** @param tenants whose credentials came over the connection; they are those of the configuration */
    private record Visitor(SocketChannel channel, Peer peer, Set<String> tenants) {}

    /**
     * @param tls what each begins with; empty: plain HTTP/2
     * @param lines of the log about those that begin otherwise
     */
    Connections(GrpcLimits limits, Optional<Handshakes> tls, InstantSource clock, FewLines lines) {
        this.max = limits.connections();
        this.handshake = limits.handshake();
        this.tls = tls;
        this.clock = clock;
        this.lines = lines;
    }

    /** Open ones, the oldest first. */
    List<Peer> peers() {
        return peers(_ -> true);
    }

    private List<Peer> peers(Predicate<Visitor> wanted) {
        return visitors.values().stream()
                .filter(wanted)
                .map(Visitor::peer)
                .sorted(Comparator.comparing(Peer::since))
                .toList();
    }

    /** Those of a call's door that the tenant has called on, the oldest first. */
    static List<Peer> peersOf(Attributes call, String tenant) {
        Connections door = call.get(KEY);
        return door == null
                ? List.of()
                : door.peers(visitor -> visitor.tenants().contains(tenant));
    }

    /** All of a call's door. */
    static List<Peer> allOf(Attributes call) {
        Connections door = call.get(KEY);
        return door == null ? List.of() : door.peers();
    }

    /** Notes whose calls come over the connection of a call. */
    static void visit(Attributes call, String tenant) {
        Visitor visitor = call.get(VISITOR);
        if (visitor != null && !visitor.tenants().contains(tenant)) {
            visitor.tenants().add(tenant);
        }
    }

    /**
     * Ends the connection of a call at once, whatever is under way on it.
     *
     * @param still whether it is to be ended; asked on the connection's event loop, where calls end too
     */
    static void end(Attributes call, BooleanSupplier still) {
        Visitor visitor = call.get(VISITOR);
        if (visitor != null) {
            visitor.channel().eventLoop().execute(() -> end(visitor.channel(), still));
        }
    }

    private static void end(SocketChannel channel, BooleanSupplier still) {
        // From the first handler on: closing from the last one would wait for the calls in progress.
        ChannelHandlerContext first = channel.pipeline().firstContext();
        if (first != null && still.getAsBoolean()) {
            var _ = first.close();
        }
    }

    int open() {
        return open.get();
    }

    long refused() {
        return refused.get();
    }

    @Override
    public Attributes transportReady(Attributes transport) {
        SocketAddress remote = transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        SocketAddress local = transport.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
        Attributes.Builder known = transport.toBuilder().set(KEY, this);
        visitors.values().stream()
                .filter(visitor -> visitor.peer().address().equals(remote)
                        && visitor.channel().localAddress().equals(local))
                .findAny()
                .ifPresent(visitor -> known.set(VISITOR, visitor));
        return known.build();
    }

    private boolean admit(SocketChannel channel) {
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            refused.incrementAndGet();
            return false;
        }
        InetSocketAddress address = channel.remoteAddress();
        if (address != null) {
            Peer peer = new Peer(address, clock.instant());
            visitors.put(channel, new Visitor(channel, peer, ConcurrentHashMap.newKeySet(1)));
        }
        var _ = channel.closeFuture().addListener(_ -> {
            visitors.remove(channel);
            open.decrementAndGet();
        });
        return true;
    }

    /**
     * Looks at each connection that a port accepts. One that is too many is closed here, before it has an event loop,
     * buffers or a handshake: that is all that it costs.
     *
     * <p>Reading goes on while a peer reads nothing of what it is sent. To stop it would be wrong, since what comes in
     * is also leave to send more, ends of streams and the rest of requests whose time runs: a peer that sends before
     * it reads would wait for us and we for it. What is kept for one that does not read is bounded without that:
     * replies wait for leave to be sent and are ended by {@link Stalls}, and HTTP/2's own answers, to settings, pings
     * and resets, are at most 10,000 a connection, which gRPC then ends.
     */
    @ChannelHandler.Sharable
    final class Admission extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            if (accepted instanceof SocketChannel channel) {
                if (!admit(channel)) {
                    channel.unsafe().closeForcibly();
                    return;
                }
                channel.pipeline().addFirst(new FirstBytes(handshake, tls, lines));
            }
            context.fireChannelRead(accepted);
        }
    }
}
