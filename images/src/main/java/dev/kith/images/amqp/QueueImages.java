package dev.kith.images.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.CancelCallback;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Return;
import dev.kith.images.ImageModels;
import dev.kith.images.Images;
import dev.kith.images.WorkerFailure;
import dev.kith.images.json.JsonException;
import dev.kith.images.json.Shapes;
import dev.kith.service.Caller;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Images whose work others do: every call is one message of the original's to a worker, of ours or the original's. One
 * connection and one reply queue serve all callers. The queue knows no tenants, so whoever may call shares all
 * collections; the configuration sees to it that there is one tenant.
 */
public final class QueueImages implements Images, AutoCloseable {
    private static final Logger LOG = System.getLogger(QueueImages.class.getName());
    /** The original's wait. */
    public static final Duration WAIT = Duration.ofSeconds(200);

    private static final String NO_ANSWER = "No response (timeout?)";
    /** Calls in flight; each holds its request and, later, its reply. */
    private static final int PENDING_MAX = 1_024;
    /** How long closing waits for the broker; the whole stop has 5 s. */
    private static final Duration CLOSE_MAX = Duration.ofSeconds(2);

    /**
     * Entries of one reply: with vectors of 10,000 components, the longest metadata and addresses, some 350 kB each, it
     * stays below what every broker takes.
     */
    private static final int ENTRIES_MAX = 40;

    private static final List<String> FIELDS = List.of("url", "embedding", "metadata");

