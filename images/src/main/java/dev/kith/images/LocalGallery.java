package dev.kith.images;

import dev.kith.service.Caller;
import dev.kith.service.CollectionRef;
import dev.kith.service.Command;
import dev.kith.service.Service;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Neighbours;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * The gallery of this process: in namespace {@value #NAMESPACE} a collection a model, keyed by the URL's bytes.
 *
 * <p>Vectors are kept as they come and compared by squared Euclidean distance, which is how the original makes its
 * similarity: of unit vectors it is a hundred times the cosine. The metadata stands in one field of the payload, so
 * that none, an empty object and any other come back as they were.
 */
public final class LocalGallery implements Gallery {
    /** Where the collections are. */
    public static final String NAMESPACE = "idios";

    /** A collection of so many images gets a graph with its next search; a scan of fewer takes a few milliseconds. */
    static final int GRAPH_FROM = 10_000;

    private static final Logger LOG = System.getLogger(LocalGallery.class.getName());
    private static final String METADATA = "metadata";
    private static final double SIMILARITY_MAX = 100;

    private final Service service;

    public LocalGallery(Service service) {
        this.service = service;
    }

    @Override
    public boolean[] store(Caller caller, ImageModel model, List<Images.Entry> entries, boolean replace) {
        if (entries.isEmpty()) {
            return new boolean[0];
        }
        float[] values = new float[Math.multiplyExact(entries.size(), model.dimension())];
        int at = 0;
        for (Images.Entry entry : entries) {
            model.requireLength(entry.url(), entry.vector());
            System.arraycopy(entry.vector(), 0, values, at, model.dimension());
            at += model.dimension();
        }
        Put put = Put.withKeys(
                        new VectorBlock.Floats(values, entries.size(), model.dimension()),
                        entries.stream().map(entry -> Put.Key.of(entry.url())).toList(),
                        entries.stream().map(entry -> payload(entry.metadata())).toList())
                .with(replace ? Put.Known.REPLACE : Put.Known.KEEP);
        Command.Store command = new Command.Store(ref(model), put);
        try {
            return service.handle(caller, command).existed();
        } catch (Rejection missing) {
            if (missing.code() != Rejection.Code.NOT_FOUND) {
                throw missing;
            }
        }
        create(caller, model);
        return service.handle(caller, command).existed();
    }

    private void create(Caller caller, ImageModel model) {
        var spec =
                CollectionSpec.of(ElementType.FLOAT32, model.dimension(), KeyPolicy.BYTES, IndexSpec.flat(Metric.L2));
        try {
            service.handle(caller, new Command.Create(ref(model), spec));
        } catch (Rejection taken) {
            // Another request was first, which is just as well.
            if (taken.code() != Rejection.Code.ALREADY_EXISTS) {
                throw taken;
            }
        }
    }

    @Override
    public List<Images.Entry> get(Caller caller, ImageModel model, List<String> urls) {
        List<Put.Key> keys = urls.stream().map(Put.Key::of).toList();
        return ifThere(
                () -> entries(service.handle(caller, new Command.GetByKeys(ref(model), keys)), model), List.of());
    }

    @Override
    public List<Images.Match> nearest(Caller caller, ImageModel model, float[] vector, int limit) {
        requireLimit(limit);
        model.requireLength("the query", vector);
        VectorBlock block = new VectorBlock.Floats(vector, 1, model.dimension());
        Query nearest = limit > Limits.K_MAX
                ? new Query(
                        block, Optional.empty(), new Query.Reach.Nearest(limit, 0, true), dev.kith.vectors.Filter.ALL)
                : Query.nearest(block, limit);
        return ifThere(
                () -> {
                    Neighbours found = service.handle(caller, new Command.FindNeighbours(ref(model), nearest))
                            .getFirst();
                    if (found.points().total() >= GRAPH_FROM) {
                        growGraph(caller, model);
                    }
                    return matches(found);
                },
                List.of());
    }

    /**
     * Has a graph grown over the collection, in the background, if there is none. It begins with a search and not with
     * the first image, since writers are held back while a graph lags behind, and a restore is done before anybody
     * searches.
     */
    private void growGraph(Caller caller, ImageModel model) {
        boolean scanned = service.handle(caller, new Command.Find(ref(model)))
                .filter(info -> info.spec().index().kind() == IndexSpec.Kind.FLAT)
                .isPresent();
        if (scanned) {
            IndexSpec graph = new IndexSpec(IndexSpec.Kind.HNSW, Metric.L2, "", new TreeMap<>(Map.of()));
            try {
                var _ = service.handle(caller, new Command.Alter(ref(model), spec -> spec.withIndex(graph)));
            } catch (Rejection refused) {
                // A collection that is damaged, and so read-only, or has no room for a graph can be searched without.
                LOG.log(Level.DEBUG, "Model {0} gets no graph: {1}", model.name(), refused.text());
            }
        }
    }

    private static List<Images.Match> matches(Neighbours found) {
        Points points = found.points();
        return view(
                points.ids().length,
                at -> new Images.Match(
                        points.keys().get(at).text(), metadata(points.payloads().get(at)), similarity(-(double)
                                found.scores()[at])));
    }

    /** The similarity of two vectors from their squared distance: 100 for none, 0 for 2 and all beyond. */
    static double similarity(double squaredDistance) {
        return Math.clamp(SIMILARITY_MAX * (1 - squaredDistance / 2), 0, SIMILARITY_MAX);
    }

    @Override
    public List<String> urls(Caller caller, ImageModel model, Page page) {
        requireLimit(page.limit());
        var command = new Command.ListKeys(ref(model), after(page), page.limit());
        return ifThere(
                () -> service.handle(caller, command).stream()
                        .map(Put.Key::text)
                        .toList(),
                List.of());
    }

    @Override
    public List<Images.Entry> entries(Caller caller, ImageModel model, Page page) {
        requireLimit(page.limit());
        var command = new Command.ScanByKey(ref(model), after(page), page.limit());
        return ifThere(() -> entries(service.handle(caller, command), model), List.of());
    }

    private static Optional<Put.Key> after(Page page) {
        return page.cursor().isEmpty() ? Optional.empty() : Optional.of(Put.Key.of(page.cursor()));
    }

    private static void requireLimit(int limit) {
        if (limit < 1 || limit > LIMIT_MAX) {
            throw Rejection.invalid("A limit is 1 to %d, not %d".formatted(LIMIT_MAX, limit));
        }
    }

    @Override
    public long count(Caller caller, ImageModel model) {
        return service.handle(caller, new Command.Find(ref(model)))
                .map(CollectionInfo::points)
                .orElse(0L);
    }

    @Override
    public void remove(Caller caller, ImageModel model, List<String> urls) {
        var selection = new Selection.Keys(urls.stream().map(Put.Key::of).toList());
        var _ = ifThere(() -> service.handle(caller, new Command.Delete(ref(model), selection)), 0L);
    }

    private static CollectionRef ref(ImageModel model) {
        return new CollectionRef(NAMESPACE, model.name());
    }

    private static <T> T ifThere(Supplier<T> call, T otherwise) {
        try {
            return call.get();
        } catch (Rejection missing) {
            if (missing.code() != Rejection.Code.NOT_FOUND) {
                throw missing;
            }
            return otherwise;
        }
    }

    private static Value.Fields payload(Optional<Value.Fields> metadata) {
        return metadata.map(fields -> new Value.Fields(Map.of(METADATA, fields)))
                .orElse(Value.Fields.EMPTY);
    }

    private static Optional<Value.Fields> metadata(Value.Fields payload) {
        return payload.values().get(METADATA) instanceof Value.Fields fields ? Optional.of(fields) : Optional.empty();
    }

    private static List<Images.Entry> entries(Points points, ImageModel model) {
        if (!(points.vectors() instanceof VectorBlock.Floats(float[] values, int _, int dimension))) {
            throw Rejection.invalid("The collection of model %s has no vectors of numbers".formatted(model.name()));
        }
        return view(
                points.ids().length,
                at -> new Images.Entry(
                        points.keys().get(at).text(),
                        metadata(points.payloads().get(at)),
                        Arrays.copyOfRange(values, at * dimension, (at + 1) * dimension)));
    }

    /** Makes each element when it is asked for: payloads that are decoded may together be larger than the memory. */
    private static <T> List<T> view(int size, IntFunction<T> element) {
        return new AbstractList<>() {
            @Override
            public T get(int index) {
                return element.apply(index);
            }

            @Override
            public int size() {
                return size;
            }
        };
    }
}
