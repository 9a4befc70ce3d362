package dev.kith.bench;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Query;
import dev.kith.vectors.VectorBlock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleSupplier;

/**
 * Searching through the FAISSx door on loopback, beside the engine in this process over the same rows with as many
 * computing threads. The clients are Python processes over libzmq with requests encoded beforehand, so that on a
 * machine of few cores little is taken from the server.
 */
final class DoorBench {
    private static final int ROWS = 100_000;
    private static final int DIMENSION = 128;
    private static final int QUERIES = 500;
    private static final int K = 10;
    private static final int CLIENTS = 8;
    /** Requests before the first round: after so many the JVM has compiled what a request goes through. */
    private static final int WARM_UP = 2_000;

    private static final double NS_PER_MS = 1e6;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Report report;
    private final Place place;
    private final Peers peers;
    private final Effort effort;
    private final int threads = Runtime.getRuntime().availableProcessors();
    private final Kind kind;

    /**
     * What is searched.
     *
     * @param word FAISSx's name of it
     * @param prefix of the ratios
     * @param spec what the door makes of it
     */
    record Kind(String word, String prefix, IndexSpec spec) {
        static final Kind FLAT = new Kind("L2", "door", IndexSpec.flat(Metric.L2));
        static final Kind GRAPH = new Kind(
                "HNSW32",
                "door-hnsw",
                new IndexSpec(
                        IndexSpec.Kind.HNSW, Metric.L2, "", new TreeMap<>(Map.of("m", 32L, "ef_construction", 40L))));

        CollectionName collection() {
            return new CollectionName("default", "bench", prefix);
        }
    }

    /**
     * How long to measure.
     *
     * @param rounds of each comparison
     * @param requests of a round of one client
     * @param seconds of a round of eight
     */
    record Effort(int rounds, int requests, double seconds) {
        static final Effort FULL = new Effort(11, 400, 3);
        static final Effort QUICK = new Effort(5, 150, 1.5);
    }

    DoorBench(Report report, Tools tools, Effort effort, Kind kind) {
        this.report = report;
        this.place = tools.place();
        this.peers = tools.peers();
        this.effort = effort;
        this.kind = kind;
    }

    /** Where the bench finds its programs. */
    record Tools(Place place, Peers peers) {}

    void run() {
        report.heading("FAISSx door, %s, %,d rows of %d, k=%d, %d computing threads on both sides"
                .formatted(kind.word(), ROWS, DIMENSION, K, threads));
        Dataset rows = new Dataset(place.file("rows"), ROWS, DIMENSION, Metric.L2).written(Dataset.SEED);
        Dataset queries = new Dataset(place.file("queries"), QUERIES, DIMENSION, Metric.L2).written(Dataset.QUERY_SEED);
        Server.build(place);
        Path data = place.folder(kind.prefix()).resolve("data");
        try (Server server = Server.kith(place, data);
                Peer client = connected(server, queries);
                Engine engine = Engine.open(EngineOptions.inMemory(2L << 30, threads))) {
            double seconds = client.number(
                    "seconds", "fill", kind.prefix(), kind.word(), DIMENSION, rows.file(), Dataset.BATCH_ROWS);
            report.line("added as raw float32, %,d a request: %,.0f vectors/s", Dataset.BATCH_ROWS, ROWS / seconds);
            rows.putInto(engine, kind.collection());
            awaitIndex(engine);
            List<VectorBlock.Floats> blocks = new ArrayList<>();
            for (int i = 0; i < QUERIES; i++) {
                blocks.add(queries.read(i, 1));
            }
            report.line("answers                      %s", answers(engine, client, blocks));
            oneClient(engine, client, blocks);
            manyClients(engine, server, queries, blocks);
        }
        place.delete(rows.file());
    }

