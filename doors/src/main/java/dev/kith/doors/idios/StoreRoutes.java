package dev.kith.doors.idios;

import dev.kith.doors.http.Access;
import dev.kith.doors.http.Answer;
import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.http.Route;
import dev.kith.doors.idios.Problem.Place;
import dev.kith.images.Gallery;
import dev.kith.images.ImageModel;
import dev.kith.images.ImageModels;
import dev.kith.images.Images;
import dev.kith.images.LocalGallery;
import dev.kith.images.json.Json;
import dev.kith.images.json.JsonException;
import dev.kith.images.json.Shapes;
import dev.kith.service.Caller;
import dev.kith.service.Service;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * What workers in other processes keep here: paths {@code /collections/{model}/…}, which act on this server's own data
 * also when its other paths go to a queue. The wire is in docs/formats/idios-store-wire.md.
 */
final class StoreRoutes {
    /** Most of what a worker stores at once: a restore that is not streamed, with room for how it is written. */
    private static final long BODY_BYTES_MAX = 64 << 20;

    private final Gallery gallery;
    private final ImageModels models;
    private final Dump dump;

    StoreRoutes(Service service, Dump dump) {
        this.gallery = new LocalGallery(service);
        this.models = new ImageModels(service);
        this.dump = dump;
    }

    List<Route> routes() {
        return List.of(
                route("store", this::store),
                route("get", this::get),
                route("search", this::search),
                route("urls", this::urls),
                route("dump", this::dump),
                route(
                        "count",
                        (request, _, model) ->
                                Answers.json(new Value.Int(gallery.count(Lists.caller(request), model)))),
                route("remove", this::remove));
    }

    /** Answers what a body asks for about a model. */
    private interface Operation {
        Answer answer(HttpRequest request, Value.Fields body, ImageModel model);
    }

    private Route route(String name, Operation operation) {
        return new Route(
                Route.Method.POST,
                "/collections/{model}/" + name,
                Access.KEY,
                BODY_BYTES_MAX,
                Answers.handling(request -> answer(request, operation)));
    }

    private Answer answer(HttpRequest request, Operation operation) {
        ImageModel model = models.require(request.parameter("model"));
        byte[] body = request.payload().whole();
        request.payload().lease().take(JsonBody.weight(body));
        try {
            return operation.answer(request, Shapes.fields(Json.read(body)), model);
        } catch (JsonException malformed) {
            throw Rejection.invalid(String.valueOf(malformed.getMessage()));
        }
    }

    private Answer store(HttpRequest request, Value.Fields body, ImageModel model) {
        List<Images.Entry> entries = checked(Shapes.list(Shapes.field(body, "entries"), Shapes::entry));
        Set<String> urls = new HashSet<>();
        for (Images.Entry entry : entries) {
            if (!urls.add(entry.url())) {
                throw Rejection.invalid("The URL %s is there twice".formatted(entry.url()));
            }
        }
        boolean replace = Shapes.truth(Shapes.field(body, "replace"));
        List<Value> existed = new ArrayList<>();
        for (boolean one : gallery.store(Lists.caller(request), model, entries, replace)) {
            existed.add(new Value.Bool(one));
        }
        return Answers.json(Value.Fields.EMPTY.with("existed", new Value.Items(existed)));
    }

    /** Entries whose addresses and metadata are what the door's other paths would have taken, in the same form. */
    private static List<Images.Entry> checked(List<Images.Entry> entries) {
        Checks checks = new Checks();
        List<Images.Entry> checked = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Images.Entry entry = entries.get(i);
            checks.url(
                            new Value.Text(entry.url()),
                            Place.BODY.to("entries").to(i).to("url"))
                    .ifPresent(url -> checked.add(new Images.Entry(url, entry.metadata(), entry.vector())));
        }
        checks.finish();
        checked.forEach(entry -> entry.metadata().ifPresent(Checks::metadata));
        return checked;
    }

    private Answer get(HttpRequest request, Value.Fields body, ImageModel model) {
        List<String> urls = Shapes.texts(Shapes.field(body, "urls"));
        return dump.answer(request, known(Lists.caller(request), model, urls.iterator()), Long.MAX_VALUE);
    }

    /** The entries of these addresses that are there. */
    private Dump.Source known(Caller caller, ImageModel model, Iterator<String> urls) {
        return count -> {
            List<Images.Entry> entries = List.of();
            while (entries.isEmpty() && urls.hasNext()) {
                List<String> some = new ArrayList<>();
                while (some.size() < count && urls.hasNext()) {
                    some.add(urls.next());
                }
                entries = gallery.get(caller, model, some);
            }
            return entries;
        };
    }

    private Answer search(HttpRequest request, Value.Fields body, ImageModel model) {
        float[] vector = Shapes.vector(Shapes.field(body, "embedding"));
        int limit = limit(body);
        Caller caller = Lists.caller(request);
        return Searches.results(request, limit, () -> gallery.nearest(caller, model, vector, limit));
    }

    private Answer urls(HttpRequest request, Value.Fields body, ImageModel model) {
        Caller caller = Lists.caller(request);
        Gallery.Page page = page(body);
        return Lists.urls(
                request,
                (cursor, count) -> gallery.urls(caller, model, new Gallery.Page(cursor, count)),
                page.cursor(),
                page.limit());
    }

    private Answer dump(HttpRequest request, Value.Fields body, ImageModel model) {
        Caller caller = Lists.caller(request);
        Gallery.Page page = page(body);
        Dump.Reader reader = (cursor, count) -> gallery.entries(caller, model, new Gallery.Page(cursor, count));
        return dump.answer(request, Dump.pages(reader, page.cursor()), page.limit());
    }

    private Answer remove(HttpRequest request, Value.Fields body, ImageModel model) {
        gallery.remove(Lists.caller(request), model, Shapes.texts(Shapes.field(body, "urls")));
        return Answers.json(Value.NULL);
    }

    private static Gallery.Page page(Value.Fields body) {
        return new Gallery.Page(Shapes.text(Shapes.field(body, "cursor")), limit(body));
    }

    private static int limit(Value.Fields body) {
        long limit = Shapes.whole(Shapes.field(body, "limit"));
        if (limit < 1 || limit > Gallery.LIMIT_MAX) {
            throw Rejection.invalid("A limit is 1 to %d, not %d".formatted(Gallery.LIMIT_MAX, limit));
        }
        return (int) limit;
    }
}
