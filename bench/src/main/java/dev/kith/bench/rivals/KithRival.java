package dev.kith.bench.rivals;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Kith's engine in memory, through its façade: one collection with an HNSW index, one query a call. */
final class KithRival implements Rival {
    private static final CollectionName NAME = new CollectionName("default", "bench", "graph");
    /** Of all rows; the largest set has 188 MB. */
    private static final long MEMORY_BYTES = 4L << 30;

    private static final int BATCH_ROWS = 1_000;
    /** No index of a bench takes longer. */
    private static final long CATCH_UP_SECONDS = 1_800;

    /** A second until nothing more is expected, and the pruning of the largest graph. */
    private static final long SEAL_SECONDS = 120;

    /** Of the two graphs that are compared after half was deleted. */
    private static final int TURNS = 3;

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private @Nullable Engine engine;
    private @Nullable FloatFile rows;
    private @Nullable Plan plan;
    /** When the graph had reached every row. */
    private long grownBytes;

    @Override
    public String about() {
        return "this checkout";
    }

    @Override
    public void build(FloatFile file, Plan wanted) {
        begin(file, wanted);
        fill(0, wanted.rows());
        awaitIndex();
    }

    /** Makes an empty collection in a new engine. */
    private void begin(FloatFile file, Plan wanted) {
        close();
        rows = file;
        plan = wanted;
        Map<String, Long> parameters =
                Map.of("m", (long) wanted.m(), "ef_construction", (long) wanted.efConstruction());
        IndexSpec index = new IndexSpec(IndexSpec.Kind.HNSW, file.metric(), "", new TreeMap<>(parameters));
        engine = Engine.open(EngineOptions.inMemory(MEMORY_BYTES, wanted.threads()));
        engine.create(NAME, CollectionSpec.of(ElementType.FLOAT32, file.dimension(), KeyPolicy.NONE, index));
    }

    private void fill(int from, int to) {
        FloatFile file = Objects.requireNonNull(rows);
        for (int first = from; first < to; first += BATCH_ROWS) {
            int count = Math.min(BATCH_ROWS, to - first);
            VectorBlock.Floats block = new VectorBlock.Floats(file.read(first, count), count, file.dimension());
            opened().put(NAME, Put.append(block));
        }
    }

    private Engine opened() {
        return Objects.requireNonNull(engine, "nothing was built");
    }

    private CollectionInfo info() {
        return opened().find(NAME).orElseThrow();
    }

    private void awaitIndex() {
        await("the index is still behind", CATCH_UP_SECONDS, info -> info.tailRows() == 0);
        grownBytes = info().memoryBytes();
    }

    /** A graph that is sealed keeps no distances, and takes less for that. */
    @Override
    public void settle() {
        await("the graph is not sealed", SEAL_SECONDS, info -> info.memoryBytes() < grownBytes);
    }

