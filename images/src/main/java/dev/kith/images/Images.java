package dev.kith.images;

import dev.kith.service.Caller;
import dev.kith.vectors.Value;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Images of a model's collection, known by their URLs. A model's collection comes into being with the first image that
 * is stored; until then it is empty. Safe on any thread; every call blocks until it is done.
 *
 * <p>Every call throws {@link dev.kith.vectors.Rejection}, {@link BadImage} where an image cannot be had or used, and
 * {@link WorkerFailure} where others do the work and fail.
 */
public interface Images {

    /** The models that a client may name: those that take images, by the names that it knows them by. */
    List<String> models();

    /**
     * Fetches, embeds and stores images; all are stored at once, durably, or, with {@link OnFailure#REPORT}, those that
     * could be had. A URL that comes twice counts once, with what comes last.
     */
    Outcome insert(Caller caller, String model, Insertion insertion);

    /** The nearest to the image at a URL: as it is stored, if it is, else fetched. Best first. */
    List<Match> searchByUrl(Caller caller, String model, String url, int limit);

    List<Match> searchByText(Caller caller, String model, String text, int limit);

    /** @param image a picture file as it was received */
    List<Match> searchByImage(Caller caller, String model, byte[] image, int limit);

    /** The similarity of two images, 0 to 100; stored vectors are used where they are there. */
    double compare(Caller caller, String model, String url, String other);

    /** URLs in the order of their bytes, those after {@code cursor}; at most {@code limit}. */
    List<String> urls(Caller caller, String model, String cursor, int limit);

    /** The same with all that is stored. */
    List<Entry> entries(Caller caller, String model, String cursor, int limit);

    Optional<Entry> entry(Caller caller, String model, String url);

    long count(Caller caller, String model);

    /** Removes images; those that are not there are passed over. */
    void remove(Caller caller, String model, List<String> urls);

    /** Returns when whoever does the work has answered. */
    void ping();

    /**
     * Images to store.
     *
     * @param replace whether an image that is there is replaced; if not, it is left as it is
     */
    record Insertion(List<Item> items, boolean replace, OnFailure onFailure) {
        public Insertion {
            items = List.copyOf(items);
        }

        /** The same of other images. */
        public Insertion with(List<Item> others) {
            return new Insertion(others, replace, onFailure);
        }
    }

    enum OnFailure {
        /** Nothing is stored, and the first failure is thrown. */
        THROW,
        /** What could be had is stored, and the failures are reported. */
        REPORT
    }

    /** An image, its metadata, and how its vector is had. */
    record Item(String url, Optional<Value.Fields> metadata, Content content) {}

    sealed interface Content {
        /** It is fetched from its URL. */
        record AtUrl() implements Content {}

        /** A picture file as it was received. */
        record File(byte[] bytes) implements Content {}

        /** The vector itself: {@code float[dimension]}, taken as it is. */
        record Vector(float[] vector) implements Content {}
    }

    /** What became of an insertion: URLs stored, URLs that were there already and were left, and failures. */
    record Outcome(List<String> added, List<String> found, List<Failure> failed) {
        /** What became of this and of another. */
        public Outcome and(Outcome other) {
            return new Outcome(joined(added, other.added), joined(found, other.found), joined(failed, other.failed));
        }

        private static <T> List<T> joined(List<T> some, List<T> others) {
            return Stream.concat(some.stream(), others.stream()).toList();
        }
    }

    record Failure(String url, String error) {}

    /** @param similarity 0 to 100, greater is closer */
    record Match(String url, Optional<Value.Fields> metadata, double similarity) {}

    record Entry(String url, Optional<Value.Fields> metadata, float[] vector) {}
}
