package dev.kith.bench;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.storage.FileDirectory;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.Metric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * From the start of a process to the first right answer over 1,000,000 × 128 stored rows, with a warm page cache, and
 * what the process then holds in memory: through the engine alone, and through launcher, server and door.
 */
final class StartBench {
    private static final CollectionName NAME = new CollectionName("default", "faissx", "million");
    private static final int ROWS = 1_000_000;
    private static final int DIMENSION = 128;
    /** The row that is asked for. */
    private static final int WANTED = 777_777;

    private static final long ANSWER_SECONDS = 120;

    private final Report report;
    private final Place place;
    private final Peers peers;
    private final int rounds;

    StartBench(Report report, Place place, Peers peers, int rounds) {
        this.report = report;
        this.place = place;
        this.peers = peers;
        this.rounds = rounds;
    }

    /** One start: seconds to the first right answer, and the process's memory then. */
    private record Start(double seconds, long residentBytes) {}

    void run() {
        report.heading("process start to first right answer, %,d stored rows of %d".formatted(ROWS, DIMENSION));
        Dataset rows = new Dataset(place.file("million"), ROWS, DIMENSION, Metric.L2).written(Dataset.SEED);
        Path query = place.file("million-query");
        copyRow(rows, query);
        Path data = place.folder("million-data").resolve("data");
        long started = System.nanoTime();
        try (Engine engine = Engine.open(EngineOptions.durable(FileDirectory.open(data), 4L << 30, 2))) {
            rows.putInto(engine, NAME);
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        report.line("stored in batches of %,d     %,.0f vectors/s", Dataset.BATCH_ROWS, ROWS / seconds);
        place.delete(rows.file());
        summarise("engine", starts(() -> engineAlone(data, query)), rows.bytes());
        Server.build(place);
        summarise("server", starts(() -> throughTheDoor(data, query)), rows.bytes());
        place.delete(data);
    }

    private static void copyRow(Dataset rows, Path file) {
        byte[] row = new byte[DIMENSION * Float.BYTES];
        java.nio.ByteBuffer.wrap(row)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .put(rows.read(WANTED, 1).values());
        try {
            Files.write(file, row);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Start> starts(java.util.function.Supplier<Start> start) {
        List<Start> all = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            all.add(start.get());
        }
        return all;
    }

    private void summarise(String what, List<Start> starts, long rowBytes) {
        Stats seconds = new Stats(starts.stream().mapToDouble(Start::seconds).toArray());
        Stats resident = new Stats(starts.stream()
                .mapToDouble(start -> start.residentBytes() >> 20)
                .toArray());
        double rowMib = rowBytes / (double) (1 << 20);
        report.line("%-28s %s s to the first right answer", what, seconds);
        report.line(
                "%-28s %s MiB resident, rows alone %.0f MiB, factor %.2f",
                what, resident, rowMib, resident.median() / rowMib);
        report.ratio("start-" + what + "-s", seconds.median());
        report.ratio("resident-" + what, resident.median() / rowMib);
    }

    private Start engineAlone(Path data, Path query) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", ManagementFactory.getRuntimeMXBean().getClassPath(), Main.class.getName()));
        command.addAll(List.of(FirstAnswer.COMMAND, data.toString(), NAME.namespace(), NAME.name(), query.toString()));
        command.add(Integer.toString(DIMENSION));
        long started = System.nanoTime();
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            requireRight(new Lines("engine", process).next(ANSWER_SECONDS));
            double seconds = (System.nanoTime() - started) / 1e9;
            return new Start(seconds, Processes.residentBytes(process.pid()));
        } finally {
            Processes.end(process, 1);
        }
    }

    private Start throughTheDoor(Path data, Path query) {
        try (Peer client = peers.start("door_client.py", 1)) {
            client.ask("prepare", NAME.name(), DIMENSION, query, 1);
            long started = System.nanoTime();
            try (Server server = Server.kith(place, data)) {
                client.ask("connect", server.endpoint());
                client.ask("answer", 1, place.file("million-id"));
                double seconds = (System.nanoTime() - started) / 1e9;
                byte[] id = Files.readAllBytes(place.file("million-id"));
                requireRight(Long.toString(java.nio.ByteBuffer.wrap(id)
                        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                        .getLong()));
                return new Start(seconds, server.residentBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void requireRight(String id) {
        if (!Integer.toString(WANTED).equals(id)) {
            throw new IllegalStateException("row " + WANTED + " was asked for, " + id + " came");
        }
    }
}
