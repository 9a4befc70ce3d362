package dev.kith.engine.index.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.segment.Checkpoints;
import dev.kith.engine.segment.FileRef;
import dev.kith.engine.segment.GraphHead;
import dev.kith.engine.segment.GraphPage;
import dev.kith.engine.segment.GraphTarget;
import dev.kith.storage.Directory;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.StorageFile;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Graph files that were written once: they are read for ever, and what they are of is found through them. */
class GraphGoldenTest {
    private static final long COLLECTION = 7;
    private static final int ROWS = 600;
    private static final int DIMENSION = 16;
    private static final HnswOptions OPTIONS = new HnswOptions(6, 60, 5);
    /** Of the head, where its checksum and its number are. */
    private static final int CHECKSUM_AT = 12;

    private static final int NUMBER_AT = 24;

    /** The rows that the graph was grown over: every fiftieth is zero and stands apart, thirty are the same. */
    private static GraphRows rows() {
        float[][] vectors = new Seeded(71).normalRows(ROWS, DIMENSION);
        for (int row = 0; row < ROWS; row += 50) {
            vectors[row] = new float[DIMENSION];
        }
        for (int row = 5; row < ROWS; row += 20) {
            vectors[row] = vectors[5].clone();
        }
        GraphRows rows = new GraphRows(DIMENSION, Metric.NORMALISED_L2, OPTIONS);
        rows.put(vectors);
        return rows;
    }

    private record Target(HnswGraph graph, GraphHead head) implements GraphTarget {
        Target {
            new LinkPages(graph, head.covered()).begin();
        }

        @Override
        public int pages(int covered) {
            return new LinkPages(graph, covered).count();
        }

        @Override
        public boolean page(GraphPage page, ByteBuffer from) {
            LinkPages links = new LinkPages(graph, page.covered());
            return page.changes() ? links.decodeChanged(page.number(), from) : links.decode(page.number(), from);
        }

        @Override
        public boolean finish() {
            return new LinkPages(graph, head.covered()).enter(head.entry());
        }
    }

    /** Of version 2 all of a graph of the first rows, and what has changed as the others came. */
    @ParameterizedTest
    @ValueSource(strings = {"graph-v1.bin", "graph-v2.bin graph-v2-changes.bin"})
    void theGoldenFiles_areReadAndSearched(String names) throws IOException {
        FaultyDirectory disk = FaultyDirectory.empty();
        List<FileRef> refs = new ArrayList<>();
        for (String name : names.split(" ")) {
            ByteBuffer golden = golden(name);
            long number = golden.getLong(NUMBER_AT);
            try (StorageFile file = disk.open("graph-%016x".formatted(number), Directory.Mode.CREATE_NEW)) {
                file.write(golden.duplicate(), 0);
            }
            refs.add(new FileRef(number, golden.limit(), golden.getInt(CHECKSUM_AT)));
        }
        GraphRows under = rows();
        GraphHead.Build build = new GraphHead.Build("NORMALISED_L2", new GraphHead.Links(6, 12), 60, 5);
        new Checkpoints(disk, COLLECTION)
                .readGraph(
                        refs,
                        head -> {
                            assertThat(head).isEqualTo(new GraphHead(9, ROWS, 0, head.entry(), build));
                            return new Target(under.graph, head);
                        },
                        1);
        under.graph.restoreApart(under.view(), ROWS);
        assertThat(IntStream.of(under.graph.rowsApart(ROWS, row -> true)))
                .hasSize(ROWS / 50)
                .allMatch(row -> row % 50 == 0);
        assertThat(IntStream.range(0, ROWS).filter(under.graph.copies()::isCopy))
                .hasSize(ROWS / 20 - 1)
                .allMatch(row -> row % 20 == 5);
        assertThat(under.graph.connect(under.view(), ROWS))
                .as("nodes that no way led to")
                .isZero();
        assertThat(under.recallByScore(new Seeded(72).normalRows(50, DIMENSION), 60))
                .isGreaterThan(0.95);
    }

    private static ByteBuffer golden(String name) throws IOException {
        try (InputStream stream = GraphGoldenTest.class.getResourceAsStream(name)) {
            byte[] bytes = Objects.requireNonNull(stream).readAllBytes();
            return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