    private void awaitIndex(Engine engine) {
        engine.alter(kind.collection(), spec -> spec.withIndex(kind.spec()));
        while (engine.find(kind.collection()).orElseThrow().tailRows() > 0) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private Peer connected(Server server, Dataset queries) {
        Peer client = peers.start("door_client.py", 1);
        client.ask("connect", server.endpoint());
        client.ask("prepare", kind.prefix(), DIMENSION, queries.file(), K);
        return client;
    }

    private Answers answers(Engine engine, Peer client, List<VectorBlock.Floats> blocks) {
        List<Hits> ours = new ArrayList<>();
        blocks.forEach(block -> ours.addAll(engine.search(kind.collection(), Query.nearest(block, K))));
        client.ask("answer", ours.size(), place.file("door-ids"));
        Answers answers = Answers.compare(ours, place.file("door-ids"), K);
        if (kind.equals(Kind.FLAT) && answers.recall() < 1) {
            throw new IllegalStateException("the door answers other than the engine: " + answers);
        }
        return answers;
    }

    /** Ping, search and engine in turns; the medians of each round's medians. */
    private void oneClient(Engine engine, Peer client, List<VectorBlock.Floats> blocks) {
        double[] ping = new double[effort.rounds()];
        double[] search = new double[effort.rounds()];
        double[] alone = new double[effort.rounds()];
        double[] beyond = new double[effort.rounds()];
        client.ask("ping", WARM_UP);
        client.ask("search", WARM_UP);
        for (int round = -1; round < effort.rounds(); round++) {
            double pingMs = client.number("p50_ns", "ping", effort.requests()) / NS_PER_MS;
            double searchMs = client.number("p50_ns", "search", effort.requests()) / NS_PER_MS;
            double aloneMs = engineMs(engine, blocks);
            if (round >= 0) {
                ping[round] = pingMs;
                search[round] = searchMs;
                alone[round] = aloneMs;
                beyond[round] = searchMs - pingMs - aloneMs;
            }
        }
        Stats difference = new Stats(beyond);
        report.line("one client, p50              ping %s ms", new Stats(ping));
        report.line("                             search %s ms", new Stats(search));
        report.line("                             engine in process %s ms", new Stats(alone));
        report.line(
                "                             search beyond ping and engine %.3f ms (%.3f to %.3f)",
                difference.median(), difference.min(), difference.max());
        report.ratio(kind.prefix() + "-ping-ms", new Stats(ping).median());
        report.ratio(kind.prefix() + "-search-ms", new Stats(search).median());
        report.ratio(kind.prefix() + "-engine-ms", new Stats(alone).median());
        report.ratio(kind.prefix() + "-beyond-ms", difference.median());
    }

    private double engineMs(Engine engine, List<VectorBlock.Floats> blocks) {
        double[] taken = new double[effort.requests()];
        for (int i = 0; i < taken.length; i++) {
            long started = System.nanoTime();
            search(engine, blocks.get(i % QUERIES));
            taken[i] = (System.nanoTime() - started) / NS_PER_MS;
        }
        return new Stats(taken).median();
    }

    private void search(Engine engine, VectorBlock.Floats query) {
        if (engine.search(kind.collection(), Query.nearest(query, K)).getFirst().count() != K) {
            throw new IllegalStateException("fewer than " + K + " results");
        }
    }

    private void manyClients(Engine engine, Server server, Dataset queries, List<VectorBlock.Floats> blocks) {
        List<Peer> clients = new ArrayList<>();
        try {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(connected(server, queries));
            }
            DoubleSupplier door = () -> {
                clients.forEach(client -> client.tell("call", effort.seconds()));
                double total = 0;
                for (Peer client : clients) {
                    total += Double.parseDouble(client.hear().getOrDefault("count", "0"));
                }
                return total / effort.seconds();
            };
            DoubleSupplier alone = () -> Callers.perSecond(
                    CLIENTS,
                    Callers.Until.seconds(effort.seconds()),
                    (caller, turn) -> search(engine, blocks.get((caller * 61 + turn) % QUERIES)));
            report.line("eight clients, each a process, beside eight threads that call the engine (the peer):");
            report.duel(kind.prefix() + "-clients8", "queries/s", Duel.of(effort.rounds(), door, alone));
        } finally {
            clients.forEach(Peer::close);
        }
    }
}
