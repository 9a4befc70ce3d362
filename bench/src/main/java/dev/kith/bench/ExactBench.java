package dev.kith.bench;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Query;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * Exact search in this process beside FAISS's flat indexes, which run in a Python process and are told when: one query
 * at a time on one thread, tiles and batches of queries, and eight callers on two threads.
 */
final class ExactBench {
    private static final CollectionName NAME = new CollectionName("default", "bench", "exact");
    private static final int K = 10;
    private static final int QUERIES = 1_000;
    private static final int CALLERS = 8;
    private static final int CALLER_THREADS = 2;
    /** Queries of a tile, which share one pass over the rows, and of a large batch, for which FAISS takes BLAS. */
    private static final int TILE = 8;

    private final Report report;
    private final Place place;
    private final Peers peers;
    private final Effort effort;

    /**
     * How long to measure.
     *
     * @param rounds of each comparison
     * @param single queries of a round, one at a time or in tiles: a multiple of {@link #TILE}
     * @param batched queries of a round in one batch
     */
    record Effort(int rounds, int single, int batched) {
        static final Effort FULL = new Effort(11, 96, 1_000);
        static final Effort QUICK = new Effort(5, 32, 200);
    }

    ExactBench(Report report, Place place, Peers peers, Effort effort) {
        this.report = report;
        this.place = place;
        this.peers = peers;
        this.effort = effort;
    }

    void run() {
        compare("l2-200k-128", new Dataset(place.file("l2"), 200_000, 128, Metric.L2));
        compare("ip-100k-768", new Dataset(place.file("ip"), 100_000, 768, Metric.INNER_PRODUCT));
    }

    private void compare(String name, Dataset rows) {
        report.heading(
                "exact search, %,d rows of %d, %s, k=%d".formatted(rows.rows(), rows.dimension(), rows.metric(), K));
        rows.written(Dataset.SEED);
        Dataset queries = new Dataset(place.file("queries"), QUERIES, rows.dimension(), rows.metric())
                .written(Dataset.QUERY_SEED);
        try (Peer faiss = peers.start("faiss_exact.py", 1);
                Engine engine = engine(1)) {
            Peers.requireFastFaiss(faiss, report);
            faiss.ask("load", rows.metric(), rows.dimension(), rows.file(), queries.file());
            rows.putInto(engine, NAME);
            oneThread(name, engine, faiss, queries);
        }
        try (Peer faiss = peers.start("faiss_exact.py", CALLER_THREADS);
                Engine engine = engine(CALLER_THREADS)) {
            faiss.ask("load", rows.metric(), rows.dimension(), rows.file(), queries.file());
            rows.putInto(engine, NAME);
            manyCallers(name, engine, faiss, queries);
        }
        place.delete(rows.file());
    }

    private static Engine engine(int threads) {
        return Engine.open(EngineOptions.inMemory(2L << 30, threads));
    }

    private void oneThread(String name, Engine engine, Peer faiss, Dataset queries) {
        report.line("one thread:");
        duel("exact-" + name, new Sides(engine, faiss, queries), 1, effort.single());
        duel("tile8-" + name, new Sides(engine, faiss, queries), TILE, effort.single());
        duel("batch-" + name, new Sides(engine, faiss, queries), effort.batched(), effort.batched());
        report.line("answers                      %s", answers(engine, faiss, queries));
    }

    /** Both sides of a comparison over the same rows and queries. */
    private record Sides(Engine engine, Peer faiss, Dataset queries) {}

    private void duel(String name, Sides sides, int batch, int count) {
        List<VectorBlock.Floats> blocks = new ArrayList<>();
        for (int first = 0; first + batch <= count; first += batch) {
            blocks.add(sides.queries().read(first, batch));
        }
        DoubleSupplier ours = () -> {
            long started = System.nanoTime();
            blocks.forEach(block -> sides.engine().search(NAME, Query.nearest(block, K)));
            return count * 1e9 / (System.nanoTime() - started);
        };
        DoubleSupplier theirs = () -> count / sides.faiss().number("seconds", "search", 0, count, batch, K);
        report.duel(name, "queries/s", Duel.of(rounds(batch), ours, theirs));
    }

    /** A large batch takes seconds, and its rounds differ little. */
    private int rounds(int batch) {
        return batch > TILE ? Math.max(3, effort.rounds() / 3) : effort.rounds();
    }

    private Answers answers(Engine engine, Peer faiss, Dataset queries) {
        List<Hits> ours = new ArrayList<>();
        for (int i = 0; i < effort.batched(); i++) {
            ours.addAll(engine.search(NAME, Query.nearest(queries.read(i, 1), K)));
        }
        faiss.ask("answer", ours.size(), K, place.file("ids"));
        Answers answers = Answers.compare(ours, place.file("ids"), K);
        if (answers.recall() < 1) {
            throw new IllegalStateException("exact search is not exact: " + answers);
        }
        return answers;
    }

    private void manyCallers(String name, Engine engine, Peer faiss, Dataset queries) {
        report.line("two threads:");
        List<VectorBlock.Floats> blocks = new ArrayList<>();
        for (int i = 0; i < QUERIES; i++) {
            blocks.add(queries.read(i, 1));
        }
        int each = Math.max(1, effort.single() / 4);
        DoubleSupplier ours = () -> Callers.perSecond(
                CALLERS,
                Callers.Until.calls(each),
                (caller, turn) -> engine.search(NAME, Query.nearest(blocks.get((caller * each + turn) % QUERIES), K)));
        DoubleSupplier theirs = () -> CALLERS * each / faiss.number("seconds", "call", CALLERS, each, K);
        faiss.ask("threads", 1);
        report.duel("callers8-" + name, "queries/s", Duel.of(effort.rounds(), ours, theirs));
        faiss.ask("threads", CALLER_THREADS);
        duel("batch-2t-" + name, new Sides(engine, faiss, queries), effort.batched(), effort.batched());
    }
}
