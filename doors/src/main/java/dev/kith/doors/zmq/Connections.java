package dev.kith.doors.zmq;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import zmq.SocketBase;
import zmq.ZMQ;
import zmq.io.net.Address;

/**
 * The connections of one socket. JeroMQ reports accepting, greeting and losing them on its one I/O thread; the owner
 * thread sweeps. A decoder keeps the allocator that the socket has when its peer's greeting is complete, so putting a
 * new one in place after each greeting gives each connection its own.
 */
final class Connections implements ZMQ.EventConsummer {
    static final int EVENTS = ZMQ.ZMQ_EVENT_ACCEPTED | ZMQ.ZMQ_EVENT_DISCONNECTED | ZMQ.ZMQ_EVENT_HANDSHAKE_PROTOCOL;
    /** A complete message reaches the owner thread at once; what has not by then was dropped by JeroMQ. */
    private static final Duration SETTLE_AFTER = Duration.ofSeconds(1);
    /** Slowest average at which a large frame may arrive, once the time allowed for stalls is over. */
    private static final long ARRIVAL_BYTES_PER_SECOND_MIN = 256 << 10;

    private static final long NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

    private final SocketBase socket;
    private final Room room;
    private final ZmqLimits limits;
    private final Map<SocketChannel, Peer> peers = new ConcurrentHashMap<>();
    private final Map<String, Peer> byAddress = new ConcurrentHashMap<>();
    private final Queue<Lost> lost = new ConcurrentLinkedQueue<>();
    private final Map<Frame, Progress> arriving = new ConcurrentHashMap<>();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();
    private volatile boolean refusing;
    private ByteBuffer sink = ByteBuffer.allocate(Connection.SMALL_BYTES);

    private record Lost(Connection connection, long sinceNanos) {}

    private record Progress(int arrived, long sinceNanos) {}

    Connections(SocketBase socket, Room room, ZmqLimits limits) {
        this.socket = socket;
        this.room = room;
        this.limits = limits;
    }

    /** Before the socket is bound. */
    void install() {
        prepareNext();
        socket.setEventHook(this, EVENTS);
    }

    private void prepareNext() {
        socket.setSocketOpt(ZMQ.ZMQ_MSG_ALLOCATOR, new Connection(this, room));
    }

    @Override
    public void consume(ZMQ.Event event) {
        switch (event.event) {
            case ZMQ.ZMQ_EVENT_HANDSHAKE_PROTOCOL -> prepareNext();
            case ZMQ.ZMQ_EVENT_ACCEPTED -> accepted(event.arg);
            case ZMQ.ZMQ_EVENT_DISCONNECTED -> disconnected(event.arg);
            default -> {}
        }
    }

    private void accepted(Object channel) {
        if (!(channel instanceof SocketChannel tcp)) {
            return;
        }
        Peer peer = new Peer(tcp, addressOf(tcp));
        peers.put(tcp, peer);
        byAddress.put(peer.address(), peer);
        if (refusing || peers.size() > limits.connections()) {
            refused.incrementAndGet();
            peer.end();
        }
    }

    private void disconnected(@Nullable Object channel) {
        if (!(channel instanceof SocketChannel tcp)) {
            return;
        }
        Peer peer = peers.remove(tcp);
        if (peer == null) {
            return;
        }
        byAddress.remove(peer.address(), peer);
        Connection connection = peer.connection();
        if (connection != null) {
            connection.lost();
            lost.add(new Lost(connection, System.nanoTime()));
        }
    }

    private static String addressOf(SocketChannel channel) {
        try {
            return new Address(channel.getRemoteAddress()).address();
        } catch (IOException gone) {
            return "gone";
        }
    }

    /** The peer that JeroMQ says a connection comes from. */
    @Nullable
    Peer introduce(Connection connection, String address) {
        Peer peer = byAddress.get(address);
        if (peer != null) {
            peer.introduce(connection);
        }
        return peer;
    }

    /**
     * Memory whose content nobody reads, for frames that are not accepted; on the I/O thread. All of them share it, so
     * it costs one largest frame, once. Null where the machine cannot give it.
     */
    @Nullable
    ByteBuffer sink(int size) {
        if (sink.capacity() < size) {
            try {
                sink = ByteBuffer.allocateDirect(size);
            } catch (OutOfMemoryError full) {
                return null;
            }
        }
        return sink.slice(0, size);
    }

    long frameBytes() {
        return limits.frameBytes();
    }

    /** Ends connections that come from now on. */
    void refuseFromNow() {
        refusing = true;
    }

    /** Ends connections whose frame does not arrive, and settles what ended ones left; on the owner thread. */
    void sweep() {
        long now = System.nanoTime();
        Lost first = lost.peek();
        while (first != null && now - first.sinceNanos() > SETTLE_AFTER.toNanos()) {
            first.connection().settle();
            lost.remove();
            first = lost.peek();
        }
        for (Peer peer : peers.values()) {
            Connection connection = peer.connection();
            Frame frame = connection == null ? null : connection.arriving();
            if (frame != null && isStuck(frame, now)) {
                ended.incrementAndGet();
                peer.end();
            }
        }
        arriving.keySet().removeIf(Frame::isComplete);
        arriving.values()
                .removeIf(progress ->
                        now - progress.sinceNanos() > 2 * limits.stall().toNanos());
    }

    private boolean isStuck(Frame frame, long now) {
        int arrived = frame.arrived();
        Progress seen = arriving.get(frame);
        if (seen == null || seen.arrived() != arrived) {
            seen = new Progress(arrived, now);
            arriving.put(frame, seen);
        }
        long patience = limits.stall().toNanos();
        long duePerSecond = (frame.ageNanos() - patience) / NANOS_PER_SECOND;
        return now - seen.sinceNanos() >= patience || arrived < duePerSecond * ARRIVAL_BYTES_PER_SECOND_MIN;
    }

    int open() {
        return peers.size();
    }

    /** Connections that were over the limit. */
    long refused() {
        return refused.get();
    }

    /** Connections that were ended because a frame did not arrive. */
    long ended() {
        return ended.get();
    }
}
