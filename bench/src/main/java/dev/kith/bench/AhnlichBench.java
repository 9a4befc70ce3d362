package dev.kith.bench;

import dev.kith.wire.ahnlich.db.query.GetSimN;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * The Ahnlich door beside the original server, over 10,000 × 128 with three metadata pairs each: requests a second,
 * recall and the server's processor time a request, by one client that calls both in turns. The rows are those of the
 * benchmark that the original publishes.
 */
final class AhnlichBench {
    /** Nearest entries asked for. */
    static final int K = 10;

    private static final int ROWS = 10_000;
    private static final int DIMENSION = 128;
    private static final int QUERIES = 500;
    private static final int RECALL_QUERIES = 100;
    private static final int CLUSTERS = 100;
    private static final double SPREAD = 0.5;
    /** Calls before the first that counts: after so many the JVM has compiled what a call goes through. */
    private static final int WARM_UP = 5_000;

    private static final double WARM_UP_SECONDS = 5;
    private static final double MICROS = 1e6;

    private final Report report;
    private final Place place;
    private final Effort effort;

    /**
     * How long to measure.
     *
     * @param concurrencies requests under way at once
     * @param rounds of each comparison
     * @param seconds of each side in a round
     */
    record Effort(List<Integer> concurrencies, int rounds, double seconds) {
        static final Effort FULL = new Effort(List.of(1, 10, 100), 3, 2);
        static final Effort QUICK = new Effort(List.of(1, 10, 100), 2, 1);
    }

    /** Entries that have the same value of a metadata key. */
    enum Group {
        HALF(2),
        TENTH(10),
        HUNDREDTH(100);

        private final int parts;

        Group(int parts) {
            this.parts = parts;
        }

        String key() {
            return "part-of-" + parts;
        }

        String of(int row) {
            return Integer.toString(row % parts);
        }

        int entries() {
            return ROWS / parts;
        }
    }

    /**
     * A kind of search.
     *
     * @param graph through the HNSW index, or linear
     * @param group the only entries that may be found
     */
    record Search(boolean graph, Optional<Group> group) {
        String name() {
            return (graph ? "hnsw" : "linear")
                    + group.map(each -> "-" + each.entries()).orElse("");
        }

        boolean accepts(int row) {
            return group.map(each -> each.of(row).equals(each.of(0))).orElse(true);
        }

        static List<Search> all() {
            List<Search> all = new ArrayList<>();
            for (boolean graph : new boolean[] {true, false}) {
                all.add(new Search(graph, Optional.empty()));
                for (Group group : Group.values()) {
                    all.add(new Search(graph, Optional.of(group)));
                }
            }
            return all;
        }
    }

    AhnlichBench(Report report, Place place, Effort effort) {
        this.report = report;
        this.place = place;
        this.effort = effort;
    }

    /** @param original the original's server program; without it only our figures are shown */
    void run(Optional<Path> original) {
        report.heading(
                "Ahnlich door, %,d entries of %d, three metadata pairs each, k=%d".formatted(ROWS, DIMENSION, K));
        Random random = new Random(Dataset.SEED);
        float[][] centres = normal(random, CLUSTERS);
        float[][] rows = around(centres, random, ROWS);
        float[][] queries = around(centres, random, QUERIES);
        Server.build(place);
        Path data = place.folder("ahnlich").resolve("data");
        try (AhnlichSide ours = new AhnlichSide(Server.kithAhnlich(place, data))) {
            report.line("set durably, by one client: %,.0f entries/s", ROWS / ours.fill(rows));
            if (original.isEmpty()) {
                report.line("no --original PROGRAM to compare with");
                Search.all().forEach(search -> alone(search, ours, new Workload(rows, queries)));
                return;
            }
            try (AhnlichSide theirs = new AhnlichSide(Server.originalAhnlich(place, original.get()))) {
                report.line("set by the original, which keeps nothing: %,.0f entries/s", ROWS / theirs.fill(rows));
                Sides sides = new Sides(ours, theirs);
                race("ping", sides, AhnlichSide::ping);
                Search.all().forEach(search -> race(search, sides, new Workload(rows, queries)));
            }
        }
    }

