package dev.kith.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.vectors.Metric;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphSetTest {
    @TempDir
    private Path folder;

    @Test
    void recall_someOfASpanFound_countsThoseOfTheSpanInAnyOrder() throws IOException {
        write("truth", LongStream.range(0, 30));
        // Queries 1 and 2 are asked for: all of the first, three of the second.
        write(
                "found",
                LongStream.concat(
                        LongStream.range(10, 20).map(i -> 29 - i),
                        LongStream.concat(LongStream.of(29, 20, 25), LongStream.range(100, 107))));
        assertThat(set().recall(folder.resolve("found"), new GraphSet.Span(1, 2)))
                .isEqualTo(0.65);
    }

    @Test
    void recall_fewerAnswersThanQueries_isRefused() throws IOException {
        write("truth", LongStream.range(0, 30));
        write("found", LongStream.range(0, 10));
        assertThatThrownBy(() -> set().recall(folder.resolve("found"), new GraphSet.Span(0, 2)))
                .isInstanceOf(IllegalStateException.class);
    }

    private GraphSet set() {
        Path none = folder.resolve("none");
        return new GraphSet("set", Metric.L2, 4, 200, 3, none, none, folder.resolve("truth"));
    }

    private void write(String name, LongStream ids) throws IOException {
        long[] all = ids.toArray();
        ByteBuffer bytes = ByteBuffer.allocate(all.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(all);
        Files.write(folder.resolve(name), bytes.array());
    }
}
