package dev.kith.images;

import dev.kith.fetch.Fetcher;
import dev.kith.service.Caller;
import dev.kith.service.Service;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Images that this process fetches and embeds. What needs no fetching waits for none: a search for what is stored takes
 * its vector from the gallery.
 */
public final class LocalImages implements Images {
    /** Images that insertions of many fetch and embed at once, of all clients together: half of what may be fetched. */
    private static final int BULK_MAX = 64;

    private final Gallery gallery;
    private final ImageModels models;
    private final Pictures pictures;
    private final Intake.Tools tools;

    /**
     * Images of a gallery; closes none of what it is given.
     *
     * @param gallery where they are kept: this process's, or another's
     * @param service whose models embed
     */
    public LocalImages(Gallery gallery, Service service, Fetcher fetcher) {
        this.gallery = gallery;
        this.models = new ImageModels(service);
        this.pictures = new Pictures(service, fetcher);
        this.tools = new Intake.Tools(gallery, pictures, new Semaphore(BULK_MAX, true));
    }

    @Override
    public List<String> models() {
        return models.names();
    }

    @Override
    public Outcome insert(Caller caller, String model, Insertion insertion) {
        return new Intake(tools, caller, models.require(model), insertion).run();
    }

    @Override
    public List<Match> searchByUrl(Caller caller, String model, String url, int limit) {
        ImageModel known = models.require(model);
        return gallery.nearest(
                caller, known, vectors(caller, known, List.of(url)).get(0), limit);
    }

    @Override
    public List<Match> searchByText(Caller caller, String model, String text, int limit) {
        ImageModel known = models.require(model);
        return gallery.nearest(caller, known, pictures.ofText(caller, known, text), limit);
    }

    @Override
    public List<Match> searchByImage(Caller caller, String model, byte[] image, int limit) {
        ImageModel known = models.require(model);
        return gallery.nearest(caller, known, pictures.ofFile(caller, known, image), limit);
    }

    @Override
    public double compare(Caller caller, String model, String url, String other) {
        List<float[]> both = vectors(caller, models.require(model), List.of(url, other));
        double distance = 0;
        for (int at = 0; at < both.get(0).length; at++) {
            double difference = (double) both.get(0)[at] - both.get(1)[at];
            distance += difference * difference;
        }
        return LocalGallery.similarity(distance);
    }

    /** The vectors of URLs: as they are stored, else made of what is fetched. */
    private List<float[]> vectors(Caller caller, ImageModel model, List<String> urls) {
        Map<String, float[]> known = new HashMap<>();
        gallery.get(caller, model, urls).forEach(entry -> known.put(entry.url(), entry.vector()));
        if (!known.keySet().containsAll(urls)) {
            // What is stored may be of another model that had this name: then nothing that is made now compares to it.
            known.forEach(model::requireLength);
        }
        return urls.stream()
                .map(url -> known.computeIfAbsent(url, missing -> pictures.ofUrl(caller, model, missing)))
                .toList();
    }

    @Override
    public List<String> urls(Caller caller, String model, String cursor, int limit) {
        return gallery.urls(caller, models.require(model), new Gallery.Page(cursor, limit));
    }

    @Override
    public List<Entry> entries(Caller caller, String model, String cursor, int limit) {
        return gallery.entries(caller, models.require(model), new Gallery.Page(cursor, limit));
    }

    @Override
    public Optional<Entry> entry(Caller caller, String model, String url) {
        return gallery.get(caller, models.require(model), List.of(url)).stream().findFirst();
    }

    @Override
    public long count(Caller caller, String model) {
        return gallery.count(caller, models.require(model));
    }

    @Override
    public void remove(Caller caller, String model, List<String> urls) {
        gallery.remove(caller, models.require(model), urls);
    }

    @Override
    public void ping() {
        // Whoever would do the work is the one who answers.
    }
}
