package dev.kith.doors.idios;

import dev.kith.doors.http.Answer;
import dev.kith.doors.http.HttpRefusal;
import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.http.Lease;
import dev.kith.doors.idios.Problem.Place;
import dev.kith.embed.ModelInfo;
import dev.kith.images.Images;
import dev.kith.images.WorkerFailure;
import dev.kith.service.Caller;
import dev.kith.service.Command;
import dev.kith.service.Service;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** What is there: models, counts, addresses, single entries. */
final class Lists {
    /** Addresses that are read at once. */
    private static final int PIECE = 1_024;
    /** Room that such an address takes until it is written: the longest that are usual. */
    private static final long ADDRESS_BYTES = 2_048;

    /** How long the list of models waits for counts. */
    private static final Duration COUNTS_MAX = Duration.ofSeconds(3);

    private static final Logger LOG = System.getLogger(Lists.class.getName());

    private final Images images;
    private final Models models;
    private final Service service;

    Lists(Images images, Models models, Service service) {
        this.images = images;
        this.models = models;
        this.service = service;
    }

    Answer ping(HttpRequest request) {
        Checks checks = new Checks();
        String asked = request.query().get("rpc");
        boolean through = asked != null && checks.truth(asked, Place.of("query").to("rpc"));
        checks.finish();
        if (through) {
            images.ping();
        }
        return Answers.json(new Value.Text("pong"));
    }

    /**
     * Every model with what is known of it; {@code count} is null where it cannot be had, or not soon: workers behind a
     * queue may be busy with something else.
     */
    Answer models(HttpRequest request) {
        List<Value> all = new ArrayList<>();
        List<String> names = models.names();
        Iterator<Value> counts = counts(request, names).iterator();
        for (String name : names) {
            Map<String, Value> fields = new LinkedHashMap<>();
            fields.put("name", new Value.Text(name));
            Optional<ModelInfo> info = service.handle(caller(request), new Command.FindModel(name));
            fields.put(
                    "model",
                    info.<Value>map(model -> new Value.Text(model.name())).orElse(Value.NULL));
            fields.put("kind", new Value.Text("image"));
            fields.put(
                    "dimension",
                    info.<Value>map(model -> new Value.Int(model.dimension())).orElse(Value.NULL));
            fields.put(
                    "installed", new Value.Bool(info.map(ModelInfo::installed).orElse(false)));
            fields.put("count", counts.next());
            all.add(new Value.Fields(fields));
        }
        return Answers.json(new Value.Items(all));
    }

    /** All at once, so that one that is late holds up no other. */
    private List<Value> counts(HttpRequest request, List<String> names) {
        try (ExecutorService counting = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("idios-count-", 0).factory())) {
            List<Callable<Value>> tasks = names.stream()
                    .<Callable<Value>>map(name -> () -> new Value.Int(images.count(caller(request), name)))
                    .toList();
            return counting.invokeAll(tasks, COUNTS_MAX.toMillis(), TimeUnit.MILLISECONDS).stream()
                    .map(Lists::count)
                    .toList();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new HttpRefusal(503, "The server stops");
        }
    }

    private static Value count(Future<Value> counted) {
        if (counted.state() == Future.State.SUCCESS) {
            return counted.resultNow();
        }
        boolean expected = counted.isCancelled()
                || counted.exceptionNow() instanceof Rejection
                || counted.exceptionNow() instanceof WorkerFailure;
        if (!expected) {
            LOG.log(Level.ERROR, "Images could not be counted", counted.exceptionNow());
        }
        return Value.NULL;
    }

    Answer count(HttpRequest request) {
        Checks checks = new Checks();
        String model = models.of(request, checks);
        checks.finish();
        return Answers.json(new Value.Int(images.count(caller(request), model)));
    }

    Answer urls(HttpRequest request) {
        Page page = Page.read(request, models);
        return urls(
                request,
                (cursor, count) -> images.urls(caller(request), page.model(), cursor, count),
                page.cursor(),
                page.limit());
    }

    /** Addresses after a cursor, at most so many. */
    interface Reader {
        List<String> read(String cursor, int count);
    }

    /** A list of addresses, which are read piece by piece, with the room that they take. */
    static Answer urls(HttpRequest request, Reader reader, String from, int limit) {
        Lease lease = request.payload().lease();
        lease.take(ADDRESS_BYTES * Math.min(PIECE, limit));
        JsonOut out = new JsonOut().raw('[');
        String cursor = from;
        int left = limit;
        while (left > 0) {
            int count = Math.min(PIECE, left);
            List<String> urls = reader.read(cursor, count);
            int before = out.size();
            for (int i = 0; i < urls.size(); i++) {
                out.comma(limit - left + i).text(urls.get(i));
            }
            lease.take((long) JsonOut.COPIES * (out.size() - before));
            left = urls.size() < count ? 0 : left - count;
            cursor = urls.isEmpty() ? cursor : urls.getLast();
        }
        return Answers.json(out.raw(']').bytes());
    }

    Answer entry(HttpRequest request) {
        Checks checks = new Checks();
        String model = models.of(request, checks);
        Place place = Place.of("query").to("url");
        String given = request.query().get("url");
        Optional<String> url = given == null ? Optional.empty() : checks.url(new Value.Text(given), place);
        if (given == null) {
            checks.note(Problem.missing(place));
        }
        checks.finish();
        return entry(request, model, url.orElseThrow());
    }

    /** The same for addresses that are too long for the line of a request, or have what no query may have. */
    Answer entryOfBody(HttpRequest request) {
        Optional<Value> body = JsonBody.read(request);
        Checks checks = new Checks();
        String model = models.of(request, checks);
        Optional<String> url = Additions.required(checks, body)
                .flatMap(fields -> checks.required(fields, "url", Place.BODY, checks::url));
        checks.finish();
        return entry(request, model, url.orElseThrow());
    }

    private Answer entry(HttpRequest request, String model, String url) {
        Optional<Images.Entry> entry = images.entry(caller(request), model, url);
        return entry.map(found -> Answers.json(Dump.write(new JsonOut(), found).bytes()))
                .orElseGet(() -> Answers.detail(404, "Not Found"));
    }

    static Caller caller(HttpRequest request) {
        return new Caller(request.tenant(), IdiosDoor.NAME);
    }
}
