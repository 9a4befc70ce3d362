package dev.kith.images.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.CancelCallback;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import dev.kith.images.Images;
import dev.kith.images.WorkerFailure;
import dev.kith.service.Caller;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A worker: takes the original's messages from the queue, does what they say, and answers as the original does. A
 * message is acknowledged after its reply was sent, so one whose worker dies is given to another, which does it again:
 * what was stored is replaced by the same, or, where nothing is replaced, reported as found.
 */
public final class QueueWorker implements AutoCloseable {
    private static final Logger LOG = System.getLogger(QueueWorker.class.getName());
    private static final long STOP_SECONDS = 3;
    /** The whole stop has 5 s. */
    private static final Duration CLOSE_MAX = Duration.ofSeconds(4);

    private final WorkerCommands commands;
    private final int prefetch;
    private final Link link;
    private final String consumer = "kith-" + UUID.randomUUID();
    private final ExecutorService jobs = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("kith-job-", 0).factory());

    /**
     * Connects to a broker and begins to work.
     *
     * @param caller whom the work is done for: messages name nobody
     * @param prefetch messages that are worked on at once; the original's workers have 1
     * @throws IOException where the broker cannot be reached
     */
    public QueueWorker(Broker broker, Images images, Caller caller, int prefetch) throws IOException {
        // Nobody waits for longer, and a job without an end would take its message, and the next worker's, with it.
        this.commands = new WorkerCommands(images, caller, QueueImages.WAIT);
        this.prefetch = prefetch;
        this.link = new Link(broker, new Ends());
    }

    private final class Ends implements Link.Ends {
        @Override
        public String name() {
            return "kith-worker";
        }

        @Override
        public void begin(Channel channel, CancelCallback cancelled) throws IOException {
            channel.queueDeclare(Broker.QUEUE, false, false, false, null);
            channel.basicQos(prefetch);
            channel.basicConsume(
                    Broker.QUEUE,
                    false,
                    consumer,
                    (_, delivery) -> jobs.execute(() -> work(channel, delivery)),
                    cancelled);
        }

        /** What is being done is done to its end, and again by whoever is given it next. */
        @Override
        public void lost() {}
    }

    /** Whether messages come from the broker. */
    public boolean isConnected() {
        return link.isUp();
    }

    private void work(Channel channel, Delivery delivery) {
        byte[] reply;
        try {
            reply = sendable(commands.run(delivery.getBody()), delivery);
        } catch (RuntimeException fault) {
            LOG.log(Level.DEBUG, "A job failed", fault);
            reply = Call.failure(fault);
        } catch (Error fault) {
            LOG.log(Level.ERROR, "A job failed", fault);
            reply = Call.failure(new IllegalStateException(fault));
        }
        try {
            answer(channel, delivery, reply);
        } catch (IOException | AlreadyClosedException lost) {
            LOG.log(
                    Level.WARNING,
                    "A reply is lost with the connection; the job will be done again: {0}",
                    lost.getMessage());
        }
    }

    /**
     * Whether a broker takes a large message is known when it has closed the channel over it. The job comes again then,
     * and is answered with what every broker takes.
     */
    private static byte[] sendable(byte[] reply, Delivery delivery) {
        int most = delivery.getEnvelope().isRedeliver() ? Broker.SURE_BYTES_MAX : Broker.MESSAGE_BYTES_MAX;
        if (reply.length > most) {
            throw new WorkerFailure("The reply has %,d bytes, which is too much for one message; ask for less at once"
                    .formatted(reply.length));
        }
        return reply;
    }

    /** A channel is not for several threads at once. */
    private synchronized void answer(Channel channel, Delivery delivery, byte[] reply) throws IOException {
        AMQP.BasicProperties asked = delivery.getProperties();
        if (asked.getReplyTo() != null) {
            AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder()
                    .correlationId(asked.getCorrelationId())
                    .build();
            channel.basicPublish("", asked.getReplyTo(), properties, reply);
        }
        channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
    }

    /** Takes no more jobs and gives those that run a moment; what is not answered then, another worker does. */
    @Override
    public void close() {
        Broker.leave(this::finish, CLOSE_MAX);
    }

    private void finish() {
        try {
            link.channel().basicCancel(consumer);
            jobs.shutdown();
            if (!jobs.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                jobs.shutdownNow();
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        } catch (IOException | AlreadyClosedException gone) {
            LOG.log(Level.DEBUG, "The queue was gone", gone);
        } finally {
            link.close();
        }
    }
}
