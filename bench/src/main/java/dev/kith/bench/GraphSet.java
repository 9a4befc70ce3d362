package dev.kith.bench;

import dev.kith.vectors.Metric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Rows, queries and right answers of the graph bench: files that {@code graph_data.py} makes once, in its own forms.
 * The first {@link #TUNING} queries choose what is measured; the others are reported.
 *
 * @param rows how many of the file's rows are indexed
 * @param queries in the file
 */
record GraphSet(
        String name,
        Metric metric,
        int dimension,
        int rows,
        int queries,
        Path rowsFile,
        Path queriesFile,
        Path truthFile) {

    static final List<String> ALL = List.of("fashion", "clustered", "wordnet");
    /** Neighbours asked for and known. */
    static final int K = 10;
    /** Queries that are not reported. */
    private static final int TUNING = 1_000;

    /** Some of the queries, one after the other. */
    record Span(int first, int count) {}

    /**
     * Makes the files where they are missing.
     *
     * @param rows how many rows at most; 0 for all
     * @return empty when what the set is made of cannot be had; the report then says so
     */
    static Optional<GraphSet> prepare(String name, int rows, Sources sources) {
        String program = sources.place().peer("graph_data.py").toString();
        String python = sources.peers().python().toString();
        String line = Processes.firstLine(
                        sources.place().repository(), python, "-B", program, name, Integer.toString(rows))
                .orElseThrow(() -> new IllegalStateException("graph_data.py failed; what it said stands above"));
        if (!line.startsWith("ok\t")) {
            sources.report().line("%s", line.replace('\t', ' '));
            return Optional.empty();
        }
        Map<String, String> fields = new HashMap<>();
        for (String field : line.split("\t", -1)) {
            String[] parts = field.split("=", 2);
            fields.put(parts[0], parts[parts.length - 1]);
        }
        return Optional.of(new GraphSet(
                name,
                Metric.valueOf(fields.getOrDefault("metric", "")),
                Integer.parseInt(fields.getOrDefault("dimension", "")),
                Integer.parseInt(fields.getOrDefault("rows", "")),
                Integer.parseInt(fields.getOrDefault("queries", "")),
                Path.of(fields.getOrDefault("rows_file", "")),
                Path.of(fields.getOrDefault("queries_file", "")),
                Path.of(fields.getOrDefault("truth_file", ""))));
    }

    /** Where a set comes from and who hears of it. */
    record Sources(Place place, Peers peers, Report report) {}

    Span tuning() {
        return new Span(0, TUNING);
    }

    /** At most {@code count} queries that no tuning has seen. */
    Span reported(int count) {
        return new Span(TUNING, Math.min(count, queries - TUNING));
    }

    /** The share of the right neighbours that are among those found, {@code int64[span.count × K]} in a file. */
    double recall(Path foundFile, Span span) {
        ByteBuffer found = read(foundFile);
        ByteBuffer right = read(truthFile);
        if (found.remaining() != span.count() * K * Long.BYTES) {
            throw new IllegalStateException(foundFile + " holds " + found.remaining() + " bytes for " + span);
        }
        right.position(span.first() * K * Long.BYTES);
        long shared = 0;
        for (int i = 0; i < span.count(); i++) {
            Set<Long> ids = new HashSet<>();
            for (int j = 0; j < K; j++) {
                ids.add(found.getLong());
            }
            for (int j = 0; j < K; j++) {
                shared += ids.contains(right.getLong()) ? 1 : 0;
            }
        }
        return (double) shared / ((long) span.count() * K);
    }

    private static ByteBuffer read(Path file) {
        try {
            return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    double bytes() {
        return (double) rows * dimension * Float.BYTES;
    }
}
