package dev.kith.doors.idios;

import dev.kith.doors.http.Answer;
import dev.kith.doors.http.Body;
import dev.kith.doors.http.HttpRefusal;
import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.idios.Problem.Place;
import dev.kith.images.Images;
import dev.kith.images.Images.Insertion;
import dev.kith.images.Images.Item;
import dev.kith.images.Images.OnFailure;
import dev.kith.vectors.Value;
import java.io.ByteArrayInputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * Stores the entries of a dump. One of up to {@value #WHOLE_BYTES_MAX} bytes is stored whole or not at all. A larger
 * one is stored in batches while it arrives, each of them durably and whole or not at all; where one is refused, those
 * before it stay, and the answer says how many entries they have.
 */
final class Restore {
    static final int WHOLE_BYTES_MAX = 16 << 20;
    /** Memory of a batch's values that every streamed dump has room for: more than usual dumps need. */
    private static final long USUAL_WEIGHT = 2L * EntryStream.BATCH_BYTES;
    /** Room that a streamed dump takes: two batches as bytes, as values and as vectors. */
    private static final long STREAM_ROOM_BYTES = 6L * EntryStream.BATCH_BYTES + 2 * USUAL_WEIGHT;

    private final Images images;
    private final Models models;
    private final ExecutorService workers;

    Restore(Images images, Models models, ExecutorService workers) {
        this.images = images;
        this.models = models;
        this.workers = workers;
    }

    Answer restore(HttpRequest request) {
        Checks checks = new Checks();
        String model = models.of(request, checks);
        Body body = request.payload().body();
        byte[] head = body.upTo(WHOLE_BYTES_MAX, request.payload().lease());
        if (head.length > WHOLE_BYTES_MAX && JsonBody.isJson(request)) {
            checks.finish();
            request.payload().lease().take(STREAM_ROOM_BYTES);
            EntryStream entries = new EntryStream(new SequenceInputStream(new ByteArrayInputStream(head), body));
            return new Run(request, model, entries).answer();
        }
        request.payload().lease().take(JsonBody.weight(head));
        Optional<List<Item>> dumped = checks.isSound() && JsonBody.isJson(request) ? dumped(head) : Optional.empty();
        List<Item> items = dumped.orElseGet(() -> items(checks, JsonBody.of(request, head)));
        images.insert(Lists.caller(request), model, new Insertion(items, true, OnFailure.THROW));
        return Answer.empty(204);
    }

    private static List<Item> items(Checks checks, Optional<Value> body) {
        return Additions.items(checks, body, Restore::item);
    }

    private static Optional<Item> item(Checks checks, Value.Fields fields, Place place) {
        Optional<String> url = checks.required(fields, "url", place, checks::url);
        Optional<Value.Fields> metadata = checks.optional(fields, "metadata", place, checks::object);
        Optional<float[]> vector = checks.required(fields, "embedding", place, checks::vector);
        return url.flatMap(
                text -> vector.map(components -> new Item(text, metadata, new Images.Content.Vector(components))));
    }

    /** The entries of a body that looks as dumps do; empty where it needs the thorough way. */
    private static Optional<List<Item>> dumped(byte[] body) {
        EntryStream entries = new EntryStream(new ByteArrayInputStream(body));
        List<Item> items = new ArrayList<>();
        try {
            for (Optional<EntryStream.Batch> batch = entries.next(); batch.isPresent(); batch = entries.next()) {
                Optional<List<Item>> some = usual(batch.get());
                if (some.isEmpty()) {
                    return Optional.empty();
                }
                items.addAll(some.get());
            }
            return Optional.of(items);
        } catch (EntryStream.Broken | Invalid thorough) {
            return Optional.empty();
        }
    }

    private static Optional<List<Item>> usual(EntryStream.Batch batch) {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < batch.ends().length; i++) {
            Optional<Item> item = EntryText.read(batch.bytes(), batch.begin(i), batch.ends()[i]);
            if (item.isEmpty()) {
                return Optional.empty();
            }
            items.add(item.get());
        }
        return Optional.of(items);
    }

    /** The entries of a batch, read fast or thoroughly. */
    private static List<Item> items(EntryStream.Batch batch) {
        return usual(batch).orElseGet(() -> thorough(batch));
    }

    private static List<Item> thorough(EntryStream.Batch batch) {
        List<Item> items = new ArrayList<>();
        Checks checks = new Checks();
        for (int i = 0; i < batch.ends().length; i++) {
            int begin = batch.begin(i);
            String text = JsonBody.text(Arrays.copyOfRange(batch.bytes(), begin, batch.ends()[i]));
            Place place = Place.BODY.to(batch.first() + i);
            Value value;
            try {
                value = PythonJson.parse(text);
            } catch (JsonFault fault) {
                throw new Invalid(List.of(broken(fault.text(), batch.offset() + begin + fault.at())));
            }
            checks.object(value, place)
                    .flatMap(fields -> item(checks, fields, place))
                    .ifPresent(items::add);
            checks.finish();
        }
        items.forEach(item -> item.metadata().ifPresent(Checks::metadata));
        return items;
    }

    private static Problem broken(String text, long offset) {
        Value position = new Value.Int(offset);
        return new Problem(
                List.of(new Value.Text("body"), position),
                "%s (char %d)".formatted(text, offset),
                "value_error.jsondecode",
                Map.of("pos", position));
    }

    /** Entries that are being read, and the room that their values take beyond the usual until they are stored. */
    private record Reading(Future<List<Item>> items, long room) {}

    /** One streamed dump: a batch is stored while the next one arrives and is read. Used by its request's thread. */
    private final class Run {
        private final HttpRequest request;
        private final String model;
        private final EntryStream entries;
        private long stored;

        Run(HttpRequest request, String model, EntryStream entries) {
            this.request = request;
            this.model = model;
            this.entries = entries;
        }

        Answer answer() {
            try {
                Optional<Reading> waiting = Optional.empty();
                for (Optional<EntryStream.Batch> batch = entries.next(); batch.isPresent(); batch = entries.next()) {
                    EntryStream.Batch read = batch.get();
                    long room = Math.max(0, JsonBody.weight(read.bytes()) - USUAL_WEIGHT);
                    request.payload().lease().take(room);
                    Reading reading = new Reading(workers.submit(() -> items(read)), room);
                    store(waiting);
                    waiting = Optional.of(reading);
                }
                store(waiting);
                return Answer.empty(204);
            } catch (EntryStream.Broken fault) {
                return stopped(422, List.of(broken(fault.text(), fault.offset())));
            } catch (HttpRefusal refusal) {
                return stopped(refusal.status(), List.of(Problem.outside(refusal.text(), "value_error")));
            } catch (RuntimeException fault) {
                Answers.Failure failure = Answers.describe(fault);
                return stopped(failure.status(), failure.problems());
            }
        }

        private void store(Optional<Reading> waiting) {
            if (waiting.isPresent()) {
                List<Item> items = done(waiting.get().items());
                images.insert(Lists.caller(request), model, new Insertion(items, true, OnFailure.THROW));
                stored += items.size();
                request.payload().lease().giveBack(waiting.get().room());
            }
        }

        private Answer stopped(int status, List<Problem> problems) {
            List<Problem> all = new ArrayList<>(problems);
            all.add(new Problem(
                    List.of(),
                    "%d entries were stored before that; none after".formatted(stored),
                    "restore_stopped",
                    Map.of("stored", new Value.Int(stored))));
            return Answers.problems(status, all);
        }
    }

    private static List<Item> done(Future<List<Item>> items) {
        try {
            return items.get();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new HttpRefusal(503, "The server stops");
        } catch (ExecutionException fault) {
            if (fault.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("Entries could not be read", fault);
        }
    }
}
