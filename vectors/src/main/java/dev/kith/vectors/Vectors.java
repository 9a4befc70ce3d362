package dev.kith.vectors;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A store of collections of vectors. Every call is safe on any thread, sees the collection at one moment, and throws
 * {@link Rejection} when it refuses; a refused call changes nothing. A call that changes something returns only when
 * the change is as durable as the collection promises and visible to every later call.
 */
public interface Vectors extends AutoCloseable {

    /** Makes an empty collection; ALREADY_EXISTS where the name is taken. */
    CollectionInfo create(CollectionName name, CollectionSpec spec);

    /** The collection of that name; one that cannot be opened is there and {@linkplain CollectionInfo says so}. */
    Optional<CollectionInfo> find(CollectionName name);

    /** The collections of one tenant, in all its namespaces, by namespace and name; likewise. */
    List<CollectionInfo> list(String tenant);

    /** Changes index and attributes of a collection: {@code change} sees the present ones; nothing else may differ. */
    CollectionInfo alter(Target target, UnaryOperator<CollectionSpec> change);

    /** Ends a collection. Its name is free at once; searches that run keep what they see. */
    void drop(Target target);

    Put.Result put(Target target, Put put);

    /**
     * Changes the point that a filter accepts, if it accepts exactly one; CONFLICT where keys are vectors and another
     * point has the new one.
     *
     * @return how many points the filter accepts; nothing was changed unless that is 1
     */
    long revise(Target target, Revision revision);

    /** Removes points; returns how many were there. Ids are not given again by the counter. */
    long delete(Target target, Selection selection);

    /** Removes all points and starts a new epoch: the counter gives ids from 0 again. */
    void reset(Target target);

    /**
     * Copies the points of {@code sources}, as they are now, into {@code target}, all or none. Element type and
     * dimension must agree. A source may be the target itself.
     *
     * @param keepIds points keep their ids (and replace those of the target that have them); otherwise the target's
     *     counter gives new ones, in id order of each source
     * @return points added from each source, in the order of {@code sources}
     */
    long[] merge(Target target, List<? extends Target> sources, boolean keepIds);

    /** One result a query vector, in their order. */
    List<Hits> search(Target target, Query query);

    /** The same, each result with its points, all as they were at the moment of the search. */
    List<Neighbours> neighbours(Target target, Query query);

    /** The points with these ids, in this order; NOT_FOUND names the first that is not there. */
    Points get(Target target, long[] ids);

    /** The points with these keys that are there, in this order. */
    Points getByKeys(Target target, List<Put.Key> keys);

    /** The points with these vectors, bit for bit, that are there, in this order; of a collection keyed by them. */
    Points getByVectors(Target target, VectorBlock vectors);

    /** Points that the filter accepts, in id order: at most {@code limit} with ids greater than {@code afterId}. */
    Points select(Target target, Filter filter, long afterId, int limit);

    /** Live points in id order: at most {@code limit}, from the {@code start}-th (from 0) on. */
    Points scan(Target target, long start, int limit);

    /**
     * Points known by byte keys, in the order of these as unsigned bytes: at most {@code limit} with keys after
     * {@code after}, or from the first key on. A page costs what is in it, however large the collection; CONFLICT where
     * keys are none or vectors.
     */
    Points scanByKey(Target target, Optional<Put.Key> after, int limit);

    /** The keys alone of what {@link #scanByKey} answers. */
    List<Put.Key> keys(Target target, Optional<Put.Key> after, int limit);

    /** Forces what is not yet forced and lets go of files and memory. */
    @Override
    void close();
}
