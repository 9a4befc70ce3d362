package dev.kith.engine;

import static dev.kith.engine.CheckpointLife.NEVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.testkit.Await;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Payload indexes in files beside the segments: what a start finds of them, and what is damaged. */
@ExtendWith(Quiet.class)
class EngineFieldsFileTest {
    private static final CollectionName NAME = new CollectionName("t", "n", "points");
    private static final String FOLDER = "collections/0000000000000001";
    private static final FieldPath FIELD = FieldPath.of("n");
    private static final int ROWS = 600;
    private static final int VALUES = 50;
    private static final int CALLS_MAX = 400;
    private static final Logger LOG = Logger.getLogger("dev.kith.engine.collection.Checkpointer");

    private final List<String> said = new ArrayList<>();
    private final Handler listener = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            synchronized (said) {
                said.add(entry.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        LOG.setLevel(Level.WARNING);
        LOG.setUseParentHandlers(false);
        LOG.addHandler(listener);
    }

    @AfterEach
    void stopListening() {
        LOG.removeHandler(listener);
        LOG.setUseParentHandlers(true);
        LOG.setLevel(null);
    }

    private boolean saysAnew() {
        synchronized (said) {
            boolean found = said.stream().anyMatch(text -> text.contains("payload indexes are built anew"));
            said.clear();
            return found;
        }
    }

    private static Put put(int from, int count) {
        List<Value.Fields> payloads = IntStream.range(from, from + count)
                .mapToObj(i -> new Value.Fields(Map.of("n", new Value.Int(i % VALUES))))
                .toList();
        CollectionSpec spec = CollectionSpec.floats(1, Metric.L2);
        return new Put(
                World.smallVectors(new Random(from), spec, count),
                Optional.empty(),
                List.of(),
                payloads,
                Put.Known.REPLACE,
                Optional.empty());
    }

    private static List<String> files(FaultyDirectory disk) {
        return disk.folder("collections").folder("0000000000000001").names().stream()
                .filter(name -> name.startsWith("fields-"))
                .toList();
    }

    /** A life up to a checkpoint that has the indexes. */
    private static Engine begun(FaultyDirectory disk) {
        Engine engine = CheckpointLife.open(disk, NEVER);
        engine.create(NAME, CollectionSpec.floats(1, Metric.L2).withPayloadIndexes(new TreeSet<>(List.of(FIELD))));
        engine.put(NAME, put(0, ROWS));
        Await.until("a file", () -> engine.checkpoint(NAME) && !files(disk).isEmpty());
        return engine;
    }

    private static void requireRight(Engine engine, int rows, String doing) {
        Points points = engine.select(NAME, new Filter.Equals(FIELD, new Value.Int(7)), -1, rows);
        assertThat(points.ids())
                .as(doing)
                .isEqualTo(IntStream.range(0, rows)
                        .filter(i -> i % VALUES == 7)
                        .asLongStream()
                        .toArray());
    }

    @Test
    void restart_findsTheIndexesAndGoesOn() {
        FaultyDirectory disk = FaultyDirectory.empty();
        Engine engine = begun(disk);
        engine.put(NAME, put(ROWS, 100));
        engine.close();
        try (Engine again = CheckpointLife.open(disk, NEVER)) {
            assertThat(saysAnew()).isFalse();
            requireRight(again, ROWS + 100, "with a log behind it");
            assertThat(again.checkpoint(NAME)).isTrue();
            requireRight(again, ROWS + 100, "written again");
            again.reset(NAME);
            assertThat(again.checkpoint(NAME)).isTrue();
            assertThat(files(disk)).isEmpty();
        }
    }

    @Test
    void aFile_damagedCutOrMissing_isSaidAndBuiltAnew() {
        FaultyDirectory disk = FaultyDirectory.empty();
        begun(disk).close();
        String name = files(disk).getLast();
        String file = FOLDER + "/" + name;
        int length = disk.content(file).length;
        Random random = new Seeded(5).random();
        for (int i = 0; i < 24; i++) {
            int offset = i < 5 ? 20 + 11 * i : random.nextInt(length);
            disk = disk.crash(CrashPolicy.KEEP_ALL);
            disk.flipBit(file, offset, 3);
            try (Engine engine = CheckpointLife.open(disk, NEVER)) {
                assertThat(engine.find(NAME).orElseThrow().damage()).isEmpty();
                requireRight(engine, ROWS, "offset " + offset);
                assertThat(saysAnew()).as("offset %d", offset).isTrue();
            }
            disk.flipBit(file, offset, 3);
        }
        FaultyDirectory cut = disk.crash(CrashPolicy.KEEP_ALL);
        cut.truncate(file, length - 1);
        try (Engine engine = CheckpointLife.open(cut, NEVER)) {
            requireRight(engine, ROWS, "cut");
            assertThat(saysAnew()).isTrue();
            Await.until("a file", () -> engine.checkpoint(NAME) && !files(cut).isEmpty());
        }
        try (Engine engine = CheckpointLife.open(cut, NEVER)) {
            requireRight(engine, ROWS, "written anew");
            assertThat(saysAnew()).isFalse();
        }
        cut.folder("collections").folder("0000000000000001").delete(files(cut).getLast());
        try (Engine engine = CheckpointLife.open(cut, NEVER)) {
            requireRight(engine, ROWS, "missing");
            assertThat(saysAnew()).isTrue();
        }
    }

    @Test
    @Tag("slow")
    void checkpoint_powerLostAtEveryCall_leavesWhatIsRight() {
        for (CrashPolicy policy : List.of(CrashPolicy.DROP_ALL, CrashPolicy.KEEP_ALL, CrashPolicy.seeded(1))) {
            boolean failed = true;
            for (int call = 1; failed; call++) {
                assertThat(call).isLessThan(CALLS_MAX);
                String doing = "call %d, %s".formatted(call, policy);
                FaultyDirectory disk = FaultyDirectory.empty();
                Engine engine = begun(disk);
                engine.put(NAME, put(ROWS, 100));
                disk.failAt(disk.calls() + call, FaultyDirectory.Kind.CRASH);
                failed = !engine.checkpoint(NAME);
                closeWithoutDisk(engine);
                FaultyDirectory found = disk.crash(policy);
                try (Engine again = CheckpointLife.open(found, NEVER)) {
                    requireRight(again, ROWS + 100, doing);
                    assertThat(saysAnew()).as(doing).isFalse();
                    assertThat(again.checkpoint(NAME)).as(doing).isTrue();
                }
                try (Engine again = CheckpointLife.open(found, NEVER)) {
                    requireRight(again, ROWS + 100, doing + ", once more");
                    assertThat(saysAnew()).as(doing).isFalse();
                }
            }
        }
    }

    private static void closeWithoutDisk(Engine engine) {
        try {
            engine.close();
        } catch (dev.kith.storage.StorageException expected) {
            // The disk is gone; threads and memory are let go.
        }
    }
}
