package dev.kith.doors.zmq;

import dev.kith.doors.room.Room;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * The thread that owns the sockets: it accepts, reads, hands whole requests out, and writes what a request's own thread
 * could not write at once. It decodes no body. One peer's fault ends that peer's connection and nothing else.
 */
final class Owner implements Runnable {
    private static final Logger LOG = System.getLogger(ZmqServer.class.getName());
    /** Longest sleep: connections are swept this often. */
    private static final Duration TICK = Duration.ofMillis(200);
    /** Bytes of one read, and reads of one peer before others have their turn. */
    private static final int READ_BYTES = 256 << 10;

    private static final int READS_MAX = 4;
    /** A connection that has been idle for so long may make way for a new one. */
    private static final Duration IDLE_MIN = Duration.ofSeconds(1);
    /** Seconds of silence after which the operating system asks whether a peer is still there. */
    private static final int KEEP_ALIVE_IDLE_SECONDS = 60;

    private final String name;
    private final ServerSocketChannel listener;
    private final Selector selector;
    private final ZmqLimits limits;
    private final Room room;
    private final Requests requests;
    private final Set<Connection> connections = new HashSet<>();
    private final ByteBuffer memory = ByteBuffer.allocateDirect(READ_BYTES);
    private final AtomicLong connectionsRefused = new AtomicLong();
    private final AtomicLong connectionsEnded = new AtomicLong();
    private volatile int open;
    private volatile boolean serving = true;
    private volatile @Nullable Long stopAtNanos;
    private boolean stopping;
    private long sweptNanos = System.nanoTime();

    /** @param listener bound, not blocking */
    Owner(String name, ServerSocketChannel listener, ZmqServer.Work work, ZmqLimits limits) throws IOException {
        this.name = name;
        this.listener = listener;
        this.limits = limits;
        this.room = work.room();
        this.selector = Selector.open();
        this.requests = new Requests(work, room, limits, this::atRest);
        listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    Requests requests() {
        return requests;
    }

    Room room() {
        return room;
    }

    /** Open connections. */
    int open() {
        return open;
    }

    long connectionsRefused() {
        return connectionsRefused.get();
    }

    long connectionsEnded() {
        return connectionsEnded.get();
    }

    boolean isServing() {
        return serving;
    }

    /** What the thread sleeps in; the tests break it. */
    Selector selector() {
        return selector;
    }

    void stop(Duration grace) {
        if (stopAtNanos == null) {
            stopAtNanos = System.nanoTime() + grace.toNanos();
        }
        selector.wakeup();
    }

    private void atRest() {
        if (stopAtNanos != null) {
            selector.wakeup();
        }
    }

    @Override
    public void run() {
        try {
            while (!isOver()) {
                selector.select(this::handle, TICK.toMillis());
                // Nobody should interrupt this thread. If somebody does, it must neither spin nor close channels.
                Thread.interrupted();
                sweep();
            }
        } catch (IOException | RuntimeException | Error fault) {
            Requests.report("The door " + name + " has ended and serves nobody any more; restart the server", fault);
        } finally {
            serving = false;
            close();
        }
    }

    private boolean isOver() throws IOException {
        Long stopAt = stopAtNanos;
        if (stopAt == null) {
            return false;
        }
        if (!stopping) {
            stopping = true;
            listener.close();
            connections.forEach(Connection::stopReading);
        }
        return System.nanoTime() - stopAt >= 0 || connections.stream().allMatch(Connection::isIdle);
    }

    private void close() {
        connections.forEach(Connection::end);
        connections.clear();
        open = 0;
        try {
            listener.close();
            selector.close();
        } catch (IOException e) {
            Requests.report("The door " + name + " did not close", e);
        }
    }

    private void handle(SelectionKey key) {
        if (!(key.attachment() instanceof Connection connection)) {
            accept(key);
            return;
        }
        try {
            if (key.isWritable() && connection.outgoing().flush()) {
                requests.resume(connection);
            }
            if (key.isReadable()) {
                read(connection);
            }
        } catch (IOException | CancelledKeyException gone) {
            LOG.log(Level.DEBUG, "a connection has ended: {0}", gone.getMessage());
            end(connection);
        } catch (RuntimeException | Error fault) {
            Requests.report("A connection failed and is ended", fault);
            end(connection);
        }
    }

    private void read(Connection connection) throws IOException {
        for (int turn = 0; turn < READS_MAX; turn++) {
            if (!connection.read(memory)) {
                return;
            }
        }
    }

    private void accept(SelectionKey key) {
        SocketChannel channel = null;
        try {
            channel = listener.accept();
            if (channel != null) {
                admit(channel);
            }
        } catch (IOException | RuntimeException | Error fault) {
            Requests.report("A connection could not be accepted", fault);
            if (channel == null && key.isValid()) {
                // Most likely no more files may be open. Trying again at once would only fill the log.
                key.interestOps(0);
            }
            discard(channel);
        }
    }

    private void admit(SocketChannel channel) throws IOException {
        if (connections.size() >= limits.connections()) {
            connectionsRefused.incrementAndGet();
            if (!hasMadeWay()) {
                discard(channel);
                return;
            }
        }
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        if (channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
            channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEP_ALIVE_IDLE_SECONDS);
        }
        SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        Connection connection = new Connection(key, requests, room, limits);
        key.attach(connection);
        connections.add(connection);
        open = connections.size();
        try {
            connection.greet();
        } catch (IOException gone) {
            end(connection);
        }
    }

    /** Ends the connection that has been idle for longest, if there is one. */
    private boolean hasMadeWay() {
        long now = System.nanoTime();
        Optional<Connection> idlest = connections.stream()
                .filter(connection -> connection.idleNanos(now) >= IDLE_MIN.toNanos())
                .max(Comparator.comparingLong(connection -> connection.idleNanos(now)));
        idlest.ifPresent(this::end);
        return idlest.isPresent();
    }

    private static void discard(@Nullable SocketChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException alreadyGone) {
                // Nothing is left to close.
            }
        }
    }

    private void end(Connection connection) {
        connection.end();
        connections.remove(connection);
        open = connections.size();
    }

    /** Ends connections that were condemned, never introduced themselves, or do not move on. */
    private void sweep() {
        long now = System.nanoTime();
        if (now - sweptNanos < TICK.toNanos()) {
            return;
        }
        sweptNanos = now;
        for (Connection connection : Set.copyOf(connections)) {
            boolean stuck = connection.isStuck(now);
            if (stuck) {
                connectionsEnded.incrementAndGet();
            }
            if (stuck || connection.isSilent(now) || !connection.isOpen()) {
                end(connection);
            }
        }
        SelectionKey accepting = listener.keyFor(selector);
        if (accepting != null && accepting.isValid()) {
            accepting.interestOps(SelectionKey.OP_ACCEPT);
        }
    }
}
