package dev.kith.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * The published {@code faissx} client, unchanged, against Kith and against the reference server of the same package, in
 * turns: durable adds in batches of 1,000, and single searches through both of the reference's search actions. Each
 * server has a data folder of its own; the reference writes its file after an add but does not force it.
 */
final class AddBench {
    private static final int DIMENSION = 128;
    private static final int BATCH_ROWS = 1_000;
    private static final int K = 10;
    private static final int CLIENTS = 4;
    /** Searches before the first that counts: a server that has just started has not compiled its loops yet. */
    private static final int WARM_UP = 1_000;

    private final Report report;
    private final Place place;
    private final Peers peers;
    private final Effort effort;

    /**
     * How long to measure.
     *
     * @param rounds of each comparison
     * @param batches added in a round
     * @param searches in a round
     */
    record Effort(int rounds, int batches, int searches) {
        static final Effort FULL = new Effort(7, 20, 50);
        static final Effort QUICK = new Effort(3, 10, 15);
    }

    AddBench(Report report, Place place, Peers peers, Effort effort) {
        this.report = report;
        this.place = place;
        this.peers = peers;
        this.effort = effort;
    }

    void run() {
        report.heading(
                "published faissx client against Kith and the reference server, %d dimensions".formatted(DIMENSION));
        Server.build(place);
        Path kithData = place.folder("adds").resolve("data");
        Path command = peers.command("faissx.server");
        try (Server kith = Server.kith(place, kithData);
                Server reference = Server.reference(place, command, place.folder("reference"));
                Clients ours = new Clients(kith);
                Clients theirs = new Clients(reference)) {
            double encode = 10 * BATCH_ROWS / ours.first().number("seconds", "encode", 10);
            report.line("the client's own encoding alone allows %,.0f vectors/s", encode);
            report.duel("door-adds", "vectors/s", adds(1, ours, theirs));
            report.duel("door-adds-%d-clients".formatted(CLIENTS), "vectors/s", adds(CLIENTS, ours, theirs));
            ours.choose("IndexHNSWFlat");
            theirs.choose("IndexHNSWFlat");
            report.duel("door-adds-hnsw32", "vectors/s", adds(1, ours, theirs));
            ours.choose("IndexFlatL2");
            theirs.choose("IndexFlatL2");
            ours.add(1, effort.batches());
            theirs.add(1, effort.batches());
            report.line("searches over %,d vectors:", effort.batches() * BATCH_ROWS);
            searches("search", ours.first(), theirs.first());
            searches("hybrid_search", ours.first(), theirs.first());
        }
    }

    /** Processes that run the published client against one server. */
    private final class Clients implements AutoCloseable {
        private final List<Peer> peersOfOne = new ArrayList<>();

        Clients(Server server) {
            for (int i = 0; i < CLIENTS; i++) {
                Peer client = peers.start("faissx_client.py", 1);
                peersOfOne.add(client);
                client.ask("connect", server.endpoint(), Dataset.SEED, DIMENSION);
            }
        }

        /** The class of the indexes that are added to from now on. */
        void choose(String type) {
            peersOfOne.forEach(client -> client.ask("choose", type));
        }

        Peer first() {
            return peersOfOne.getFirst();
        }

        /** So many clients add at once, each to an index of its own; vectors a second, all together. */
        double add(int clients, int batches) {
            List<Peer> adding = peersOfOne.subList(0, clients);
            long started = System.nanoTime();
            adding.forEach(client -> client.tell("add", batches));
            adding.forEach(Peer::hear);
            return clients * batches * BATCH_ROWS * 1e9 / (System.nanoTime() - started);
        }

        @Override
        public void close() {
            peersOfOne.forEach(Peer::close);
        }
    }

    private Duel adds(int clients, Clients ours, Clients theirs) {
        int batches = Math.max(1, effort.batches() / clients);
        // The reference takes a tenth of a second for a batch: fewer of them measure it as well.
        return Duel.of(effort.rounds(), () -> ours.add(clients, 4 * batches), () -> theirs.add(clients, batches));
    }

    private void searches(String action, Peer ours, Peer theirs) {
        int count = effort.searches();
        ours.ask("hybrid_search", WARM_UP, K);
        theirs.ask("hybrid_search", WARM_UP, K);
        DoubleSupplier kith = () -> count / ours.number("seconds", action, count, K);
        DoubleSupplier reference = () -> count / theirs.number("seconds", action, count, K);
        report.duel("reference-" + action.replace('_', '-'), "queries/s", Duel.of(effort.rounds(), kith, reference));
    }
}