    private void await(String missing, long seconds, Predicate<CollectionInfo> reached) {
        long ends = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (CollectionInfo now = info(); !reached.test(now); now = info()) {
            if (System.nanoTime() > ends) {
                throw new IllegalStateException(missing + ": " + now);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    @Override
    public long bytes() {
        return info().memoryBytes();
    }

    @Override
    public Searcher searcher() {
        Engine own = opened();
        return (query, ef, k) -> {
            VectorBlock.Floats block = new VectorBlock.Floats(query, 1, query.length);
            Hits hits =
                    own.search(NAME, Query.nearest(block, k).withEfSearch(ef)).getFirst();
            long[] ids = Arrays.copyOf(hits.ids(), k);
            Arrays.fill(ids, hits.count(), k, -1);
            return ids;
        };
    }

    /**
     * Searches on this thread over the first half of the rows with nothing else running, and then while another thread
     * puts the second half and until the index has reached all of it. Afterwards everything is as after the build.
     */
    Map<String, Object> searchWhileBuilding(Trial.Ask ask, float[][] queries) {
        int all = Objects.requireNonNull(plan).rows();
        begin(Objects.requireNonNull(rows), Objects.requireNonNull(plan));
        fill(0, all / 2);
        awaitIndex();
        Searcher searcher = searcher();
        Latencies idle = new Latencies();
        ask.part(0, 1).forEach(i -> idle.time(() -> searcher.search(queries[i], ask.ef(), ask.k())));
        Latencies busy = new Latencies();
        Thread writer = Thread.ofPlatform().daemon().name("rival-writer").start(() -> fill(all / 2, all));
        long ends = System.nanoTime() + TimeUnit.SECONDS.toNanos(CATCH_UP_SECONDS);
        for (int turn = 0; writer.isAlive() || info().tailRows() > 0; turn++) {
            float[] query = queries[ask.first() + turn % ask.count()];
            busy.time(() -> searcher.search(query, ask.ef(), ask.k()));
            if (System.nanoTime() > ends) {
                throw new IllegalStateException("the index is still behind: " + info());
            }
        }
        if (info().points() != all) {
            throw new IllegalStateException("the writer stopped at " + info().points() + " of " + all + " rows");
        }
        return Map.of(
                "idle50", idle.micros(0.5),
                "idle99", idle.micros(0.99),
                "busy50", busy.micros(0.5),
                "busy99", busy.micros(0.99),
                "count", busy.count());
    }

    /**
     * Searches on this thread while the first half of the rows is deleted and until nothing is left of it; then by
     * turns in that graph and in one that had the second half only, with each of {@code efs}. Afterwards the graph has
     * the second half.
     */
    Map<String, Object> searchWithoutHalf(Trial.Ask ask, float[][] queries, int[] efs) {
        int half = Objects.requireNonNull(plan).rows() / 2;
        Searcher searcher = searcher();
        Latencies idle = new Latencies();
        ask.part(0, 1).forEach(i -> idle.time(() -> searcher.search(queries[i], ask.ef(), ask.k())));
        Latencies busy = new Latencies();
        long begun = System.nanoTime();
        opened().delete(NAME, new Selection.Ids(LongStream.range(0, half).toArray()));
        long ends = System.nanoTime() + TimeUnit.SECONDS.toNanos(CATCH_UP_SECONDS);
        for (int turn = 0; opened().stats().upkeep().garbageRows() > 0; turn++) {
            float[] query = queries[ask.first() + turn % ask.count()];
            busy.time(() -> searcher.search(query, ask.ef(), ask.k()));
            if (System.nanoTime() > ends) {
                throw new IllegalStateException("the deleted rows are still there: " + info());
            }
        }
        Map<String, Object> reply = new HashMap<>(Map.of(
                "seconds", (System.nanoTime() - begun) / 1e9,
                "idle50", idle.micros(0.5),
                "idle99", idle.micros(0.99),
                "busy50", busy.micros(0.5),
                "busy99", busy.micros(0.99)));
        try (KithRival fresh = new KithRival()) {
            fresh.begin(Objects.requireNonNull(rows), Objects.requireNonNull(plan));
            fresh.fill(half, 2 * half);
            fresh.awaitIndex();
            fresh.settle();
            for (int ef : efs) {
                reply.putAll(beside(fresh, new Trial.Ask(ef, ask.first(), ask.count(), ask.k()), queries));
            }
        }
        return reply;
    }

    /** Queries a second and recall, by turns with another one. */
    private Map<String, Object> beside(KithRival fresh, Trial.Ask ask, float[][] queries) {
        double mended = 0;
        double anew = 0;
        for (int turn = 0; turn < TURNS; turn++) {
            mended += seconds(searcher(), ask, queries);
            anew += seconds(fresh.searcher(), ask, queries);
        }
        return Map.of(
                "mended-" + ask.ef(),
                TURNS * ask.count() / mended,
                "fresh-" + ask.ef(),
                TURNS * ask.count() / anew,
                "mended_recall-" + ask.ef(),
                recall(ask, queries),
                "fresh_recall-" + ask.ef(),
                fresh.recall(ask, queries));
    }

    private static double seconds(Searcher searcher, Trial.Ask ask, float[][] queries) {
        long started = System.nanoTime();
        ask.part(0, 1).forEach(i -> searcher.search(queries[i], ask.ef(), ask.k()));
        return (System.nanoTime() - started) / 1e9;
    }

    /** The share of what an exact search over the same rows finds. */
    private double recall(Trial.Ask ask, float[][] queries) {
        long shared = 0;
        for (int i = ask.first(); i < ask.first() + ask.count(); i++) {
            VectorBlock.Floats block = new VectorBlock.Floats(queries[i], 1, queries[i].length);
            Query query = Query.nearest(block, ask.k()).withEfSearch(ask.ef());
            Set<Long> right = new HashSet<>();
            LongStream.of(opened().search(NAME, query.exactly()).getFirst().ids())
                    .forEach(right::add);
            shared += LongStream.of(opened().search(NAME, query).getFirst().ids())
                    .filter(right::contains)
                    .count();
        }
        return shared / (double) ((long) ask.count() * ask.k());
    }

    @Override
    public void close() {
        if (engine != null) {
            engine.close();
            engine = null;
        }
    }
}
