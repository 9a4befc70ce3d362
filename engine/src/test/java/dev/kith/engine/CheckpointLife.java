package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.LogOptions;
import dev.kith.storage.StorageException;
import dev.kith.testkit.Await;
import dev.kith.testkit.ManualClock;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** A disk, the engine on it with four unlike collections, and what they should hold. One thread. */
final class CheckpointLife {
    private static final LogOptions SMALL = new LogOptions(4 << 10, 512, 2048);
    /** Checkpoints are made when the test says so. */
    static final CheckpointOptions NEVER = new CheckpointOptions(Long.MAX_VALUE, Long.MAX_VALUE);

    static final CollectionName POINTS = new CollectionName("t", "n", "points");
    static final CollectionName KEYED = new CollectionName("t", "n", "keyed");
    static final CollectionName BITS = new CollectionName("t", "n", "bits");
    static final CollectionName DENSE = new CollectionName("t", "n", "dense");
    static final CollectionSpec FLOATS = CollectionSpec.floats(5, Metric.L2);
    static final CollectionSpec WITHOUT_PADDING = CollectionSpec.floats(32, Metric.L2);
    static final CollectionSpec WITH_KEYS =
            CollectionSpec.of(ElementType.FLOAT32, 5, KeyPolicy.BYTES, IndexSpec.flat(Metric.L2));
    static final CollectionSpec WITH_BITS =
            CollectionSpec.of(ElementType.BIT, 70, KeyPolicy.NONE, IndexSpec.flat(Metric.HAMMING));
    static final List<CollectionName> ALL = List.of(POINTS, KEYED, BITS, DENSE);

    FaultyDirectory disk = FaultyDirectory.empty();
    final World world = new World();
    final Random random = new Random(11);
    Engine engine = open(disk, NEVER);

    CheckpointLife() {
        done(Step.create(POINTS, FLOATS));
        done(Step.create(KEYED, WITH_KEYS));
        done(Step.create(BITS, WITH_BITS));
        done(Step.create(DENSE, WITHOUT_PADDING));
        fill();
    }

    void done(Step step) {
        assertThat(step.answer(engine)).as(step.toString()).isEqualTo(step.expected(world));
    }

    void fill() {
        done(Step.put(POINTS, Put.append(World.smallVectors(random, FLOATS, 30))));
        done(Step.put(POINTS, Put.withIds(World.smallVectors(random, FLOATS, 3), new long[] {3, 7000, 5})));
        done(Step.delete(POINTS, new Selection.Ids(new long[] {4, 7000, 20, 21})));
        done(Step.put(BITS, Put.append(World.smallVectors(random, WITH_BITS, 90))));
        done(Step.delete(BITS, new Selection.Ids(new long[] {63, 64, 1})));
        done(Step.put(DENSE, Put.append(World.smallVectors(random, WITHOUT_PADDING, 70))));
        List<Put.Key> keys = random.ints(20, 0, 40)
                .distinct()
                .mapToObj(i -> Put.Key.of("k" + i))
                .toList();
        List<Value.Fields> payloads = IntStream.range(0, keys.size())
                .mapToObj(i -> i % 3 == 0 ? Value.Fields.EMPTY : new Value.Fields(Map.of("n", new Value.Int(i))))
                .toList();
        done(Step.put(KEYED, Put.withKeys(World.smallVectors(random, WITH_KEYS, keys.size()), keys, payloads)));
        done(Step.delete(KEYED, new Selection.Keys(keys.subList(0, 4))));
    }

    void checkpointAll() {
        ALL.forEach(name -> done(Step.checkpoint(name)));
    }

    void reopen(FaultyDirectory found) {
        try {
            engine.close();
        } catch (StorageException expected) {
            // The disk is gone; threads and memory are let go.
        }
        disk = found;
        engine = open(disk, NEVER);
    }

    void requireSame(String doing) {
        assertThat(World.everything(engine, List.of("t"))).as(doing).isEqualTo(world.everything());
    }

    /** Looks at what a crash left, goes on with it, and looks again after another crash; the life ends with that. */
    void requireUnharmed(FaultyDirectory found, CollectionName name, String doing) {
        reopen(found);
        requireSame(doing);
        fill();
        checkpointAll();
        requireNoOrphans(name, doing);
        reopen(disk.crash(CrashPolicy.DROP_ALL));
        requireSame(doing);
        engine.close();
    }

    /** Waits for a checkpoint that was begun in the background because files were left over. */
    void requireNoOrphans(CollectionName name, String doing) {
        Await.until("left-over files deleted", () -> files(name).size() <= 4);
        assertThat(files(name)).as(doing).hasSize(4);
    }

    List<String> files() {
        return files(POINTS);
    }

    List<String> files(CollectionName name) {
        return disk.folder("collections")
                .folder("%016x".formatted(1 + ALL.indexOf(name)))
                .names();
    }

    static Engine open(FaultyDirectory disk, CheckpointOptions checkpoints) {
        Engine engine = Engine.open(EngineOptions.durable(disk, 1 << 28, 2)
                .with(SMALL, ManualClock.atNewYear())
                .with(checkpoints));
        engine.list("t");
        return engine;
    }
}
