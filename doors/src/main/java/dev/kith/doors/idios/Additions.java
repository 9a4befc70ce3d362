package dev.kith.doors.idios;

import dev.kith.doors.http.Answer;
import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.idios.Problem.Place;
import dev.kith.images.Images;
import dev.kith.images.Images.Insertion;
import dev.kith.images.Images.Item;
import dev.kith.images.Images.OnFailure;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Adding images, one or many, and removing them. */
final class Additions {
    /** Images of one list: each is fetched. */
    private static final int ITEMS_MAX = 10_000;

    private final Images images;
    private final Models models;

    Additions(Images images, Models models) {
        this.images = images;
        this.models = models;
    }

    Answer add(HttpRequest request) {
        One one = one(request);
        images.insert(Lists.caller(request), one.model(), new Insertion(List.of(one.item()), true, OnFailure.THROW));
        return Answer.empty(204);
    }

    Answer searchAdd(HttpRequest request) {
        One one = one(request);
        Insertion insertion = new Insertion(List.of(one.item()), false, OnFailure.THROW);
        Images.Outcome outcome = images.insert(Lists.caller(request), one.model(), insertion);
        return outcome.found().isEmpty() ? Answer.empty(204) : Answers.detail(409, "Image already inserted");
    }

    /** An image and where it goes. */
    private record One(String model, Item item) {}

    private One one(HttpRequest request) {
        Optional<Value> body = JsonBody.read(request);
        Checks checks = new Checks();
        String model = models.of(request, checks);
        Optional<Item> item = required(checks, body).flatMap(fields -> item(checks, fields, Place.BODY));
        checks.finish();
        item.orElseThrow().metadata().ifPresent(Checks::metadata);
        return new One(model, item.orElseThrow());
    }

    /** The object that a body must be. */
    static Optional<Value.Fields> required(Checks checks, Optional<Value> body) {
        if (body.isEmpty()) {
            checks.note(Problem.missing(Place.BODY));
        }
        return body.flatMap(value -> checks.object(value, Place.BODY));
    }

    private static Optional<Item> item(Checks checks, Value.Fields fields, Place place) {
        Optional<String> url = checks.required(fields, "url", place, checks::url);
        Optional<Value.Fields> metadata = checks.optional(fields, "metadata", place, checks::object);
        return url.map(text -> new Item(text, metadata, new Images.Content.AtUrl()));
    }

    Answer addBulk(HttpRequest request) {
        Optional<Value> body = JsonBody.read(request);
        Checks checks = new Checks();
        String model = models.of(request, checks);
        if (body.isPresent() && body.get() instanceof Value.Items(var all) && all.size() > ITEMS_MAX) {
            checks.note(Problem.limit(
                    Place.BODY,
                    "ensure this value has at most %d items".formatted(ITEMS_MAX),
                    "value_error.list.max_items",
                    new Value.Int(ITEMS_MAX)));
            checks.finish();
        }
        List<Item> items = items(checks, body, Additions::item);
        Images.Outcome outcome =
                images.insert(Lists.caller(request), model, new Insertion(items, true, OnFailure.REPORT));
        return Answers.json(result(outcome));
    }

    /** How one item of a list is read. */
    interface ItemReader {
        Optional<Item> read(Checks checks, Value.Fields fields, Place place);
    }

    /** The items of a body that must be a list of them; ends the checking. */
    static List<Item> items(Checks checks, Optional<Value> body, ItemReader reader) {
        if (body.isEmpty()) {
            checks.note(Problem.missing(Place.BODY));
        }
        List<Value> values =
                body.flatMap(value -> checks.list(value, Place.BODY)).orElse(List.of());
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            Place place = Place.BODY.to(i);
            checks.notNull(values.get(i), place, checks::object)
                    .flatMap(fields -> reader.read(checks, fields, place))
                    .ifPresent(items::add);
        }
        checks.finish();
        items.forEach(item -> item.metadata().ifPresent(Checks::metadata));
        return items;
    }

    private static Value result(Images.Outcome outcome) {
        Map<String, Value> result = new LinkedHashMap<>();
        result.put("added", texts(outcome.added()));
        result.put("found", texts(outcome.found()));
        List<Value> failed = new ArrayList<>();
        for (Images.Failure failure : outcome.failed()) {
            Map<String, Value> fields = new LinkedHashMap<>();
            fields.put("url", new Value.Text(failure.url()));
            fields.put("error", new Value.Text(failure.error()));
            failed.add(new Value.Fields(fields));
        }
        result.put("failed", new Value.Items(failed));
        return new Value.Fields(result);
    }

    private static Value texts(List<String> texts) {
        return new Value.Items(texts.stream().<Value>map(Value.Text::new).toList());
    }

    /** Adds a picture that comes with the request, under the address that it is to be known by. */
    Answer addFile(HttpRequest request) {
        Upload upload = Upload.read(request);
        Checks checks = new Checks();
        String model = models.of(request, checks);
        Value.Fields fields = upload.fields(checks);
        Optional<Item> item = item(checks, fields, Place.BODY);
        checks.finish();
        Item known = item.orElseThrow();
        known.metadata().ifPresent(Checks::metadata);
        Item picture = new Item(known.url(), known.metadata(), new Images.Content.File(upload.file()));
        images.insert(Lists.caller(request), model, new Insertion(List.of(picture), true, OnFailure.THROW));
        return Answer.empty(204);
    }

    Answer remove(HttpRequest request) {
        Optional<Value> body = JsonBody.read(request);
        Checks checks = new Checks();
        String model = models.of(request, checks);
        Optional<String> url =
                required(checks, body).flatMap(fields -> checks.required(fields, "url", Place.BODY, checks::url));
        checks.finish();
        images.remove(Lists.caller(request), model, List.of(url.orElseThrow()));
        return Answer.empty(204);
    }
}
