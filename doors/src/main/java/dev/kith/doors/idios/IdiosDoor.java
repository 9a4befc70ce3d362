package dev.kith.doors.idios;

import dev.kith.doors.http.Access;
import dev.kith.doors.http.Route;
import dev.kith.images.Images;
import dev.kith.service.Service;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The routes of Idios, and some that it lacked. Closes nothing that it is given. Safe on any thread. */
public final class IdiosDoor implements AutoCloseable {
    /** The door's name, as metrics have it, and the namespace of its collections. */
    public static final String NAME = "idios";

    /** Most of a body with a handful of fields: the longest metadata with all its escapes, several times. */
    private static final long SMALL_BYTES_MAX = 1 << 20;
    /** Most of a list of images to fetch: thousands of addresses. */
    private static final long BULK_BYTES_MAX = 16 << 20;
    /** Most of an uploaded picture and its fields. */
    private static final long FILE_BYTES_MAX = 32 << 20;
    /** Most of a restored dump, which is not held in memory: a hundred million entries. */
    private static final long RESTORE_BYTES_MAX = 1L << 40;

    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("idios-entries-", 0).factory());
    private final List<Route> routes = new ArrayList<>();

    public IdiosDoor(Images images, Service service) {
        Models models = new Models(images);
        Lists lists = new Lists(images, models, service);
        Additions additions = new Additions(images, models);
        Searches searches = new Searches(images, models);
        Dump dump = new Dump(images, models, workers);
        Restore restore = new Restore(images, models, workers);
        get("/ping", lists::ping);
        get("/models", lists::models);
        post("/models/{model}/add", SMALL_BYTES_MAX, additions::add);
        post("/models/{model}/search_add", SMALL_BYTES_MAX, additions::searchAdd);
        post("/models/{model}/add_bulk", BULK_BYTES_MAX, additions::addBulk);
        post("/models/{model}/add_file", FILE_BYTES_MAX, additions::addFile);
        post("/models/{model}/search", SMALL_BYTES_MAX, searches::search);
        post("/models/{model}/search_file", FILE_BYTES_MAX, searches::searchFile);
        post("/models/{model}/compare", SMALL_BYTES_MAX, searches::compare);
        get("/models/{model}/count", lists::count);
        post("/models/{model}/urls", SMALL_BYTES_MAX, lists::urls);
        get("/models/{model}/entry", lists::entry);
        post("/models/{model}/entry", SMALL_BYTES_MAX, lists::entryOfBody);
        post("/models/{model}/dump", SMALL_BYTES_MAX, dump::page);
        get("/models/{model}/dump", dump::all);
        post("/models/{model}/restore", RESTORE_BYTES_MAX, restore::restore);
        post("/models/{model}/remove", SMALL_BYTES_MAX, additions::remove);
        routes.addAll(new StoreRoutes(service, dump).routes());
        routes.addAll(new Documents(models).routes());
    }

    private void get(String path, Route.Handler handler) {
        routes.add(Route.get(path, Access.KEY, Answers.handling(handler)));
    }

    private void post(String path, long bodyBytesMax, Route.Handler handler) {
        routes.add(new Route(Route.Method.POST, path, Access.KEY, bodyBytesMax, Answers.handling(handler)));
    }

    public List<Route> routes() {
        return List.copyOf(routes);
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
