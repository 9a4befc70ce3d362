package dev.kith.images.amqp;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.CancelCallback;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A channel to the broker that is made anew, with its connection, whenever it is of no use any more: because the
 * connection was lost, because the broker closed the channel alone, as it does over a message that is too large or an
 * acknowledgement that does not come, or because its consumer was cancelled, as when somebody deletes the queue. The
 * library by itself brings back connections only. Safe on any thread.
 */
final class Link implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Link.class.getName());
    private static final int AGAIN_MS = 1_000;
    private static final int CLOSE_MS = 1_000;

    private final Broker broker;
    private final Ends ends;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile Session session;

    /** What the user of a link does when there is a channel, and when it is lost. */
    interface Ends {
        /** As the broker shall name the connection. */
        String name();

        /**
         * Declares queues and consumes.
         *
         * @param cancelled is to be called when the broker cancels a consumer
         */
        void begin(Channel channel, CancelCallback cancelled) throws IOException;

        /** The channel is closed, and no other is there yet. */
        void lost();
    }

    /** @param ended counted down as soon as the channel is of no use */
    private record Session(Connection connection, Channel channel, CountDownLatch ended) {}

    /** @throws IOException where the broker cannot be reached */
    Link(Broker broker, Ends ends) throws IOException {
        this.broker = broker;
        this.ends = ends;
        this.session = open();
        var _ = Thread.ofVirtual().name("kith-amqp-keep").start(this::keep);
    }

    private Session open() throws IOException {
        Connection connection = broker.connect(ends.name());
        CountDownLatch ended = new CountDownLatch(1);
        try {
            Channel channel = connection.createChannel();
            channel.addShutdownListener(_ -> ended.countDown());
            ends.begin(channel, _ -> ended.countDown());
            return new Session(connection, channel, ended);
        } catch (IOException | AlreadyClosedException failed) {
            connection.abort(CLOSE_MS);
            throw new IOException("The queue cannot be used: " + failed.getMessage(), failed);
        }
    }

    private void keep() {
        try {
            while (!isClosing()) {
                session.ended().await();
                // What is sent on it from now on fails at once, and so nobody waits for an answer in vain.
                session.connection().abort(CLOSE_MS);
                if (!isClosing()) {
                    LOG.log(Level.WARNING, "The queue at {0} was lost; it is asked for again", broker);
                    ends.lost();
                    again();
                }
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
        session.connection().abort(CLOSE_MS);
    }

    private void again() throws InterruptedException {
        Optional<Session> next = Optional.empty();
        while (next.isEmpty() && !closing.await(AGAIN_MS, TimeUnit.MILLISECONDS)) {
            next = tried();
        }
        next.ifPresent(found -> {
            session = found;
            LOG.log(Level.INFO, "The queue at {0} is there again", broker);
        });
    }

    private Optional<Session> tried() {
        try {
            return Optional.of(open());
        } catch (IOException unreachable) {
            LOG.log(Level.DEBUG, "The queue is not there yet", unreachable);
            return Optional.empty();
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    /** Whether messages come and go. */
    boolean isUp() {
        return session.ended().getCount() > 0;
    }

    /** The channel that was there last; used by one thread at a time. */
    Channel channel() {
        return session.channel();
    }

    /** Ends the connection, which may take a moment. */
    @Override
    public void close() {
        closing.countDown();
        session.connection().abort(CLOSE_MS);
    }
}
