package dev.kith.doors.http;

import dev.kith.doors.room.Room;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.jspecify.annotations.Nullable;

/**
 * The open connections of a port. Who opens one must send a request on it soon, whole headers and all, and so again
 * after each; where there are too many, the one that has gone without for longest makes place, those first that never
 * sent any. So thousands of slow ones keep nobody out. Safe on any thread.
 */
final class Connections implements Connection.Listener {
    private final HttpLimits limits;
    private final Room room;
    private final Map<EndPoint, Peer> peers = new ConcurrentHashMap<>();
    private final AtomicLong ended = new AtomicLong();

    /** Changed by whichever thread has the connection; read by the others. */
    private static final class Peer {
        private final EndPoint endPoint;
        private volatile long sinceNanos = System.nanoTime();
        private volatile boolean busy;
        private volatile boolean served;
        /** Of the body that moves now, or moved last. */
        private volatile @Nullable PeerRate rate;

        Peer(EndPoint endPoint) {
            this.endPoint = endPoint;
        }

        private long slowNanos(long nowNanos) {
            PeerRate moving = rate;
            return busy && moving != null ? moving.slowNanos(nowNanos) : 0;
        }

        private long waitNanos(long nowNanos) {
            PeerRate moving = rate;
            return busy && moving != null ? moving.waitNanos(nowNanos) : 0;
        }
    }

    /** @param room that the bodies take their bytes from */
    Connections(HttpLimits limits, Room room) {
        this.limits = limits;
        this.room = room;
    }

    int open() {
        return peers.size();
    }

    /** Connections that were ended because there were too many, or because no request came. */
    long ended() {
        return ended.get();
    }

    @Override
    public void onOpened(Connection connection) {
        // With TLS there are two, one in the other: the outer one is counted.
        if (!(connection.getEndPoint() instanceof SocketChannelEndPoint endPoint)) {
            return;
        }
        peers.put(endPoint, new Peer(endPoint));
        // Another thread may choose the same one, so this looks again.
        while (peers.size() > limits.connections()) {
            Optional<Peer> peer = longestWithoutRequest();
            if (peer.isEmpty()) {
                return;
            }
            end(peer.get());
        }
    }

    @Override
    public void onClosed(Connection connection) {
        peers.remove(connection.getEndPoint());
    }

    private Optional<Peer> longestWithoutRequest() {
        return peers.values().stream()
                .filter(peer -> !peer.busy)
                .min(Comparator.<Peer, Boolean>comparing(peer -> peer.served)
                        .thenComparing(peer -> peer.sinceNanos, (a, b) -> Long.signum(a - b)));
    }

    private void end(Peer peer) {
        if (peers.remove(peer.endPoint) != null) {
            ended.incrementAndGet();
            peer.endPoint.close();
        }
    }

    /** A request has begun on a connection. */
    void begin(EndPoint endPoint) {
        Peer peer = peers.get(outer(endPoint));
        if (peer != null) {
            peer.busy = true;
        }
    }

    /** A body of the request moves at this rate. */
    void watch(EndPoint endPoint, PeerRate rate) {
        Peer peer = peers.get(outer(endPoint));
        if (peer != null) {
            peer.rate = rate;
        }
    }

    /**
     * Ends the request of the slow peer that has been waited for longest, so that slow bodies, like slow headers, crowd
     * out each other. True: there was one, and its place will be free.
     */
    boolean endSlowest() {
        long now = System.nanoTime();
        Optional<Peer> slowest = peers.values().stream()
                .filter(peer -> peer.slowNanos(now) > 0)
                .max(Comparator.comparingLong(peer -> peer.slowNanos(now)));
        slowest.ifPresent(this::end);
        return slowest.isPresent();
    }

    /** The answer is out. */
    void done(EndPoint endPoint) {
        Peer peer = peers.get(outer(endPoint));
        if (peer != null) {
            peer.sinceNanos = System.nanoTime();
            peer.served = true;
            peer.busy = false;
        }
    }

    private static EndPoint outer(EndPoint endPoint) {
        EndPoint outer = endPoint;
        while (outer instanceof EndPoint.Wrapper wrapper) {
            outer = wrapper.unwrap();
        }
        return outer;
    }

    /**
     * Ends those on which no request has come in its time; those whose peer sends what never becomes a byte of a body,
     * since a chunk's extension has no end of its own; and, while others suffer for room, those of slow peers.
     */
    void sweep() {
        long now = System.nanoTime();
        long silenceNanos = limits.grace().plus(limits.idle()).toNanos();
        boolean isShort = room.isShort();
        for (Peer peer : peers.values()) {
            long allowed = (peer.served ? limits.idle() : limits.headers()).toNanos();
            boolean tooSlow = peer.waitNanos(now) > silenceNanos || (isShort && peer.slowNanos(now) > 0);
            if (peer.busy ? tooSlow : now - peer.sinceNanos > allowed) {
                end(peer);
            }
        }
    }
}
