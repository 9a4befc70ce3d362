package dev.kith.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Graphs of the engine and of its peers over three data sets: recall, speed, latency, build time and memory. Each side
 * is a process of its own; they hold their graphs at the same time and work in turns.
 */
final class GraphBench {
    private final GraphSet.Sources sources;
    private final Effort effort;
    private final Choice choice;

    /**
     * How much to measure.
     *
     * @param rows of each set at most; 0 for all
     * @param reported queries whose figures are shown
     * @param rounds of each comparison
     * @param builds of ours and of hnswlib, whose times are compared; the others build once
     */
    record Effort(int rows, int reported, int rounds, int builds) {
        static final Effort FULL = new Effort(0, 4_000, 5, 3);
        /** Half of them is still so many that a graph is built. */
        static final Effort QUICK = new Effort(20_000, 1_000, 3, 1);
    }

    /** Which sets, and who takes part. */
    record Choice(List<String> sets, List<String> contestants) {
        Choice {
            requireKnown(sets, GraphSet.ALL);
            requireKnown(contestants, Contestant.ALL);
        }

        private static void requireKnown(List<String> names, List<String> known) {
            for (String name : names) {
                if (!known.contains(name)) {
                    throw new IllegalStateException("no " + name + " among " + String.join(", ", known));
                }
            }
        }
    }

    GraphBench(GraphSet.Sources sources, Effort effort, Choice choice) {
        this.sources = sources;
        this.effort = effort;
        this.choice = choice;
    }

    void run() {
        for (String name : choice.sets()) {
            Optional<GraphSet> set = GraphSet.prepare(name, effort.rows(), sources);
            set.ifPresent(this::race);
        }
    }

    private void race(GraphSet set) {
        Report report = sources.report();
        report.heading("graphs over %s: %,d rows of %d, %s, k=%d, M=16, efConstruction=200"
                .formatted(set.name(), set.rows(), set.dimension(), set.metric(), GraphSet.K));
        List<Contestant> contestants = new ArrayList<>();
        try {
            for (String name : choice.contestants()) {
                Contestant contestant = Contestant.start(name, sources.place(), sources.peers());
                contestants.add(contestant);
                contestant.load(set);
            }
            List<Curve> curves = new GraphRace(set, contestants, report, effort).run();
            Path picture = CurvePicture.write(set, curves, sources.place().curves());
            report.line("curves    %s", sources.place().repository().relativize(picture));
        } finally {
            contestants.forEach(Contestant::close);
        }
    }
}
