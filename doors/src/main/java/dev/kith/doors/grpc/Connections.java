package dev.kith.doors.grpc;

import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The open TCP connections of one door, never more than its limit. Safe on any thread. */
final class Connections extends ServerTransportFilter {
    /** How a call finds the connections of the door that it came through. */
    static final Attributes.Key<Connections> KEY = Attributes.Key.create("connections");

    private final int max;
    private final InstantSource clock;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong refused = new AtomicLong();
    private final Map<SocketChannel, Peer> peers = new ConcurrentHashMap<>();

    Connections(int max, InstantSource clock) {
        this.max = max;
        this.clock = clock;
    }

    /** Open ones, the oldest first. */
    List<Peer> peers() {
        return peers.values().stream().sorted(Comparator.comparing(Peer::since)).toList();
    }

    int open() {
        return open.get();
    }

    long refused() {
        return refused.get();
    }

    @Override
    public Attributes transportReady(Attributes transport) {
        return transport.toBuilder().set(KEY, this).build();
    }

    private boolean admit(SocketChannel channel) {
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            refused.incrementAndGet();
            return false;
        }
        InetSocketAddress address = channel.remoteAddress();
        if (address != null) {
            peers.put(channel, new Peer(address, clock.instant()));
        }
        var _ = channel.closeFuture().addListener(_ -> {
            peers.remove(channel);
            open.decrementAndGet();
        });
        return true;
    }

    /**
     * Accepts for these connections. One that is too many is closed here, before it has an event loop, buffers or a
     * handshake: that is all that it costs.
     */
    final class Listener extends NioServerSocketChannel {
        @Override
        protected int doReadMessages(List<Object> accepted) throws Exception {
            int count = super.doReadMessages(accepted);
            for (int at = accepted.size() - 1; at >= accepted.size() - count && at >= 0; at--) {
                if (accepted.get(at) instanceof SocketChannel channel) {
                    if (admit(channel)) {
                        channel.pipeline().addFirst(new FirstBytes());
                    } else {
                        channel.unsafe().closeForcibly();
                        accepted.remove(at);
                        count--;
                    }
                }
            }
            return count;
        }
    }
}