    private final Link link;
    private final ImageModels models;
    private final Duration wait;
    private final Map<String, CompletableFuture<byte[]>> pending = new ConcurrentHashMap<>();
    /**
     * Sends, since a channel is for one thread at a time. A broker that holds back, for want of memory or disk, stops
     * whoever writes to it: that is this thread then, while callers wait for as long as they mean to and no longer.
     */
    private final ThreadPoolExecutor sender = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("kith-amqp-send").factory());

    /** Set before there is a link. */
    private volatile Optional<Lane> lane = Optional.empty();

    /**
     * Connects to a broker.
     *
     * @param models that a client may name
     * @param wait for an answer
     * @throws IOException where it cannot be reached
     */
    public QueueImages(Broker broker, ImageModels models, Duration wait) throws IOException {
        this.models = models;
        this.wait = wait;
        this.link = new Link(broker, new Ends());
    }

    private final class Ends implements Link.Ends {
        @Override
        public String name() {
            return "kith";
        }

        /** Makes a queue for replies and takes what comes to it. */
        @Override
        public void begin(Channel channel, CancelCallback cancelled) throws IOException {
            channel.addReturnListener(QueueImages.this::returned);
            String replies = channel.queueDeclare().getQueue();
            channel.basicConsume(replies, true, QueueImages.this::replied, cancelled);
            lane = Optional.of(new Lane(channel, replies));
        }

        /** Replies went to a queue that is gone. */
        @Override
        public void lost() {
            pending.values().forEach(call -> call.completeExceptionally(new WorkerFailure("The queue was lost")));
        }
    }

    /** Where calls go, and where their replies come from. */
    private record Lane(Channel channel, String replies) {}

    private void replied(String consumer, Delivery delivery) {
        String id = delivery.getProperties().getCorrelationId();
        CompletableFuture<byte[]> call = id == null ? null : pending.remove(id);
        if (call != null) {
            call.complete(delivery.getBody());
        }
    }

    /**
     * There is no queue: no worker was ever there. To wait for it is in vain, and the broker has dropped the message.
     */
    private void returned(Return message) {
        String id = message.getProperties().getCorrelationId();
        CompletableFuture<byte[]> call = id == null ? null : pending.remove(id);
        if (call != null) {
            call.completeExceptionally(new WorkerFailure("No worker is there"));
        }
    }

    private Value call(String command, Value... arguments) {
        return call(new Call(command, List.of(arguments)).bytes());
    }

    private Value call(byte[] body) {
        if (pending.size() >= PENDING_MAX) {
            throw new Rejection(Rejection.Code.EXHAUSTED, "Too many calls wait for workers; try again later");
        }
        String id = UUID.randomUUID().toString();
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        pending.put(id, answer);
        Runnable sending = () -> send(id, body);
        try {
            sender.execute(sending);
            return Call.reply(answer.get(wait.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException late) {
            throw new WorkerFailure(NO_ANSWER);
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof WorkerFailure failure ? failure : new IllegalStateException(failed);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new WorkerFailure(NO_ANSWER);
        } catch (RejectedExecutionException closed) {
            throw unreachable();
        } finally {
            pending.remove(id);
            // What is not sent yet need not be any more.
            sender.remove(sending);
        }
    }

    private static WorkerFailure unreachable() {
        return new WorkerFailure("The queue cannot be reached");
    }

    private void send(String id, byte[] body) {
        Lane now = lane.orElseThrow();
        AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder()
                .replyTo(now.replies())
                .correlationId(id)
                // What nobody waits for any more need not be done.
                .expiration(String.valueOf(wait.toMillis()))
                .build();
        try {
            now.channel().basicPublish("", Broker.QUEUE, true, properties, body);
        } catch (IOException | AlreadyClosedException lost) {
            LOG.log(Level.WARNING, "The queue cannot be reached: {0}", lost.getMessage());
            CompletableFuture<byte[]> call = pending.remove(id);
            if (call != null) {
                call.completeExceptionally(unreachable());
            }
        }
    }

    private static <T> T shaped(Value reply, Function<Value, T> shape) {
        try {
            return shape.apply(reply);
        } catch (JsonException otherwise) {
            throw new WorkerFailure("A worker's reply cannot be read");
        }
    }

    @Override
    public List<String> models() {
        return models.names();
    }

    /** One message; several, one after the other, where brokers would refuse it. */
    @Override
    public Outcome insert(Caller caller, String model, Insertion insertion) {
        byte[] body = new Call("insert_images", arguments(model, insertion)).bytes();
        List<Item> items = insertion.items();
        if (body.length <= Broker.SURE_BYTES_MAX || items.size() < 2) {
            return shaped(call(body), Shapes::outcome);
        }
        int half = items.size() / 2;
        Outcome first = insert(caller, model, insertion.with(items.subList(0, half)));
        Outcome rest = insert(caller, model, insertion.with(items.subList(half, items.size())));
        return first.and(rest);
    }

    /** As many as the original's API sends for each of its endpoints. */
    private static List<Value> arguments(String model, Insertion insertion) {
        List<Value> vectors = new ArrayList<>();
        for (Item item : insertion.items()) {
            switch (item.content()) {
                case Content.AtUrl _ -> {}
                case Content.Vector(float[] vector) -> vectors.add(Shapes.vector(vector));
                case Content.File _ -> throw notThroughQueue();
            }
        }
        if (!vectors.isEmpty() && vectors.size() != insertion.items().size()) {
            throw new IllegalStateException("An insertion has vectors for all its images or for none");
        }
        List<Value> arguments = new ArrayList<>(List.of(
                new Value.Text(model),
                Shapes.items(insertion.items(), item -> new Value.Text(item.url())),
                Shapes.items(insertion.items(), item -> Shapes.metadata(item.metadata()))));
        boolean reports = insertion.onFailure() == OnFailure.REPORT;
        if (!vectors.isEmpty() || !insertion.replace() || reports) {
            arguments.add(vectors.isEmpty() ? Value.NULL : new Value.Items(vectors));
        }
        if (!insertion.replace() || reports) {
            arguments.add(new Value.Bool(insertion.replace()));
        }
        if (reports) {
            arguments.add(new Value.Bool(false));
        }
        return arguments;
    }

    @Override
    public List<Match> searchByUrl(Caller caller, String model, String url, int limit) {
        return matches(call("search_by_url", new Value.Text(model), new Value.Text(url), new Value.Int(limit)));
    }

    @Override
    public List<Match> searchByText(Caller caller, String model, String text, int limit) {
        return matches(call("search_by_text", new Value.Text(model), new Value.Text(text), new Value.Int(limit)));
    }

    /** The original has no message for it. */
    @Override
    public List<Match> searchByImage(Caller caller, String model, byte[] image, int limit) {
        throw notThroughQueue();
    }

    private static Rejection notThroughQueue() {
        return new Rejection(
                Rejection.Code.UNAVAILABLE,
                "Uploaded pictures do not go through a queue; the server runs with --queue");
    }

    /** Similarities of original workers may lie a little beyond their bounds. */
    private static List<Match> matches(Value reply) {
        return shaped(reply, list -> Shapes.list(list, Shapes::match)).stream()
                .map(match -> new Match(match.url(), match.metadata(), bounded(match.similarity())))
                .toList();
    }

    private static double bounded(double similarity) {
        return Math.clamp(similarity, 0, 100);
    }

    @Override
    public double compare(Caller caller, String model, String url, String other) {
        Value reply = call("compare", new Value.Text(model), new Value.Text(url), new Value.Text(other));
        return bounded(shaped(reply, Shapes::number));
    }

    @Override
    public List<String> urls(Caller caller, String model, String cursor, int limit) {
        Value reply = call("list_images", new Value.Text(model), new Value.Text(cursor), new Value.Int(limit));
        return shaped(reply, Shapes::texts);
    }

    @Override
    public List<Entry> entries(Caller caller, String model, String cursor, int limit) {
        List<Entry> entries = new ArrayList<>();
        String after = cursor;
        while (entries.size() < limit) {
            int count = Math.min(ENTRIES_MAX, limit - entries.size());
            Value reply = call(
                    "list_images",
                    new Value.Text(model),
                    new Value.Text(after),
                    new Value.Int(count),
                    Shapes.texts(FIELDS));
            List<Entry> page = shaped(reply, list -> Shapes.list(list, Shapes::entry));
            entries.addAll(page);
            if (page.size() < count) {
                break;
            }
            after = page.getLast().url();
        }
        return entries;
    }

    /** The first entry after the greatest text that is smaller, which is the entry itself if it is there. */
    @Override
    public Optional<Entry> entry(Caller caller, String model, String url) {
        return entries(caller, model, justBefore(url), 1).stream()
                .filter(entry -> entry.url().equals(url))
                .findFirst();
    }

    private static String justBefore(String url) {
        int last = url.codePointBefore(url.length());
        String before = url.substring(0, url.length() - Character.charCount(last));
        // Surrogates are no characters.
        int smaller = last - 1 == Character.MAX_SURROGATE ? Character.MIN_SURROGATE - 1 : last - 1;
        return last == 0 ? before : before + Character.toString(smaller) + Character.toString(Character.MAX_CODE_POINT);
    }

    @Override
    public long count(Caller caller, String model) {
        return shaped(call("count", new Value.Text(model)), Shapes::whole);
    }

    @Override
    public void remove(Caller caller, String model, List<String> urls) {
        var _ = call("remove_images", new Value.Text(model), Shapes.texts(urls));
    }

    @Override
    public void ping() {
        var _ = call("ping");
    }

    @Override
    public void close() {
        sender.shutdownNow();
        Broker.leave(link::close, CLOSE_MAX);
    }
}