    private record Workload(float[][] rows, float[][] queries) {
        List<GetSimN> requests(Search search) {
            List<GetSimN> requests = new ArrayList<>();
            for (float[] query : queries) {
                requests.add(AhnlichSide.request(query, search));
            }
            return requests;
        }

        float[][] ofRecall() {
            return java.util.Arrays.copyOf(queries, RECALL_QUERIES);
        }
    }

    private record Sides(AhnlichSide ours, AhnlichSide theirs) {}

    private interface Call {
        void make(AhnlichSide side, int caller);
    }

    private static float[][] normal(Random random, int count) {
        float[][] rows = new float[count][DIMENSION];
        for (float[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        return rows;
    }

    private static float[][] around(float[][] centres, Random random, int count) {
        float[][] rows = normal(random, count);
        for (float[] row : rows) {
            float[] centre = centres[random.nextInt(centres.length)];
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) (centre[i] + SPREAD * row[i]);
            }
        }
        return rows;
    }

    private static Call calls(List<GetSimN> requests) {
        java.util.concurrent.atomic.AtomicInteger turn = new java.util.concurrent.atomic.AtomicInteger();
        return (side, caller) -> {
            int found = side.search(caller, requests.get(turn.getAndIncrement() % requests.size()))
                    .size();
            if (found != K) {
                throw new IllegalStateException(found + " results instead of " + K);
            }
        };
    }

    private void alone(Search search, AhnlichSide ours, Workload workload) {
        Call call = calls(workload.requests(search));
        warmUp(ours, call);
        double recall = ours.recall(workload.rows(), workload.ofRecall(), search);
        for (int concurrency : effort.concurrencies()) {
            long before = Processes.cpuNanos(ours.pid());
            double rate = perSecond(ours, call, concurrency);
            double micros = (Processes.cpuNanos(ours.pid()) - before) / 1e3 / (rate * effort.seconds());
            report.line(
                    "%-12s %3d at once: %,.0f requests/s, recall %.4f, %.0f µs of the server's processors a request",
                    search.name(), concurrency, rate, recall, micros);
        }
    }

    private void race(Search search, Sides sides, Workload workload) {
        double ours = sides.ours().recall(workload.rows(), workload.ofRecall(), search);
        double theirs = sides.theirs().recall(workload.rows(), workload.ofRecall(), search);
        report.line("%s: recall %.4f, the original's %.4f", search.name(), ours, theirs);
        race(search.name(), sides, calls(workload.requests(search)));
    }

    private void race(String name, Sides sides, Call call) {
        warmUp(sides.ours(), call);
        warmUp(sides.theirs(), call);
        for (int concurrency : effort.concurrencies()) {
            Meter ours = new Meter(sides.ours(), call, concurrency);
            Meter theirs = new Meter(sides.theirs(), call, concurrency);
            String label = "ahnlich-%s-c%d".formatted(name, concurrency);
            report.duel(label, "requests/s", Duel.of(effort.rounds(), ours, theirs));
            report.line(
                    "%-28s server's processors a request: ours %.0f µs, the original's %.0f µs",
                    "", ours.micros(), theirs.micros());
        }
    }

    private static void warmUp(AhnlichSide side, Call call) {
        var _ = Callers.perSecond(
                2, new Callers.Until(WARM_UP, WARM_UP_SECONDS), (caller, turn) -> call.make(side, caller));
    }

    private double perSecond(AhnlichSide side, Call call, int concurrency) {
        return Callers.perSecond(
                concurrency, Callers.Until.seconds(effort.seconds()), (caller, turn) -> call.make(side, caller));
    }

    /** Requests a second of one side, and its processor time over all rounds. */
    private final class Meter implements DoubleSupplier {
        private final AhnlichSide side;
        private final Call call;
        private final int concurrency;
        private double requests;
        private double cpuSeconds;

        Meter(AhnlichSide side, Call call, int concurrency) {
            this.side = side;
            this.call = call;
            this.concurrency = concurrency;
        }

        @Override
        public double getAsDouble() {
            long before = Processes.cpuNanos(side.pid());
            double rate = perSecond(side, call, concurrency);
            cpuSeconds += (Processes.cpuNanos(side.pid()) - before) / 1e9;
            requests += rate * effort.seconds();
            return rate;
        }

        double micros() {
            return MICROS * cpuSeconds / requests;
        }
    }
}
