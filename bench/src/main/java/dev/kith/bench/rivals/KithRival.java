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
import dev.kith.vectors.VectorBlock;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
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
        rows = file;
        plan = wanted;
        fill(0, wanted.rows());
        awaitIndex();
    }

    /** Puts rows; the first ones into a new collection of a new engine. */
    private void fill(int from, int to) {
        FloatFile file = Objects.requireNonNull(rows);
        if (from == 0) {
            close();
            Plan own = Objects.requireNonNull(plan);
            Map<String, Long> parameters = Map.of("m", (long) own.m(), "ef_construction", (long) own.efConstruction());
            IndexSpec index = new IndexSpec(IndexSpec.Kind.HNSW, file.metric(), "", new TreeMap<>(parameters));
            engine = Engine.open(EngineOptions.inMemory(MEMORY_BYTES, own.threads()));
            engine.create(NAME, CollectionSpec.of(ElementType.FLOAT32, file.dimension(), KeyPolicy.NONE, index));
        }
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

    @Override
    public void close() {
        if (engine != null) {
            engine.close();
            engine = null;
        }
    }
}
