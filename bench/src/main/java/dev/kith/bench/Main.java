package dev.kith.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code kith bench exact|door [--quick] [--work-dir DIR]}: measures Kith beside its peers and ends with one line of
 * ratios. Never a test: nothing here passes or fails by its speed.
 */
public final class Main {
    private static final String USAGE = """
            usage: kith bench exact [--quick] [--work-dir DIR]   the engine in process, beside FAISS and the bare disk
                   kith bench door  [--quick] [--work-dir DIR]   the FAISSx door, beside the engine and the reference
            DIR is on the disk that durable figures are about; the default is the folder for temporary files.""";

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
        if (words.size() != 1 || !List.of("exact", "door").contains(words.getFirst())) {
            System.err.println(USAGE);
            System.exit(2);
        }
        Place place = Place.in(parent);
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("bench-clean-up").unstarted(() -> cleanUp(place)));
        try {
            run(words.getFirst(), place, new Run(new Report(out), quick));
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
        int flag = words.indexOf("--work-dir");
        if (flag >= 0 && flag + 1 < words.size()) {
            words.remove(flag);
            return Path.of(words.remove(flag)).toAbsolutePath();
        }
        Path probe = java.nio.file.Files.createTempFile("kith-bench", "");
        java.nio.file.Files.delete(probe);
        return java.util.Objects.requireNonNull(probe.getParent());
    }

    private static void run(String bench, Place place, Run run) {
        Report report = run.report();
        boolean quick = run.quick();
        Machine.describe(report, place);
        Peers peers = Peers.prepare(place);
        if (bench.equals("exact")) {
            new ExactBench(report, place, peers, quick ? ExactBench.Effort.QUICK : ExactBench.Effort.FULL).run();
            new CommitBench(report, place, quick ? CommitBench.Effort.QUICK : CommitBench.Effort.FULL).run();
            new StartBench(report, place, peers, quick ? 2 : 5).run();
        } else {
            new DoorBench(report, place, peers, quick ? DoorBench.Effort.QUICK : DoorBench.Effort.FULL).run();
            DecodeBench.run(report);
            new AddBench(report, place, peers, quick ? AddBench.Effort.QUICK : AddBench.Effort.FULL).run();
        }
        report.finish();
    }
}
