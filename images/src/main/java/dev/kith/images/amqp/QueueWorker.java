package dev.kith.images.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import dev.kith.images.Images;
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
 * message is acknowledged after its reply was sent, so one whose worker dies is given to another. What a job changes,
 * it changes again in the same way.
 */
public final class QueueWorker implements AutoCloseable {
    private static final Logger LOG = System.getLogger(QueueWorker.class.getName());
    private static final long STOP_SECONDS = 3;
    private static final int CLOSE_MS = 1_000;
    /** The whole stop has 5 s. */
    private static final Duration CLOSE_MAX = Duration.ofSeconds(4);

    private final WorkerCommands commands;
    private final Connection connection;
    private final Channel channel;
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
        this.commands = new WorkerCommands(images, caller);
        this.connection = broker.connect("kith-worker", Broker.Return.ALL);
        this.channel = connection.createChannel();
        channel.queueDeclare(Broker.QUEUE, false, false, false, null);
        channel.basicQos(prefetch);
        channel.basicConsume(
                Broker.QUEUE, false, consumer, (_, delivery) -> jobs.execute(() -> work(delivery)), (String _) -> {});
    }

    /** Whether the broker can be heard. */
    public boolean isConnected() {
        return connection.isOpen() && channel.isOpen();
    }

    private void work(Delivery delivery) {
        byte[] reply;
        try {
            reply = commands.run(delivery.getBody());
        } catch (RuntimeException fault) {
            LOG.log(Level.DEBUG, "A job failed", fault);
            reply = Call.failure(fault);
        } catch (Error fault) {
            LOG.log(Level.ERROR, "A job failed", fault);
            reply = Call.failure(new IllegalStateException(fault));
        }
        try {
            answer(delivery, reply);
        } catch (IOException | AlreadyClosedException lost) {
            LOG.log(
                    Level.WARNING,
                    "A reply is lost with the connection; the job will be done again: {0}",
                    lost.getMessage());
        }
    }

    /** A channel is not for several threads at once. */
    private synchronized void answer(Delivery delivery, byte[] reply) throws IOException {
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
            channel.basicCancel(consumer);
            jobs.shutdown();
            if (!jobs.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                jobs.shutdownNow();
            }
            connection.close(CLOSE_MS);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        } catch (IOException | AlreadyClosedException gone) {
            LOG.log(Level.DEBUG, "The queue was gone", gone);
        }
    }
}
