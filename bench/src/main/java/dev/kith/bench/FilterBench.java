package dev.kith.bench;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.storage.FileDirectory;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleSupplier;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Searches with filters, in this process: WordNet glosses of 384 dimensions with five payload fields in a durable
 * engine. Filters of several selectivities are compared with the unfiltered graph and with an exact scan of a
 * collection that has the matching rows alone; and of a million points, a range with an equality.
 */
final class FilterBench {
    private static final CollectionName ALL = new CollectionName("default", "bench", "all");
    private static final int ROWS = 100_000;
    private static final int BATCH_ROWS = 1_000;
    private static final int K = 10;
    private static final long MEMORY_BYTES = 8L << 30;
    private static final long GROW_SECONDS = 1_800;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final double[] PERCENTS = {0.01, 0.1, 1, 10, 50, 100};

    private static final int MILLION = 1_000_000;
    /** So few that the filter is felt beside the scan of what matches. */
    private static final int NARROW = 16;

    private static final FieldPath RANK = FieldPath.of("rank");
    private static final FieldPath KIND = FieldPath.of("kind");

    private final GraphSet.Sources sources;
    private final Report report;
    private final Effort effort;

    /**
     * How long to measure.
     *
     * @param rounds of each comparison
     * @param queries of a round, one at a time
     */
    record Effort(int rounds, int queries) {
        static final Effort FULL = new Effort(7, 1_000);
        static final Effort QUICK = new Effort(3, 300);
    }

    FilterBench(GraphSet.Sources sources, Effort effort) {
        this.sources = sources;
        this.report = sources.report();
        this.effort = effort;
    }

    void run() {
        GraphSet.prepare("wordnet", ROWS, sources).ifPresent(this::selectivities);
        rangeBesideEquality();
    }

    private void selectivities(GraphSet set) {
        report.heading("filtered search, %s: %,d rows of %d, %s, k=%d, five payload fields, one thread"
                .formatted(set.name(), set.rows(), set.dimension(), set.metric(), K));
        Path folder = sources.place().folder("filter");
        try (Engine engine = Engine.open(EngineOptions.durable(FileDirectory.open(folder), MEMORY_BYTES, 2))) {
            int[] ranks = shuffled(set.rows());
            put(engine, set, ranks);
            awaitGraph(engine);
            List<VectorBlock> queries = queries(set);
            Lane unfiltered = new Lane(engine, ALL, queries, _ -> Filter.ALL);
            unfiltered.perSecond();
            double recall = unfiltered.recall();
            report.line("unfiltered graph: recall@%d %.4f", K, recall);
            for (double percent : PERCENTS) {
                measure(percent, unfiltered, recall, new Alone(set, ranks));
            }
        }
        sources.place().delete(folder);
    }

