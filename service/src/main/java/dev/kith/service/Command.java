package dev.kith.service;

import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.Preparation;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Neighbours;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Revision;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Everything that a client may ask, whatever door it came through.
 *
 * @param <R> what is answered
 */
public sealed interface Command<R> {

    record Create(CollectionRef collection, CollectionSpec spec) implements Command<CollectionInfo> {}

    record Find(CollectionRef collection) implements Command<Optional<CollectionInfo>> {}

    /** The caller's collections in one namespace, by name. */
    record ListCollections(String namespace) implements Command<List<CollectionInfo>> {}

    /** The caller's collections in all namespaces, by namespace and name. */
    record ListAll() implements Command<List<CollectionInfo>> {}

    /** Changes index or attributes; {@code change} must not block. */
    record Alter(CollectionRef collection, UnaryOperator<CollectionSpec> change) implements Command<CollectionInfo> {}

    record Drop(CollectionRef collection) implements Command<CollectionInfo> {}

    record Store(CollectionRef collection, Put put) implements Command<Put.Result> {}

    /** Answers how many points the revision's filter accepts; nothing was changed unless that is 1. */
    record Revise(CollectionRef collection, Revision revision) implements Command<Long> {}

    /** Answers how many points were removed. */
    record Delete(CollectionRef collection, Selection selection) implements Command<Long> {}

    record Reset(CollectionRef collection) implements Command<CollectionInfo> {}

    /** Answers the points added from each source. */
    record Merge(CollectionRef target, List<CollectionRef> sources, boolean keepIds) implements Command<long[]> {}

    record Search(CollectionRef collection, Query query) implements Command<List<Hits>> {}

    /** A search whose results come with their points. */
    record FindNeighbours(CollectionRef collection, Query query) implements Command<List<Neighbours>> {}

    record Get(CollectionRef collection, long[] ids) implements Command<Points> {}

    record GetByKeys(CollectionRef collection, List<Put.Key> keys) implements Command<Points> {}

    /** Of a collection keyed by vectors: those that are there. */
    record GetByVectors(CollectionRef collection, VectorBlock vectors) implements Command<Points> {}

    /** Points that a filter accepts, in id order. */
    record Select(CollectionRef collection, Filter filter, long afterId, int limit) implements Command<Points> {}

    record Scan(CollectionRef collection, long start, int limit) implements Command<Points> {}

    /** Points known by byte keys, in the order of these, from behind a key or from the first on. */
    record ScanByKey(CollectionRef collection, Optional<Put.Key> after, int limit) implements Command<Points> {}

    /** The keys alone of what a {@link ScanByKey} answers. */
    record ListKeys(CollectionRef collection, Optional<Put.Key> after, int limit) implements Command<List<Put.Key>> {}

    /** All models with a descriptor, installed or not, by name. */
    record ListModels() implements Command<List<ModelInfo>> {}

    /** The model of this name or alias, in any case of letters. */
    record FindModel(String name) implements Command<Optional<ModelInfo>> {}

    /** What a model makes of inputs: for each, in order, its vectors; throws as {@code Embedder.embed} does. */
    record Embed(String model, List<Input> inputs, Preparation preparation) implements Command<List<List<Embedding>>> {}

    /** Lloyd's k-means over vectors that are not stored. */
    record Cluster(VectorBlock.Floats vectors, Clustering clustering) implements Command<Clusters> {}

    /**
     * Learns what the collection's pre-transform needs from samples, and notes the training in the collection's
     * attributes. Without a transform only the note is made.
     */
    record Train(CollectionRef collection, VectorBlock samples) implements Command<CollectionInfo> {}

    /** Sends vectors through the collection's pre-transform; without one they come back as they are. */
    record Transform(CollectionRef collection, VectorBlock.Floats vectors) implements Command<VectorBlock.Floats> {}

    /**
     * How to cluster.
     *
     * @param count clusters, 1 to the number of vectors
     * @param iterations of Lloyd's algorithm, 1 to 1,000
     */
    record Clustering(int count, Metric metric, int iterations) {}

    /**
     * Clusters found.
     *
     * @param assignments {@code int[vectors]}, the cluster of each
     * @param sizes {@code int[clusters]}
     * @param objective sum of squared distances (L2) or of products (inner product) to the assigned centroids
     */
    record Clusters(VectorBlock.Floats centroids, int[] assignments, int[] sizes, double objective) {}
}
