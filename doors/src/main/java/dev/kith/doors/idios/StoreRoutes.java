package dev.kith.doors.idios;

import dev.kith.doors.http.Access;
import dev.kith.doors.http.Answer;
import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.http.Route;
import dev.kith.images.Gallery;
import dev.kith.images.ImageModel;
import dev.kith.images.ImageModels;
import dev.kith.images.Images;
import dev.kith.images.LocalGallery;
import dev.kith.images.json.Json;
import dev.kith.images.json.JsonException;
import dev.kith.images.json.Shapes;
import dev.kith.service.Service;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What workers in other processes keep here: paths {@code /collections/{model}/…}, which act on this server's own data
 * also when its other paths go to a queue. The wire is in docs/formats/idios-store-wire.md.
 */
final class StoreRoutes {
    /** Most of what a worker stores at once: a restore that is not streamed, with room for how it is written. */
    private static final long BODY_BYTES_MAX = 64 << 20;
    /** Room that an entry of an answer takes, as a value and as text. */
    private static final long ENTRY_BYTES = 32 << 10;

    private static final long ADDRESS_BYTES = 512;

    private final Gallery gallery;
    private final ImageModels models;

    StoreRoutes(Service service) {
        this.gallery = new LocalGallery(service);
        this.models = new ImageModels(service);
    }

    List<Route> routes() {
        return List.of(
                route("store", this::store),
                route("get", this::get),
                route("search", this::search),
                route("urls", this::urls),
                route("dump", this::dump),
                route("count", (request, _, model) -> new Value.Int(gallery.count(Lists.caller(request), model))),
                route("remove", this::remove));
    }

    /** Answers what a body asks for about a model. */
    private interface Operation {
        Value answer(HttpRequest request, Value.Fields body, ImageModel model);
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
            return Answers.json(Json.write(operation.answer(request, Shapes.fields(Json.read(body)), model)));
        } catch (JsonException malformed) {
            throw Rejection.invalid(String.valueOf(malformed.getMessage()));
        }
    }

    private Value store(HttpRequest request, Value.Fields body, ImageModel model) {
        List<Images.Entry> entries = Shapes.list(Shapes.field(body, "entries"), Shapes::entry);
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
        return Value.Fields.EMPTY.with("existed", new Value.Items(existed));
    }

    private Value get(HttpRequest request, Value.Fields body, ImageModel model) {
        List<String> urls = Shapes.texts(Shapes.field(body, "urls"));
        request.payload().lease().take(ENTRY_BYTES * urls.size());
        return Shapes.items(gallery.get(Lists.caller(request), model, urls), Shapes::entry);
    }

    private Value search(HttpRequest request, Value.Fields body, ImageModel model) {
        float[] vector = Shapes.vector(Shapes.field(body, "embedding"));
        int limit = limit(body);
        request.payload().lease().take(ENTRY_BYTES * limit);
        return Shapes.items(gallery.nearest(Lists.caller(request), model, vector, limit), Shapes::match);
    }

    private Value urls(HttpRequest request, Value.Fields body, ImageModel model) {
        Gallery.Page page = page(body);
        request.payload().lease().take(ADDRESS_BYTES * page.limit());
        return Shapes.texts(gallery.urls(Lists.caller(request), model, page));
    }

    private Value dump(HttpRequest request, Value.Fields body, ImageModel model) {
        Gallery.Page page = page(body);
        request.payload().lease().take(ENTRY_BYTES * page.limit());
        return Shapes.items(gallery.entries(Lists.caller(request), model, page), Shapes::entry);
    }

    private Value remove(HttpRequest request, Value.Fields body, ImageModel model) {
        gallery.remove(Lists.caller(request), model, Shapes.texts(Shapes.field(body, "urls")));
        return Value.NULL;
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