    private static int[] shuffled(int count) {
        int[] all = IntStream.range(0, count).toArray();
        Random random = new Random(Dataset.SEED);
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = all[i];
            all[i] = all[j];
            all[j] = swapped;
        }
        return all;
    }

    private void put(Engine engine, GraphSet set, int[] ranks) {
        IndexSpec index = new IndexSpec(
                IndexSpec.Kind.HNSW, set.metric(), "", new TreeMap<>(Map.of("m", 16L, "ef_construction", 200L)));
        TreeSet<FieldPath> fields = new TreeSet<>(Stream.of("rank", "kind", "bucket", "price", "name")
                .map(FieldPath::of)
                .toList());
        engine.create(
                ALL,
                CollectionSpec.of(ElementType.FLOAT32, set.dimension(), KeyPolicy.NONE, index)
                        .withPayloadIndexes(fields));
        Dataset rows = new Dataset(set.rowsFile(), set.rows(), set.dimension(), set.metric());
        List<Put> puts = new ArrayList<>();
        for (int first = 0; first < set.rows(); first += BATCH_ROWS) {
            int count = Math.min(BATCH_ROWS, set.rows() - first);
            int from = first;
            List<Value.Fields> payloads = IntStream.range(0, count)
                    .mapToObj(i -> payload(from + i, ranks[from + i]))
                    .toList();
            puts.add(new Put(
                    rows.read(first, count),
                    Optional.empty(),
                    List.of(),
                    payloads,
                    Put.Known.REPLACE,
                    Optional.empty()));
        }
        long started = System.nanoTime();
        puts.forEach(each -> engine.put(ALL, each));
        double perSecond = set.rows() * 1e9 / (System.nanoTime() - started);
        report.line("durable puts of %,d: %,.0f entries/s (aim 30,000)", BATCH_ROWS, perSecond);
        report.ratio("put-entries-per-second", perSecond);
    }

    /** Five fields: a number of its own, a text of ten, a number of a hundred, a float, a text of its own. */
    private static Value.Fields payload(int row, int rank) {
        Map<String, Value> fields = new LinkedHashMap<>();
        fields.put("kind", new Value.Text("kind-" + rank % 10));
        fields.put("bucket", new Value.Int(rank % 100));
        fields.put("name", new Value.Text("entry " + row));
        fields.put("price", new Value.Real(rank / 7.0));
        fields.put("rank", new Value.Int(rank));
        return new Value.Fields(fields);
    }

    private static void awaitGraph(Engine engine) {
        long ends = System.nanoTime() + TimeUnit.SECONDS.toNanos(GROW_SECONDS);
        while (engine.find(ALL).orElseThrow().tailRows() > 0) {
            if (System.nanoTime() > ends) {
                throw new IllegalStateException("the graph is still behind");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(3)); // Then it is sealed, too.
    }

    private List<VectorBlock> queries(GraphSet set) {
        Dataset file = new Dataset(set.queriesFile(), set.queries(), set.dimension(), set.metric());
        GraphSet.Span span = set.reported(effort.queries());
        return IntStream.range(0, span.count())
                .<VectorBlock>mapToObj(i -> file.read(span.first() + i, 1))
                .toList();
    }

    /** Makes collections of some of the rows. */
    private record Alone(GraphSet set, int[] ranks) {
        Engine with(int matching) {
            Engine engine = Engine.open(EngineOptions.inMemory(MEMORY_BYTES, 2));
            engine.create(ALL, CollectionSpec.floats(set.dimension(), set.metric()));
            Dataset rows = new Dataset(set.rowsFile(), set.rows(), set.dimension(), set.metric());
            for (int first = 0; first < set.rows(); first += Dataset.BATCH_ROWS) {
                int count = Math.min(Dataset.BATCH_ROWS, set.rows() - first);
                float[] values = rows.read(first, count).values();
                int from = first;
                int[] kept = IntStream.range(0, count)
                        .filter(i -> ranks[from + i] < matching)
                        .toArray();
                float[] own = new float[kept.length * set.dimension()];
                for (int i = 0; i < kept.length; i++) {
                    System.arraycopy(values, kept[i] * set.dimension(), own, i * set.dimension(), set.dimension());
                }
                engine.put(ALL, Put.append(new VectorBlock.Floats(own, kept.length, set.dimension())));
            }
            return engine;
        }
    }

    private void measure(double percent, Lane unfiltered, double recall, Alone alone) {
        int matching = (int) Math.round(ROWS * percent / 100);
        Filter same = below(RANK, matching);
        Lane filtered = unfiltered.where(_ -> same);
        Lane fresh = unfiltered.where(query -> between(RANK, query % (ROWS - matching + 1), matching));
        try (Engine only = alone.with(matching)) {
            Lane scan = new Lane(only, ALL, unfiltered.queries(), _ -> Filter.ALL);
            List<double[]> rounds = new ArrayList<>();
            for (int round = 0; round <= effort.rounds(); round++) {
                double[] speeds = {filtered.perSecond(), unfiltered.perSecond(), scan.perSecond(), fresh.perSecond()};
                if (round > 0) {
                    rounds.add(speeds);
                }
            }
            Stats own = stats(rounds, speeds -> speeds[0]);
            Stats graph = stats(rounds, speeds -> speeds[1]);
            Stats exact = stats(rounds, speeds -> speeds[2]);
            Stats other = stats(rounds, speeds -> speeds[3]);
            double found = filtered.recall();
            boolean few = percent <= 1;
            boolean many = percent >= 50;
            double wanted = few ? exact.median() : many ? graph.median() : Math.max(exact.median(), graph.median());
            double beside = own.median() / wanted;
            report.line(
                    "%6.2f %%: recall %.4f (%+.4f); %s queries/s; graph %s, scan of %,d %s; %.2f of %s (aim %.1f)",
                    percent,
                    found,
                    found - recall,
                    own,
                    graph,
                    matching,
                    exact,
                    beside,
                    few ? "the scan" : many ? "the graph" : "the better",
                    few ? 0.8 : 0.5);
            report.line(
                    "          another filter each time: %s queries/s, %.2f of the same",
                    other, other.median() / wanted);
            report.ratio("filter-%s-speed".formatted(percent), beside);
            report.ratio("filter-%s-fresh-speed".formatted(percent), other.median() / wanted);
            report.ratio("filter-%s-recall".formatted(percent), found - recall);
        }
    }

    private static Stats stats(List<double[]> rounds, java.util.function.ToDoubleFunction<double[]> speed) {
        return new Stats(rounds.stream().mapToDouble(speed).toArray());
    }

    private static Filter below(FieldPath field, long end) {
        return new Filter.Range(field, Optional.empty(), Optional.of(new Filter.Bound(new Value.Int(end), false)));
    }

    /** So many numbers from the first on. */
    private static Filter between(FieldPath field, long first, long count) {
        return new Filter.Range(
                field,
                Optional.of(new Filter.Bound(new Value.Int(first), true)),
                Optional.of(new Filter.Bound(new Value.Int(first + count), false)));
    }

    /**
     * One way to search.
     *
     * @param filters by the number of the query
     */
    private record Lane(Engine engine, CollectionName name, List<VectorBlock> queries, IntFunction<Filter> filters) {
        Lane where(IntFunction<Filter> others) {
            return new Lane(engine, name, queries, others);
        }

        Query query(int number) {
            return Query.nearest(queries.get(number), K).where(filters.apply(number));
        }

        double perSecond() {
            long started = System.nanoTime();
            for (int number = 0; number < queries.size(); number++) {
                var _ = engine.search(name, query(number));
            }
            return queries.size() * 1e9 / (System.nanoTime() - started);
        }

        /** The share of what an exact search with the same filter finds; all of it has to be as many. */
        double recall() {
            int right = 0;
            int wanted = 0;
            for (int number = 0; number < queries.size(); number++) {
                Hits truth = engine.search(name, query(number).exactly()).getFirst();
                Hits found = engine.search(name, query(number)).getFirst();
                if (found.count() != truth.count()) {
                    throw new IllegalStateException("%d results, %d match".formatted(found.count(), truth.count()));
                }
                Set<Long> ids = new HashSet<>();
                LongStream.of(truth.ids()).forEach(ids::add);
                right += (int) LongStream.of(found.ids()).filter(ids::contains).count();
                wanted += ids.size();
            }
            return right / (double) wanted;
        }
    }

    private void rangeBesideEquality() {
        report.heading("a range and an equality that match 1 %% of %,d rows of %d, exact search in memory"
                .formatted(MILLION, NARROW));
        try (Engine engine = Engine.open(EngineOptions.inMemory(MEMORY_BYTES, 2))) {
            engine.create(
                    ALL,
                    CollectionSpec.floats(NARROW, Metric.L2).withPayloadIndexes(new TreeSet<>(List.of(RANK, KIND))));
            int[] ranks = shuffled(MILLION);
            Random random = new Random(Dataset.SEED);
            for (int first = 0; first < MILLION; first += Dataset.BATCH_ROWS) {
                float[] values = new float[Dataset.BATCH_ROWS * NARROW];
                for (int i = 0; i < values.length; i++) {
                    values[i] = random.nextFloat();
                }
                List<Value.Fields> payloads = Arrays.stream(ranks, first, first + Dataset.BATCH_ROWS)
                        .mapToObj(rank -> new Value.Fields(
                                Map.of("rank", new Value.Int(rank), "kind", new Value.Text("kind-" + rank % 100))))
                        .toList();
                VectorBlock block = new VectorBlock.Floats(values, Dataset.BATCH_ROWS, NARROW);
                engine.put(
                        ALL,
                        new Put(block, Optional.empty(), List.of(), payloads, Put.Known.REPLACE, Optional.empty()));
            }
            List<VectorBlock> queries = Stream.<VectorBlock>generate(
                            () -> new VectorBlock.Floats(new float[NARROW], 1, NARROW))
                    .limit(effort.queries())
                    .toList();
            Filter hundredth = below(RANK, MILLION / 100);
            Filter seventh = new Filter.Equals(KIND, new Value.Text("kind-7"));
            Lane range = new Lane(engine, ALL, queries, _ -> hundredth);
            Lane equal = range.where(_ -> seventh);
            DoubleSupplier ours = () -> 1 / range.perSecond();
            Duel duel = Duel.of(effort.rounds(), ours, () -> 1 / equal.perSecond());
            report.line(
                    "searches over a range take %.2f times an equality's (aim 2 at most):",
                    duel.ratio().median());
            report.duel("range-over-equality-seconds", "s a search", duel);
        }
    }
}
