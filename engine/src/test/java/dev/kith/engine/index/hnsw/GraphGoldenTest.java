package dev.kith.engine.index.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.segment.Checkpoints;
import dev.kith.engine.segment.FileRef;
import dev.kith.engine.segment.GraphHead;
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
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A graph file of version 1 that was written once: it is read for ever, and what it is of is found through it. */
class GraphGoldenTest {
    private static final String GOLDEN = "graph-v1.bin";
    private static final long COLLECTION = 7;
    private static final long NUMBER = 3;
    private static final int ROWS = 600;
    private static final int DIMENSION = 16;
    private static final HnswOptions OPTIONS = new HnswOptions(6, 60, 5);
    /** Of the head, where its checksum is. */
    private static final int CHECKSUM_AT = 12;

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

    private record Target(LinkPages links, GraphHead head) implements GraphTarget {
        @Override
        public int pages() {
            links.begin();
            return links.count();
        }

        @Override
        public boolean page(int page, ByteBuffer from) {
            return links.decode(page, from);
        }

        @Override
        public boolean finish() {
            return links.enter(head.entry());
        }
    }

    @Test
    void theGoldenFile_isReadAndSearched() throws IOException {
        ByteBuffer golden = golden();
        FaultyDirectory disk = FaultyDirectory.empty();
        try (StorageFile file = disk.open("graph-%016x".formatted(NUMBER), Directory.Mode.CREATE_NEW)) {
            file.write(golden.duplicate(), 0);
        }
        FileRef ref = new FileRef(NUMBER, golden.limit(), golden.getInt(CHECKSUM_AT));
        GraphRows under = rows();
        GraphHead.Build build = new GraphHead.Build("NORMALISED_L2", 6, 60, 5);
        new Checkpoints(disk, COLLECTION)
                .readGraph(
                        ref,
                        head -> {
                            assertThat(head).isEqualTo(new GraphHead(9, ROWS, 0, head.entry(), build));
                            return new Target(new LinkPages(under.graph, ROWS), head);
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

    private static ByteBuffer golden() throws IOException {
        try (InputStream stream = GraphGoldenTest.class.getResourceAsStream(GOLDEN)) {
            byte[] bytes = Objects.requireNonNull(stream).readAllBytes();
            return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
