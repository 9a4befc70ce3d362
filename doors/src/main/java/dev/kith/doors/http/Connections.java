package dev.kith.doors.http;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SocketChannelEndPoint;

/**
 * The open connections of a port. Who opens one must send a request on it soon, whole headers and all, and so again
 * after each; where there are too many, the one that has gone without for longest makes place, those first that never
 * sent any. So thousands of slow ones keep nobody out. Safe on any thread.
 */
final class Connections implements Connection.Listener {
    private final HttpLimits limits;
    private final Map<EndPoint, Peer> peers = new ConcurrentHashMap<>();
    private final AtomicLong ended = new AtomicLong();

    /** Changed by whichever thread has the connection; read by the others. */
    private static final class Peer {
        private final EndPoint endPoint;
        private volatile long sinceNanos = System.nanoTime();
        private volatile boolean busy;
        private volatile boolean served;

        Peer(EndPoint endPoint) {
            this.endPoint = endPoint;
        }
    }

    Connections(HttpLimits limits) {
        this.limits = limits;
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

    /** Ends those on which no request has come in its time. */
    void sweep() {
        long now = System.nanoTime();
        for (Peer peer : peers.values()) {
            long allowed = (peer.served ? limits.idle() : limits.headers()).toNanos();
            if (!peer.busy && now - peer.sinceNanos > allowed) {
                end(peer);
            }
        }
    }
}
