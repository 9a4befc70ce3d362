package dev.kith.images.remote;

import dev.kith.images.Gallery;
import dev.kith.images.ImageModel;
import dev.kith.images.Images;
import dev.kith.images.json.Json;
import dev.kith.images.json.JsonException;
import dev.kith.images.json.Shapes;
import dev.kith.service.Caller;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * The gallery of a running server, by its paths {@code /collections/{model}/…}. Whose collections they are, the key
 * decides; the caller of each call is not sent. Safe on any thread.
 */
public final class RemoteGallery implements Gallery, AutoCloseable {
    private static final Duration CONNECT_MAX = Duration.ofSeconds(5);
    /** Whole answer and all; callers of a worker wait for 200 s. */
    static final Duration ANSWER_MAX = Duration.ofMinutes(3);
    /** Bytes of an answer: a full page of wide vectors. */
    private static final int ANSWER_BYTES_MAX = 512 << 20;

    private static final int OK_END = 300;
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int INVALID = 422;
    private static final int UNAVAILABLE = 503;

    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("kith-store-", 0).factory());
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(CONNECT_MAX)
            .version(HttpClient.Version.HTTP_1_1)
            .executor(threads)
            .build();
    private final URI server;
    private final Optional<String> key;
    private final Duration answerMax;

    /**
     * The gallery of a server.
     *
     * @param server such as {@code http://host:4213}
     * @param key of the tenant whose collections are meant
     */
    public RemoteGallery(URI server, Optional<String> key) {
        this(server, key, ANSWER_MAX);
    }

    /** @param answerMax how long an answer may take, from its request to its last byte */
    RemoteGallery(URI server, Optional<String> key, Duration answerMax) {
        if (server.getHost() == null || !("http".equals(server.getScheme()) || "https".equals(server.getScheme()))) {
            throw new IllegalArgumentException("is not an address such as http://127.0.0.1:4213");
        }
        this.server = server;
        this.key = key;
        this.answerMax = answerMax;
    }

    @Override
    public boolean[] store(Caller caller, ImageModel model, List<Images.Entry> entries, boolean replace) {
        Value existed = ask(
                model,
                "store",
                fields("replace", new Value.Bool(replace)).with("entries", Shapes.items(entries, Shapes::entry)));
        List<Boolean> each =
                shaped(existed, reply -> Shapes.list(Shapes.field(Shapes.fields(reply), "existed"), Shapes::truth));
        boolean[] flags = new boolean[each.size()];
        for (int at = 0; at < flags.length; at++) {
            flags[at] = each.get(at);
        }
        return flags;
    }

    @Override
    public List<Images.Entry> get(Caller caller, ImageModel model, List<String> urls) {
        return shaped(ask(model, "get", fields("urls", Shapes.texts(urls))), list -> Shapes.list(list, Shapes::entry));
    }

    @Override
    public List<Images.Match> nearest(Caller caller, ImageModel model, float[] vector, int limit) {
        Value.Fields query = fields("embedding", Shapes.vector(vector)).with("limit", new Value.Int(limit));
        return shaped(ask(model, "search", query), list -> Shapes.list(list, Shapes::match));
    }

    @Override
    public List<String> urls(Caller caller, ImageModel model, Page page) {
        return shaped(ask(model, "urls", page(page)), Shapes::texts);
    }

    @Override
    public List<Images.Entry> entries(Caller caller, ImageModel model, Page page) {
        return shaped(ask(model, "dump", page(page)), list -> Shapes.list(list, Shapes::entry));
    }

    private static Value.Fields page(Page page) {
        return fields("cursor", new Value.Text(page.cursor())).with("limit", new Value.Int(page.limit()));
    }

    @Override
    public long count(Caller caller, ImageModel model) {
        return shaped(ask(model, "count", Value.Fields.EMPTY), Shapes::whole);
    }

    @Override
    public void remove(Caller caller, ImageModel model, List<String> urls) {
        var _ = ask(model, "remove", fields("urls", Shapes.texts(urls)));
    }

    private Value ask(ImageModel model, String operation, Value.Fields body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        server.resolve("/collections/%s/%s".formatted(model.name(), operation)))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(body)));
        key.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
        var handler = BodyHandlers.limiting(BodyHandlers.ofByteArray(), ANSWER_BYTES_MAX);
        CompletableFuture<HttpResponse<byte[]>> asked = client.sendAsync(request.build(), handler);
        try {
            // The client's own limit ends with the headers: a body that falls silent would be waited for.
            HttpResponse<byte[]> response = asked.get(answerMax.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() >= OK_END) {
                throw refusal(response.statusCode(), response.body());
            }
            return shaped(response.body(), bytes -> bytes.length == 0 ? Value.NULL : Json.read(bytes));
        } catch (ExecutionException | TimeoutException unreachable) {
            throw new Rejection(Rejection.Code.UNAVAILABLE, "The store does not answer");
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new Rejection(Rejection.Code.UNAVAILABLE, "The request was cancelled");
        } finally {
            asked.cancel(true);
        }
    }

    private static Rejection refusal(int status, byte[] answer) {
        Rejection.Code code = switch (status) {
            case INVALID -> Rejection.Code.INVALID;
            case NOT_FOUND -> Rejection.Code.NOT_FOUND;
            case CONFLICT -> Rejection.Code.CONFLICT;
            case UNAVAILABLE -> Rejection.Code.EXHAUSTED;
            default -> Rejection.Code.UNAVAILABLE;
        };
        return new Rejection(code, said(answer).orElse("The store answers with status %d".formatted(status)));
    }

    /** What the server's form of an error says. */
    private static Optional<String> said(byte[] answer) {
        try {
            Value detail = Shapes.field(Shapes.fields(Json.read(answer)), "detail");
            if (detail instanceof Value.Text(String text)) {
                return Optional.of(text);
            }
            return Shapes.items(detail).stream()
                    .map(problem -> Shapes.text(Shapes.field(Shapes.fields(problem), "msg")))
                    .findFirst();
        } catch (JsonException otherwise) {
            return Optional.empty();
        }
    }

    private static <S, T> T shaped(S reply, Function<S, T> shape) {
        try {
            return shape.apply(reply);
        } catch (JsonException otherwise) {
            throw new Rejection(Rejection.Code.UNAVAILABLE, "The store's answer cannot be read");
        }
    }

    private static Value.Fields fields(String name, Value value) {
        Map<String, Value> fields = new LinkedHashMap<>();
        fields.put(name, value);
        return new Value.Fields(fields);
    }

    @Override
    public void close() {
        client.shutdownNow();
        threads.shutdownNow();
    }
}
