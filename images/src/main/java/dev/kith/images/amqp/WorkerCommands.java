package dev.kith.images.amqp;

import dev.kith.images.BadImage;
import dev.kith.images.Gallery;
import dev.kith.images.Images;
import dev.kith.images.Images.Content;
import dev.kith.images.Images.Insertion;
import dev.kith.images.Images.Item;
import dev.kith.images.Images.OnFailure;
import dev.kith.images.WorkerFailure;
import dev.kith.images.json.Json;
import dev.kith.images.json.JsonException;
import dev.kith.images.json.Shapes;
import dev.kith.service.Caller;
import dev.kith.vectors.Value;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What the original's commands do, and in which form they answer. Safe on any thread. */
final class WorkerCommands {
    private static final Logger LOG = System.getLogger(WorkerCommands.class.getName());
    private static final int LIMIT_DEFAULT = 10;

    private final Images images;
    private final Caller caller;
    private final Duration longest;

    /** @param longest that a job may take; it is interrupted then */
    WorkerCommands(Images images, Caller caller, Duration longest) {
        this.images = images;
        this.caller = caller;
        this.longest = longest;
    }

    /** Does what a message says; answers the reply's bytes, or throws what {@link Call#failure} makes a reply of. */
    byte[] run(byte[] message) {
        FutureTask<byte[]> job = new FutureTask<>(() -> done(message));
        var _ = Thread.ofVirtual().name("kith-job-run").start(job);
        try {
            return job.get(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            throw new WorkerFailure("The job was ended after %d s".formatted(longest.toSeconds()));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new WorkerFailure("The worker stops");
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof RuntimeException fault ? fault : new IllegalStateException(failed);
        } finally {
            job.cancel(true);
        }
    }

    private byte[] done(byte[] message) {
        Call call = Call.read(message);
        try {
            return Json.write(run(call));
        } catch (IllegalStateException fault) {
            LOG.log(Level.ERROR, "Command " + call.command() + " failed", fault);
            throw fault;
        }
    }

    private Value run(Call call) {
        if (call.command().equals("ping")) {
            images.ping();
            return new Value.Text("pong");
        }
        String model = Shapes.text(call.argument(0));
        return switch (call.command()) {
            case "insert_images" -> Shapes.outcome(images.insert(caller, model, insertion(call)));
            case "search_by_url" ->
                Shapes.items(
                        images.searchByUrl(caller, model, Shapes.text(call.argument(1)), limit(call, LIMIT_DEFAULT)),
                        Shapes::match);
            case "search_by_text" ->
                Shapes.items(
                        images.searchByText(caller, model, Shapes.text(call.argument(1)), limit(call, LIMIT_DEFAULT)),
                        Shapes::match);
            case "compare" ->
                new Value.Real(
                        images.compare(caller, model, Shapes.text(call.argument(1)), Shapes.text(call.argument(2))));
            case "list_images" -> list(call, model);
            case "count" -> new Value.Int(images.count(caller, model));
            case "remove_images" -> {
                images.remove(caller, model, Shapes.texts(call.argument(1)));
                yield Value.NULL;
            }
            default -> throw new BadImage("There is no command of that name");
        };
    }

    private static int limit(Call call, int otherwise) {
        Value limit = call.argument(2);
        return limit instanceof Value.Null
                ? otherwise
                : Math.clamp(Shapes.whole(limit), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private Value list(Call call, String model) {
        String cursor = call.argument(1) instanceof Value.Null ? "" : Shapes.text(call.argument(1));
        int limit = limit(call, Gallery.LIMIT_MAX);
        if (call.argument(3) instanceof Value.Null) {
            return Shapes.texts(images.urls(caller, model, cursor, limit));
        }
        return Shapes.items(images.entries(caller, model, cursor, limit), Shapes::entry);
    }

    private static Insertion insertion(Call call) {
        List<String> urls = Shapes.texts(call.argument(1));
        List<Value> metadata = listOrNulls(call.argument(2), urls.size());
        List<Value> vectors = listOrNulls(call.argument(3), urls.size());
        List<Item> items = new ArrayList<>();
        for (int at = 0; at < urls.size(); at++) {
            Content content = vectors.get(at) instanceof Value.Null
                    ? new Content.AtUrl()
                    : new Content.Vector(Shapes.vector(vectors.get(at)));
            items.add(new Item(urls.get(at), Shapes.metadata(metadata.get(at)), content));
        }
        boolean replace = call.argument(4) instanceof Value.Null || Shapes.truth(call.argument(4));
        boolean strict = call.argument(5) instanceof Value.Null || Shapes.truth(call.argument(5));
        return new Insertion(items, replace, strict ? OnFailure.THROW : OnFailure.REPORT);
    }

    /** A list as long as the others; null means a null for each. */
    private static List<Value> listOrNulls(Value value, int size) {
        List<Value> list =
                value instanceof Value.Null ? java.util.Collections.nCopies(size, Value.NULL) : Shapes.items(value);
        if (list.size() != size) {
            throw new JsonException("The lists of a call differ in length");
        }
        return list;
    }
}
