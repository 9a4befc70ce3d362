package dev.kith.doors.idios;

import dev.kith.images.BadImage;
import dev.kith.images.Images;
import dev.kith.service.Caller;
import dev.kith.vectors.Rejection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Images in a map, whose vectors come from their addresses: what the door is asked for without models and downloads. A
 * path that begins with {@code /bad} is no image, {@code /busy} is too much, {@code /broken} is our own fault.
 */
final class MemoryImages implements Images {
    static final int DIMENSION = 4;
    private static final String MODEL = "shipped";

    private final Map<String, TreeMap<String, Entry>> collections = new ConcurrentHashMap<>();
    /** How many entries were asked for each time. */
    final List<Integer> asked = new ArrayList<>();

    @Override
    public List<String> models() {
        return List.of(MODEL);
    }

    private TreeMap<String, Entry> of(Caller caller, String model) {
        return collections.computeIfAbsent(caller.tenant() + "/" + model, _ -> new TreeMap<>());
    }

    private static void requireModel(String model) {
        if (!model.equals(MODEL)) {
            throw new Rejection(
                    Rejection.Code.UNAVAILABLE,
                    "model %s is not installed; run: kith models pull %s".formatted(model, model));
        }
    }

    private static float[] vector(String seed) {
        if (seed.contains("/bad")) {
            throw new BadImage("Images must have their dimensions above 150 x 150 pixels");
        }
        if (seed.contains("/busy")) {
            throw new Rejection(Rejection.Code.EXHAUSTED, "Too much is waiting");
        }
        if (seed.contains("/broken")) {
            throw new IllegalStateException("on purpose");
        }
        float[] vector = new float[DIMENSION];
        int hash = seed.hashCode();
        double sum = 0;
        for (int i = 0; i < DIMENSION; i++) {
            vector[i] = ((hash >> (8 * i)) & 0xff) - 127.5f;
            sum += vector[i] * vector[i];
        }
        for (int i = 0; i < DIMENSION; i++) {
            vector[i] /= (float) Math.sqrt(sum);
        }
        return vector;
    }

    @Override
    public synchronized Outcome insert(Caller caller, String model, Insertion insertion) {
        requireModel(model);
        TreeMap<String, Entry> now = of(caller, model);
        Map<String, Entry> next = new TreeMap<>();
        List<String> added = new ArrayList<>();
        List<String> found = new ArrayList<>();
        List<Failure> failed = new ArrayList<>();
        for (Item item : insertion.items()) {
            if (!insertion.replace() && now.containsKey(item.url())) {
                found.add(item.url());
                continue;
            }
            try {
                float[] vector = switch (item.content()) {
                    case Content.AtUrl _ -> vector(item.url());
                    case Content.File(byte[] bytes) -> vector(new String(bytes, StandardCharsets.ISO_8859_1));
                    case Content.Vector(float[] given) -> given;
                };
                if (vector.length != DIMENSION) {
                    throw Rejection.invalid("Vector has dimension %d, not %d".formatted(vector.length, DIMENSION));
                }
                next.put(item.url(), new Entry(item.url(), item.metadata(), vector));
                added.add(item.url());
            } catch (BadImage bad) {
                if (insertion.onFailure() == OnFailure.THROW) {
                    throw bad;
                }
                failed.add(new Failure(item.url(), bad.text()));
            }
        }
        now.putAll(next);
        return new Outcome(added, found, failed);
    }

    private synchronized List<Match> nearest(Caller caller, String model, float[] vector, int limit) {
        requireModel(model);
        List<Match> matches = new ArrayList<>();
        for (Entry entry : of(caller, model).values()) {
            matches.add(new Match(entry.url(), entry.metadata(), similarity(vector, entry.vector())));
        }
        matches.sort(Collections.reverseOrder(java.util.Comparator.comparingDouble(Match::similarity)));
        return matches.subList(0, Math.min(limit, matches.size()));
    }

    /** Not clamped, so that it leaves the range on both sides. */
    private static double similarity(float[] a, float[] b) {
        double product = 0;
        for (int i = 0; i < DIMENSION; i++) {
            product += (double) a[i] * b[i];
        }
        return 100.0001 * product;
    }

    @Override
    public List<Match> searchByUrl(Caller caller, String model, String url, int limit) {
        return nearest(caller, model, vector(url), limit);
    }

    @Override
    public List<Match> searchByText(Caller caller, String model, String text, int limit) {
        return nearest(caller, model, vector(text), limit);
    }

    @Override
    public List<Match> searchByImage(Caller caller, String model, byte[] image, int limit) {
        return nearest(caller, model, vector(new String(image, StandardCharsets.ISO_8859_1)), limit);
    }

    @Override
    public double compare(Caller caller, String model, String url, String other) {
        requireModel(model);
        return similarity(vector(url), vector(other));
    }

    @Override
    public synchronized List<String> urls(Caller caller, String model, String cursor, int limit) {
        return entries(caller, model, cursor, limit).stream().map(Entry::url).toList();
    }

    @Override
    public synchronized List<Entry> entries(Caller caller, String model, String cursor, int limit) {
        asked.add(limit);
        return of(caller, model).tailMap(cursor, false).values().stream()
                .limit(limit)
                .toList();
    }

    @Override
    public synchronized Optional<Entry> entry(Caller caller, String model, String url) {
        return Optional.ofNullable(of(caller, model).get(url));
    }

    @Override
    public synchronized long count(Caller caller, String model) {
        return of(caller, model).size();
    }

    @Override
    public synchronized void remove(Caller caller, String model, List<String> urls) {
        of(caller, model).keySet().removeAll(urls);
    }

    @Override
    public void ping() {}
}
