package dev.kith.bench;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.storage.FileDirectory;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Query;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** A process of its own that opens a prepared data folder and answers one query: the engine alone, without a door. */
final class FirstAnswer {
    /** The sub-command, for {@link StartBench} alone. */
    static final String COMMAND = "first-answer";

    private FirstAnswer() {}

    /**
     * Prints the id of the nearest row and how many rows are not in the graph, if there is one; then waits to be
     * ended.
     *
     * @param arguments data folder, namespace, collection, file of the query, dimension
     */
    static void run(String[] arguments, PrintStream out) throws IOException {
        CollectionName name = new CollectionName("default", arguments[2], arguments[3]);
        Dataset query = new Dataset(Path.of(arguments[4]), 1, Integer.parseInt(arguments[5]), Metric.L2);
        try (Engine engine =
                Engine.open(EngineOptions.durable(FileDirectory.open(Path.of(arguments[1])), 4L << 30, 2))) {
            Hits hits = engine.search(name, Query.nearest(query.read(0, 1), 1)).getFirst();
            out.println(hits.ids()[0] + " " + engine.find(name).orElseThrow().tailRows());
            while (System.in.read() >= 0) {}
        }
    }
}
