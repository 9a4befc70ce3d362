package dev.kith.engine;

import static dev.kith.engine.CheckpointLife.KEYED;
import static dev.kith.engine.CheckpointLife.NEVER;
import static dev.kith.engine.CheckpointLife.POINTS;
import static dev.kith.engine.CheckpointLife.WITH_KEYS;
import static dev.kith.engine.CheckpointLife.open;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.storage.Directory;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.StorageFile;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data folders with a checkpoint, as bytes: the newest version is written like that, and all open for ever. */
@ExtendWith(Quiet.class)
class CheckpointGoldenTest {
    private static final String OLDEST = "checkpoint-v1.hex";
    private static final String NEWEST = "checkpoint-v3.hex";
    private static final List<String> FOLDERS =
            List.of("catalogue", "collections/0000000000000001", "collections/0000000000000002");
    /** Its vectors get one component of padding in a segment, as in memory; those of the other one none. */
    private static final CollectionSpec PADDED = CollectionSpec.floats(15, Metric.L2);

    private static VectorBlock vectors(int from, int count) {
        return vectors(from, count, 5);
    }

    private static VectorBlock vectors(int from, int count, int dimension) {
        float[] values = new float[count * dimension];
        for (int i = 0; i < values.length; i++) {
            values[i] = from * dimension + i;
        }
        return new VectorBlock.Floats(values, count, dimension);
    }

    private static List<Put.Key> keys(String... texts) {
        return List.of(texts).stream().map(Put.Key::of).toList();
    }

    private static List<Step> steps(String golden) {
        Value.Fields payload = new Value.Fields(Map.of("n", new Value.Int(7)));
        List<Step> first = List.of(
                Step.create(KEYED, WITH_KEYS),
                Step.put(KEYED, Put.withKeys(vectors(0, 3), keys("a", "b", "c"), List.of())),
                Step.put(KEYED, Put.withKeys(vectors(3, 2), keys("b", "d"), List.of(payload, Value.Fields.EMPTY))),
                Step.delete(KEYED, new Selection.Keys(keys("c"))),
                Step.checkpoint(KEYED),
                Step.put(KEYED, Put.withKeys(vectors(5, 1), keys("e"), List.of())));
        List<Step> second = List.of(
                Step.create(POINTS, PADDED),
                Step.put(POINTS, Put.append(vectors(0, 4, 15))),
                Step.delete(POINTS, new Selection.Ids(new long[] {1})),
                Step.checkpoint(POINTS));
        return Stream.of(first, golden.equals(OLDEST) ? List.<Step>of() : second)
                .flatMap(List::stream)
                .toList();
    }

    /** One line a file: its path, and its bytes in hexadecimal. */
    static String text() {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = open(disk, NEVER)) {
            steps(NEWEST).forEach(step -> step.answer(engine));
        }
        List<String> lines = new ArrayList<>();
        FaultyDirectory found = disk.kill();
        for (String folder : FOLDERS) {
            Directory place = found;
            for (String part : folder.split("/")) {
                place = place.folder(part);
            }
            place.names()
                    .forEach(name -> lines.add(
                            folder + "/" + name + " " + HexFormat.of().formatHex(found.content(folder + "/" + name))));
        }
        return String.join("\n", lines) + "\n";
    }

    private static String golden(String name) throws IOException {
        try (InputStream stream = CheckpointGoldenTest.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void theSameCalls_writeTheSameBytes() throws IOException {
        assertThat(ofTheCollection(text())).isEqualTo(ofTheCollection(golden(NEWEST)));
    }

    /** The catalogue has maps in it, whose order says nothing. */
    private static List<String> ofTheCollection(String text) {
        return text.lines().filter(line -> line.startsWith("collections/")).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {OLDEST, "checkpoint-v2.hex", NEWEST})
    void theGoldenFolder_opensAndHoldsWhatWasPut(String name) throws IOException {
        FaultyDirectory disk = FaultyDirectory.empty();
        for (String line : golden(name).split("\n")) {
            String[] path = line.substring(0, line.indexOf(' ')).split("/");
            Directory place = disk;
            for (int i = 0; i < path.length - 1; i++) {
                place = place.folder(path[i]);
            }
            place.create();
            try (StorageFile file = place.open(path[path.length - 1], Directory.Mode.CREATE_NEW)) {
                file.write(ByteBuffer.wrap(HexFormat.of().parseHex(line.substring(line.indexOf(' ') + 1))), 0);
            }
        }
        World world = new World();
        steps(name).forEach(step -> step.expected(world));
        try (Engine engine = open(disk, NEVER)) {
            assertThat(World.everything(engine, List.of("t"))).isEqualTo(world.everything());
        }
    }
}
