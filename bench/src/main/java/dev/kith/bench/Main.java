package dev.kith.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code kith bench WHAT [--quick] [--work-dir DIR]}: measures Kith beside its peers and ends with one line of ratios.
 * Never a test: nothing here passes or fails by its speed.
 */
public final class Main {
    private static final String USAGE = """
            usage: kith bench exact [--quick] [--work-dir DIR]   the engine in process, beside FAISS and the bare disk
                   kith bench door  [--quick] [--work-dir DIR]   the FAISSx door, beside the engine and the reference
                   kith bench start [--quick] [--work-dir DIR]   from process start to the first answer
                   kith bench graph [--quick] [--work-dir DIR]   graphs beside hnswlib, FAISS, Lucene and JVector
                                    [--sets A,B] [--only A,B]    (of fashion, clustered, wordnet; of kith and its peers)
                   kith bench filter [--quick] [--work-dir DIR]  searches with filters, beside the graph and a scan
                   kith bench ahnlich [--quick] [--original PROGRAM]  the Ahnlich door beside the original server
                   kith bench images [--quick] [--work-dir DIR]  the way of a picture, and a collection of Idios
                   kith bench embed [--quick]                    texts, beside the model runtime called bare
            DIR is on the disk that durable figures are about; the default is the folder for temporary files.""";

    private static final List<String> BENCHES =
            List.of("exact", "door", "graph", "filter", "start", "ahnlich", "embed", "images");

    /** What servers may take to stop when a run is broken off. */
    private static final long END_SECONDS = 5;

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        PrintStream out = System.out;
        if (arguments.length == 6 && arguments[0].equals(FirstAnswer.COMMAND)) {
            FirstAnswer.run(arguments, out);
            return;
        }
        List<String> words = new ArrayList<>(List.of(arguments));
        boolean quick = words.remove("--quick");
        Path parent = workFolder(words);
        List<String> sets = list(words, "--sets", GraphSet.ALL);
        List<String> only = list(words, "--only", Contestant.ALL);
        Optional<Path> original = option(words, "--original").map(Path::of).map(Path::toAbsolutePath);
        if (words.size() != 1 || !BENCHES.contains(words.getFirst())) {
            System.err.println(USAGE);
            System.exit(2);
        }
        Place place = Place.in(parent);
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("bench-clean-up").unstarted(() -> cleanUp(place)));
        try {
            Report report = new Report(out);
            Machine.describe(report, place);
            if (words.getFirst().equals("graph")) {
                graph(place, new Run(report, quick), new GraphBench.Choice(sets, only));
            } else if (words.getFirst().equals("filter")) {
                GraphSet.Sources sources = new GraphSet.Sources(place, Peers.prepare(place, "graph"), report);
                new FilterBench(sources, quick ? FilterBench.Effort.QUICK : FilterBench.Effort.FULL).run();
            } else if (words.getFirst().equals("ahnlich")) {
                AhnlichBench.Effort effort = quick ? AhnlichBench.Effort.QUICK : AhnlichBench.Effort.FULL;
                new AhnlichBench(report, place, effort).run(original);
            } else if (words.getFirst().equals("embed")) {
                EmbedBench.Effort effort = quick ? EmbedBench.Effort.QUICK : EmbedBench.Effort.FULL;
                new EmbedBench(report, place, Peers.prepare(place, "graph"), effort).run();
            } else if (words.getFirst().equals("images")) {
                new ImagePathBench(report, place, quick ? ImagePathBench.Effort.QUICK : ImagePathBench.Effort.FULL)
                        .run();
                new ImageStoreBench(report, place, quick ? ImageStoreBench.Effort.QUICK : ImageStoreBench.Effort.FULL)
                        .run();
            } else {
                run(words.getFirst(), place, new Run(report, quick));
            }
            report.finish();
        } catch (IllegalStateException e) {
            System.err.println("bench: " + e.getMessage());
            System.exit(1);
        }
    }

    /** However a run ends, its servers end with it and its files go. */
    private static void cleanUp(Place place) {
        Processes.endChildren(END_SECONDS);
        place.close();
    }

    private record Run(Report report, boolean quick) {}

    private static Path workFolder(List<String> words) throws IOException {
        Optional<String> folder = option(words, "--work-dir");
        if (folder.isPresent()) {
            return Path.of(folder.get()).toAbsolutePath();
        }
        Path probe = java.nio.file.Files.createTempFile("kith-bench", "");
        java.nio.file.Files.delete(probe);
        return java.util.Objects.requireNonNull(probe.getParent());
    }

    /** Takes an option and its value out of the words. */
    private static Optional<String> option(List<String> words, String name) {
        int flag = words.indexOf(name);
        if (flag < 0 || flag + 1 >= words.size()) {
            return Optional.empty();
        }
        words.remove(flag);
        return Optional.of(words.remove(flag));
    }

    private static List<String> list(List<String> words, String name, List<String> otherwise) {
        return option(words, name).map(value -> List.of(value.split(",", -1))).orElse(otherwise);
    }

    private static void graph(Place place, Run run, GraphBench.Choice choice) {
        GraphSet.Sources sources = new GraphSet.Sources(place, Peers.prepare(place, "graph"), run.report());
        new GraphBench(sources, run.quick() ? GraphBench.Effort.QUICK : GraphBench.Effort.FULL, choice).run();
    }

    private static void run(String bench, Place place, Run run) {
        Report report = run.report();
        boolean quick = run.quick();
        Peers peers = Peers.prepare(place);
        if (bench.equals("exact")) {
            new ExactBench(report, place, peers, quick ? ExactBench.Effort.QUICK : ExactBench.Effort.FULL).run();
            new CommitBench(report, place, quick ? CommitBench.Effort.QUICK : CommitBench.Effort.FULL).run();
        } else if (bench.equals("start")) {
            new StartBench(report, place, peers, quick ? StartBench.Effort.QUICK : StartBench.Effort.FULL).run();
        } else {
            DoorBench.Effort effort = quick ? DoorBench.Effort.QUICK : DoorBench.Effort.FULL;
            for (DoorBench.Kind kind : List.of(DoorBench.Kind.FLAT, DoorBench.Kind.GRAPH)) {
                new DoorBench(report, new DoorBench.Tools(place, peers), effort, kind).run();
            }
            DecodeBench.run(report);
            new AddBench(report, place, peers, quick ? AddBench.Effort.QUICK : AddBench.Effort.FULL).run();
        }
    }
}
