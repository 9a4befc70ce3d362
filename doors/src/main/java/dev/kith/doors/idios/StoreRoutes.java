package dev.kith.doors.idios;

import dev.kith.doors.http.Answer;
import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.idios.Checks.Range;
import dev.kith.doors.idios.Problem.Place;
import dev.kith.images.Gallery;
import dev.kith.images.ImageModel;
import dev.kith.images.ImageModels;
import dev.kith.images.Images;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The gallery of this process for workers elsewhere: the paths {@code /collections/{model}/…}, which always act on the
 * data that is here, whoever does the work of the door's other paths.
 */
final class StoreRoutes {
    private static final Range LIMITS = new Range(1, Gallery.LIMIT_MAX, Gallery.LIMIT_MAX);
    private static final Range RESULTS = new Range(1, Gallery.LIMIT_MAX, 10);
    /** Room that one address, entry or result takes, with what is written of it. */
    private static final long ENTRY_BYTES = 2_048;

    private final Gallery gallery;
    private final ImageModels models;

    StoreRoutes(Gallery gallery, ImageModels models) {
        this.gallery = gallery;
        this.models = models;
    }

    /** A body that is an object, and the model of the path. */
    private record Asked(ImageModel model, Value.Fields fields, Checks checks) {}

    private Asked asked(HttpRequest request) {
        ImageModel model = models.require(request.parameter("model"));
        Optional<Value> body = JsonBody.read(request);
        Checks checks = new Checks();
        Value.Fields fields = Additions.required(checks, body).orElse(Value.Fields.EMPTY);
        checks.finish();
        return new Asked(model, fields, checks);
    }

    Answer store(HttpRequest request) {
        Asked asked = asked(request);
        Checks checks = asked.checks();
        Optional<List<Value>> given = checks.required(asked.fields(), "entries", Place.BODY, checks::list);
        boolean replace = !(asked.fields().values().get("replace") instanceof Value.Bool(boolean truth)) || truth;
        List<Images.Entry> entries = new ArrayList<>();
        List<Value> values = given.orElse(List.of());
        for (int i = 0; i < values.size(); i++) {
            Place place = Place.BODY.to("entries").to(i);
            checks.notNull(values.get(i), place, checks::object)
                    .flatMap(fields -> Restore.item(checks, fields, place))
                    .map(StoreRoutes::entry)
                    .ifPresent(entries::add);
        }
        checks.finish();
        boolean[] existed = gallery.store(Lists.caller(request), asked.model(), entries, replace);
        List<Value> flags = new ArrayList<>();
        for (boolean each : existed) {
            flags.add(new Value.Bool(each));
        }
        return Answers.json(new Value.Fields(Map.of("existed", new Value.Items(flags))));
    }

    private static Images.Entry entry(Images.Item item) {
        return switch (item.content()) {
            case Images.Content.Vector(float[] vector) -> new Images.Entry(item.url(), item.metadata(), vector);
            case Images.Content.AtUrl _, Images.Content.File _ ->
                throw new IllegalStateException("An entry has its vector");
        };
    }

    Answer get(HttpRequest request) {
        Asked asked = asked(request);
        return entries(gallery.get(Lists.caller(request), asked.model(), urls(asked)));
    }

    private static List<String> urls(Asked asked) {
        Checks checks = asked.checks();
        List<Value> values = checks.required(asked.fields(), "urls", Place.BODY, checks::list)
                .orElse(List.of());
        List<String> urls = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            checks.notNull(values.get(i), Place.BODY.to("urls").to(i), checks::text)
                    .ifPresent(urls::add);
        }
        checks.finish();
        return urls;
    }

    private static Answer entries(List<Images.Entry> entries) {
        JsonOut out = new JsonOut().raw('[');
        for (int i = 0; i < entries.size(); i++) {
            Dump.write(out.comma(i), entries.get(i));
        }
        return Answers.json(out.raw(']').bytes());
    }

    Answer search(HttpRequest request) {
        Asked asked = asked(request);
        Checks checks = asked.checks();
        Optional<float[]> vector = checks.required(asked.fields(), "embedding", Place.BODY, checks::vector);
        int limit = (int) checks.whole(asked.fields(), "limit", RESULTS);
        checks.finish();
        request.payload().lease().take(ENTRY_BYTES * limit);
        return Answers.json(
                Searches.results(gallery.nearest(Lists.caller(request), asked.model(), vector.orElseThrow(), limit)));
    }

    Answer urls(HttpRequest request) {
        Asked asked = asked(request);
        Gallery.Page page = page(request, asked);
        return Answers.json(JsonOut.texts(gallery.urls(Lists.caller(request), asked.model(), page)));
    }

    Answer dump(HttpRequest request) {
        Asked asked = asked(request);
        Gallery.Page page = page(request, asked);
        request.payload().lease().take((long) page.limit() * asked.model().dimension() * Float.BYTES);
        return entries(gallery.entries(Lists.caller(request), asked.model(), page));
    }

    private static Gallery.Page page(HttpRequest request, Asked asked) {
        Checks checks = asked.checks();
        Optional<String> cursor = checks.optional(asked.fields(), "cursor", Place.BODY, checks::text);
        int limit = (int) checks.whole(asked.fields(), "limit", LIMITS);
        checks.finish();
        request.payload().lease().take(ENTRY_BYTES * limit);
        return new Gallery.Page(cursor.orElse(""), limit);
    }

    Answer count(HttpRequest request) {
        return Answers.json(new Value.Int(
                gallery.count(Lists.caller(request), asked(request).model())));
    }

    Answer remove(HttpRequest request) {
        Asked asked = asked(request);
        gallery.remove(Lists.caller(request), asked.model(), urls(asked));
        return Answers.json(Value.NULL);
    }
}
