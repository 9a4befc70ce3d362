package dev.kith.bench;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.storage.FileDirectory;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * From the start of a process to the first right answer over 1,000,000 × 128 stored rows, with a warm page cache, and
 * what the process then holds in memory: through the engine alone, and through launcher, server and door, whose client
 * asks from the first moment on, as one does that lost its server; with an exact scan, and with a graph.
 */
final class StartBench {
    private static final CollectionName NAME = new CollectionName("default", "faissx", "million");
    private static final int DIMENSION = 128;
    private static final long MEMORY_BYTES = 4L << 30;
    private static final long ANSWER_SECONDS = 120;
    /** Of a graph over a million rows, on two cores. */
    private static final long BUILD_SECONDS = 3_600;

    /** What a graph has looked at may be no more of the rows than one in so many. */
    private static final int TAIL_SHARE_MAX = 20;

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    /** In the head of a graph file, docs/formats/graph.md. */
    private static final int GRAPH_ROWS_AT = 48;

    private final Report report;
    private final Place place;
    private final Peers peers;
    private final Effort effort;
    /** The row that is asked for. */
    private final int wanted;

    /** How many rows, and how many starts of each kind. */
    record Effort(int rows, int rounds) {
        static final Effort FULL = new Effort(1_000_000, 5);
        static final Effort QUICK = new Effort(100_000, 2);
    }

    StartBench(Report report, Place place, Peers peers, Effort effort) {
        this.report = report;
        this.place = place;
        this.peers = peers;
        this.effort = effort;
        this.wanted = effort.rows() / 9 * 7;
    }

    /** One start: seconds to the first right answer, and the process's memory then. */
    private record Start(double seconds, long residentBytes) {}

    void run() {
        report.heading(
                "process start to first right answer, %,d stored rows of %d".formatted(effort.rows(), DIMENSION));
        Dataset rows = new Dataset(place.file("million"), effort.rows(), DIMENSION, Metric.L2).written(Dataset.SEED);
        Path query = place.file("million-query");
        copyRow(rows, query);
        Path data = place.folder("million-data").resolve("data");
        long started = System.nanoTime();
        try (Engine engine = Engine.open(EngineOptions.durable(FileDirectory.open(data), MEMORY_BYTES, 2))) {
            rows.putInto(engine, NAME);
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        report.line("stored in batches of %,d     %,.0f vectors/s", Dataset.BATCH_ROWS, effort.rows() / seconds);
        place.delete(rows.file());
        summarise("engine", starts(() -> engineAlone(data, query)), rows.bytes());
        Server.build(place);
        summarise("server", starts(() -> throughTheDoor(data, query)), rows.bytes());
        buildGraph(data);
        summarise("engine-graph", starts(() -> engineAlone(data, query)), rows.bytes());
        summarise("server-graph", starts(() -> throughTheDoor(data, query)), rows.bytes());
        place.delete(data);
    }

    /** Gives the stored rows a graph, M 16 and efConstruction 64, and waits until it is on the disk. */
    private void buildGraph(Path data) {
        IndexSpec index =
                new IndexSpec(IndexSpec.Kind.HNSW, Metric.L2, "", new TreeMap<>(Map.of("ef_construction", 64L)));
        long started = System.nanoTime();
        try (Engine engine = Engine.open(EngineOptions.durable(FileDirectory.open(data), MEMORY_BYTES, 2))) {
            engine.alter(NAME, spec -> spec.withIndex(index));
            // The first files have its beginning; what follows is written as it grows, and when it rests.
            while (rowsInFiles(data) < effort.rows() - effort.rows() / TAIL_SHARE_MAX) {
                if (System.nanoTime() - started > TimeUnit.SECONDS.toNanos(BUILD_SECONDS)) {
                    throw new IllegalStateException("no graph on the disk after " + BUILD_SECONDS + " seconds");
                }
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
        report.line("graph built and written      %.0f s", (System.nanoTime() - started) / 1e9);
    }

    /** How many rows the newest whole graph file is of, as its head says. */
    private static int rowsInFiles(Path data) {
        try (Stream<Path> files = Files.walk(data)) {
            int most = 0;
            for (Path file : files.filter(path -> path.getFileName().toString().startsWith("graph-"))
                    .toList()) {
                try (InputStream in = Files.newInputStream(file)) {
                    byte[] head = in.readNBytes(GRAPH_ROWS_AT + Integer.BYTES);
                    if (head.length == GRAPH_ROWS_AT + Integer.BYTES) {
                        most = Math.max(
                                most,
                                ByteBuffer.wrap(head)
                                        .order(ByteOrder.LITTLE_ENDIAN)
                                        .getInt(GRAPH_ROWS_AT));
                    }
                } catch (NoSuchFileException replaced) {
                    // A newer one has come.
                }
            }
            return most;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void copyRow(Dataset rows, Path file) {
        byte[] row = new byte[DIMENSION * Float.BYTES];
        ByteBuffer.wrap(row)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .put(rows.read(wanted, 1).values());
        try {
            Files.write(file, row);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Start> starts(Supplier<Start> start) {
        List<Start> all = new ArrayList<>();
        for (int i = 0; i < effort.rounds(); i++) {
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
            String[] answer = new Lines("engine", process).next(ANSWER_SECONDS).split(" ", -1);
            requireRight(answer[0]);
            if (Long.parseLong(answer[1]) > effort.rows() / TAIL_SHARE_MAX) {
                throw new IllegalStateException(answer[1] + " rows were scanned beside the graph");
            }
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
            try (Server server = Server.kithOpening(place, data)) {
                client.ask("connect", server.endpoint());
                client.ask("answer", 1, place.file("million-id"));
                double seconds = (System.nanoTime() - started) / 1e9;
                byte[] id = Files.readAllBytes(place.file("million-id"));
                requireRight(Long.toString(
                        ByteBuffer.wrap(id).order(ByteOrder.LITTLE_ENDIAN).getLong()));
                return new Start(seconds, server.residentBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void requireRight(String id) {
        if (!Integer.toString(wanted).equals(id)) {
            throw new IllegalStateException("row " + wanted + " was asked for, " + id + " came");
        }
    }
}
