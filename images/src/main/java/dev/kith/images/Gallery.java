package dev.kith.images;

import dev.kith.service.Caller;
import java.util.List;

/**
 * Images as they are kept: URLs, metadata and vectors, a collection a model. Nothing is fetched or embedded here. A
 * collection that nobody has stored into is empty. Safe on any thread; every call blocks until it is done, and throws
 * {@link dev.kith.vectors.Rejection} where it is refused.
 */
public interface Gallery {
    /** Entries of a page, matches of a search. */
    int LIMIT_MAX = 16_384;

    /**
     * Stores entries, all at once and durably. Each URL may come once.
     *
     * @param replace whether one that is there is replaced; if not, it is left as it is
     * @return {@code boolean[entries]}, whether each was there before
     */
    boolean[] store(Caller caller, ImageModel model, List<Images.Entry> entries, boolean replace);

    /** The entries of these URLs that are there, in this order. */
    List<Images.Entry> get(Caller caller, ImageModel model, List<String> urls);

    /**
     * The nearest to a vector, best first.
     *
     * @param limit 1 to {@link #LIMIT_MAX}
     */
    List<Images.Match> nearest(Caller caller, ImageModel model, float[] vector, int limit);

    /** URLs in the order of their bytes, those after {@code cursor}; at most {@code limit}. */
    List<String> urls(Caller caller, ImageModel model, Page page);

    /** The same with all that is stored. */
    List<Images.Entry> entries(Caller caller, ImageModel model, Page page);

    long count(Caller caller, ImageModel model);

    /** Removes entries; those that are not there are passed over. */
    void remove(Caller caller, ImageModel model, List<String> urls);

    /**
     * A part of a collection in the order of its URLs.
     *
     * @param cursor the URL after which it begins; empty: from the first
     * @param limit 1 to {@link #LIMIT_MAX}
     */
    record Page(String cursor, int limit) {}
}
