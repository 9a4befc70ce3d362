package dev.kith.doors.zmq;

import dev.kith.doors.zmq.Lane.Body;
import dev.kith.doors.zmq.Lane.Request;
import dev.kith.doors.zmq.RequestHandler.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.zeromq.ZMQ;

/**
 * The thread that owns the socket. Its duty cycle: send the replies that are ready, take in requests and start those
 * whose peer has none running, then sleep until the socket or a finished request wakes it.
 */
final class Owner implements Runnable {
    private static final Logger LOG = System.getLogger(ZmqServer.class.getName());
    /** Requests taken in before replies are looked at again. */
    private static final int RECEIVE_BATCH = 64;
    /** Longest sleep: connections are swept, and peers that did not read are tried again, this often. */
    private static final Duration TICK = Duration.ofMillis(200);
    /** Replies from here on leave the heap once, instead of being copied anew at each write to the network. */
    private static final int DIRECT_REPLY_BYTES = 256 << 10;

    private final ZMQ.Context context;
    private final ZMQ.Socket socket;
    private final Parts parts;
    private final Replies replies;
    private final Selector selector;
    private final Map<ByteBuffer, Lane> lanes = new HashMap<>();
    private final ArrayDeque<Lane> unsent = new ArrayDeque<>();
    private final Queue<Lane> done = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean sleeping = new AtomicBoolean();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private volatile @Nullable Long stopAtNanos;
    private boolean accepting = true;
    private long sweptNanos = System.nanoTime();

    /** What the owner works with. */
    record Parts(
            Connections connections, Room room, ZmqLimits limits, RequestHandler handler, ThreadFactory requests) {}

    Owner(ZMQ.Context context, ZMQ.Socket socket, Parts parts) throws IOException {
        this.context = context;
        this.socket = socket;
        this.parts = parts;
        this.replies = new Replies(socket.base());
        this.selector = Selector.open();
        socket.getFD().register(selector, SelectionKey.OP_READ);
    }

    static void report(Thread thread, Throwable fault) {
        LOG.log(Level.WARNING, () -> "The transport failed on " + thread.getName(), fault);
    }

    Connections connections() {
        return parts.connections();
    }

    long requests() {
        return requests.get();
    }

    long refused() {
        return refused.get();
    }

    long dropped() {
        return dropped.get();
    }

    long bytesInFlight() {
        return parts.room().used();
    }

    void stop(Duration grace) {
        if (stopAtNanos == null) {
            stopAtNanos = System.nanoTime() + grace.toNanos();
        }
        selector.wakeup();
    }

    @Override
    public void run() {
        try {
            while (!isOver()) {
                cycle();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            close();
        }
    }

    private void cycle() throws IOException {
        boolean worked = false;
        try {
            worked = sendReplies();
            if (accepting) {
                worked |= receive();
            }
        } catch (RuntimeException | OutOfMemoryError fault) {
            report(Thread.currentThread(), fault);
        }
        if (!worked) {
            sleep();
        }
        if (System.nanoTime() - sweptNanos >= TICK.toNanos()) {
            sweptNanos = System.nanoTime();
            parts.connections().sweep();
        }
    }

    private void sleep() throws IOException {
        sleeping.set(true);
        if (done.isEmpty()) {
            selector.select(TICK.toMillis());
        }
        sleeping.set(false);
        selector.selectedKeys().clear();
    }

    private boolean isOver() {
        Long stopAt = stopAtNanos;
        if (stopAt == null) {
            return false;
        }
        if (accepting) {
            accepting = false;
            // Unbinding would end the connections that the listener accepted, before their replies are out.
            parts.connections().refuseFromNow();
        }
        return lanes.isEmpty() || System.nanoTime() - stopAt >= 0;
    }

    private void close() {
        socket.setLinger((int) TICK.toMillis());
        socket.close();
        context.close();
        try {
            selector.close();
        } catch (IOException e) {
            report(Thread.currentThread(), e);
        }
    }

    private boolean receive() {
        for (int taken = 0; taken < RECEIVE_BATCH; taken++) {
            Envelope envelope = Envelope.receive(socket.base());
            if (envelope == null) {
                return taken > 0;
            }
            accept(envelope);
        }
        return true;
    }

    private void accept(Envelope envelope) {
        Body body = envelope.body();
        if (body == null) {
            dropped.incrementAndGet();
            parts.room().giveBack(envelope.charge());
            return;
        }
        requests.incrementAndGet();
        Lane lane = lanes.computeIfAbsent(ByteBuffer.wrap(envelope.identity()), key -> new Lane(envelope.identity()));
        long charge = envelope.charge();
        if (lane.waiting() >= parts.limits().pipeline()) {
            parts.room().giveBack(charge);
            charge = 0;
            body = new Body.Refused(new Refusal.PipelineFull(parts.limits().pipeline()));
        }
        if (body instanceof Body.Refused) {
            refused.incrementAndGet();
        }
        if (lane.waiting() >= Lane.WAITING_MAX) {
            dropped.incrementAndGet();
            parts.room().giveBack(charge);
            return;
        }
        lane.add(new Request(body, charge));
        startNext(lane);
    }

    private void startNext(Lane lane) {
        Request request = lane.start();
        if (request != null) {
            parts.requests().newThread(() -> serve(lane, request.body())).start();
        }
    }

    /** On the request's own thread. */
    private void serve(Lane lane, Body body) {
        ByteBuffer reply;
        try {
            reply = switch (body) {
                case Body.Given(byte[] bytes) -> parts.handler().handle(bytes);
                case Body.Refused(Refusal why) -> parts.handler().refuse(why);
            };
            reply = forWriting(reply);
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, "A request failed outside its handler's own care", fault);
            reply = parts.handler().refuse(new Refusal.Failed()).slice();
        }
        parts.room().take(reply.remaining());
        lane.answer(reply);
        done.add(lane);
        if (sleeping.compareAndSet(true, false)) {
            selector.wakeup();
        }
    }

    /** JeroMQ writes to a buffer's capacity, not its limit, so the reply becomes a buffer of exactly its size. */
    private static ByteBuffer forWriting(ByteBuffer reply) {
        if (reply.remaining() < DIRECT_REPLY_BYTES || reply.isDirect()) {
            return reply.slice();
        }
        return ByteBuffer.allocateDirect(reply.remaining()).put(reply).flip();
    }

    private boolean sendReplies() {
        boolean sent = false;
        for (int again = unsent.size(); again > 0; again--) {
            sent |= send(unsent.remove());
        }
        for (Lane lane = done.poll(); lane != null; lane = done.poll()) {
            sent |= send(lane);
        }
        return sent;
    }

    /** Whether the lane moved on. */
    private boolean send(Lane lane) {
        ByteBuffer reply = lane.reply();
        if (reply == null) {
            throw new IllegalStateException("A lane without a reply was handed back");
        }
        Replies.Outcome outcome = replies.send(lane.identity(), reply);
        if (outcome == Replies.Outcome.FULL) {
            unsent.add(lane);
            return false;
        }
        long freed = reply.capacity() + lane.finish();
        if (outcome == Replies.Outcome.GONE) {
            freed += lane.forget();
        }
        parts.room().giveBack(freed);
        if (lane.isIdle()) {
            lanes.remove(ByteBuffer.wrap(lane.identity()));
        } else {
            startNext(lane);
        }
        return true;
    }
}
