package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.storage.Directory;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.storage.StorageException;
import dev.kith.testkit.Await;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Collections that the memory budget is too small for: they open mapped, and nobody sees a difference. */
@Timeout(300)
@ExtendWith(Quiet.class)
class EngineMappedTest {
    private static final CollectionName NAME = Graphs.NAME;
    private static final int DIMENSION = 1024;
    /** What one chunk takes: 8 MiB of vectors. */
    private static final int CHUNK_ROWS = 2048;

    private static final int ROWS = 2 * CHUNK_ROWS + 300;
    /** All rows take 18 MB, and 1.4 MB where what makes whole chunks is mapped. */
    private static final long SMALL = 6L << 20;

    private static final long LARGE = 1L << 28;
    private static final int CALLS_MAX = 200;
    private static final String FOLDER = "collections/0000000000000001";
    private static final List<String> FOLDERS = List.of("catalogue", FOLDER);
    private static final CollectionSpec SPEC = CollectionSpec.floats(DIMENSION, Metric.L2);

    private final Random random = new Random(44);

    private static Engine open(Directory disk, long memory) {
        Engine engine = Engine.open(
                EngineOptions.durable(disk, memory, 2).with(new CheckpointOptions(Long.MAX_VALUE, 1 << 20)));
        engine.list(NAME.tenant());
        return engine;
    }

    private VectorBlock rows(int count) {
        return World.smallVectors(random, SPEC, count);
    }

    private static CollectionInfo info(Engine engine) {
        return engine.find(NAME).orElseThrow();
    }

    /** A disk with a collection, some of which has ended, and all of which is sealed. */
    private FaultyDirectory filled(CollectionSpec spec) {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = open(disk, LARGE)) {
            engine.create(NAME, spec);
            for (int rows = 0; rows < ROWS; rows += 314) {
                engine.put(NAME, Put.append(rows(314)));
            }
            engine.delete(NAME, new Selection.Ids(LongStream.range(100, 200).toArray()));
            assertThat(engine.checkpoint(NAME)).isTrue();
        }
        return disk.crash(CrashPolicy.DROP_ALL);
    }

    /** Everything that an engine answers, bit for bit. */
    private static List<String> seen(Engine engine) {
        List<String> seen = new ArrayList<>(World.everything(engine, List.of(NAME.tenant())));
        Random queries = new Random(9);
        for (Metric metric : List.of(Metric.L2, Metric.INNER_PRODUCT, Metric.COSINE)) {
            VectorBlock vectors = World.smallVectors(queries, SPEC, 5);
            Query query = Query.nearest(vectors, 20).by(metric);
            for (Hits hits : engine.search(NAME, query)) {
                seen.add(java.util.Arrays.toString(hits.ids()) + java.util.Arrays.toString(hits.scores()));
            }
        }
        return seen;
    }

    private static void requireMapped(Engine engine, boolean mapped) {
        assertThat(engine.stats().mapped()).isEqualTo(mapped ? 1 : 0);
        assertThat(engine.stats().memoryBytes())
                .isLessThanOrEqualTo(engine.stats().memoryBytesMax());
    }

    private static void requireSame(Engine left, Engine right) {
        List<String> seen = seen(left);
        List<String> expected = seen(right);
        assertThat(seen).hasSameSizeAs(expected);
        assertThat(seen.equals(expected)).isTrue(); // A difference of megabytes would not be readable anyway.
    }

    private void change(Engine engine, VectorBlock more, VectorBlock updates) {
        engine.put(NAME, Put.append(more));
        engine.put(NAME, Put.withIds(updates, new long[] {7, 3000, 4500}));
        engine.delete(NAME, new Selection.Ids(new long[] {0, 8, 2047, 2048, 4095, 4096, 4410}));
    }

    @Test
    void aCollectionBeyondTheBudget_answersAsAResidentOne_throughWritesAndRestarts() {
        FaultyDirectory small = filled(SPEC);
        FaultyDirectory large = small.copy(FOLDERS);
        for (int round = 0; round < 3; round++) {
            VectorBlock more = rows(50);
            VectorBlock updates = rows(3);
            try (Engine mapped = open(small, SMALL);
                    Engine resident = open(large, LARGE)) {
                requireMapped(mapped, true);
                requireMapped(resident, false);
                requireSame(mapped, resident);
                change(mapped, more, updates);
                change(resident, more, updates);
                requireSame(mapped, resident);
                if (round == 1) {
                    assertThat(mapped.checkpoint(NAME)).isTrue();
                    assertThat(resident.checkpoint(NAME)).isTrue();
                    requireSame(mapped, resident);
                }
            }
            small = round == 0 ? small.kill() : small.crash(CrashPolicy.DROP_ALL);
            large = large.crash(CrashPolicy.DROP_ALL);
        }
    }

    @Test
    void aCollection_thatFitsButNotWithItsLog_opensMapped() {
        FaultyDirectory disk = filled(SPEC);
        long sealed;
        try (Engine engine = open(disk, LARGE)) {
            sealed = engine.stats().memoryBytes();
            engine.put(NAME, Put.append(rows(400)));
        }
        try (Engine engine = open(disk, sealed + 100_000)) {
            requireMapped(engine, true);
            assertThat(info(engine).points()).isEqualTo(ROWS - 100 + 400);
        }
    }

    @Test
    void aCollection_whoseIdsAloneAreTooMany_isRefusedAsEver() {
        FaultyDirectory disk = filled(SPEC);
        try (Engine engine = open(disk, 200_000)) {
            assertThatThrownBy(() -> engine.scan(NAME, 0, 1))
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.EXHAUSTED));
            assertThat(engine.stats().memoryBytes()).isZero();
            assertThat(engine.stats().mapped()).isZero();
        }
    }

    @Test
    void segments_thatEndWithinAChunk_leaveThatChunkInMemory() {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = open(disk, LARGE)) {
            engine.create(NAME, SPEC);
            // More than 8 MiB with its ids, so that it is not written anew with the rows after it.
            engine.put(NAME, Put.append(rows(CHUNK_ROWS - 1)));
            assertThat(engine.checkpoint(NAME)).isTrue();
            engine.put(NAME, Put.append(rows(CHUNK_ROWS + 300)));
            assertThat(engine.checkpoint(NAME)).isTrue();
        }
        try (Engine mapped = open(disk, 12L << 20);
                Engine resident = open(disk.copy(FOLDERS), LARGE)) {
            requireMapped(mapped, true);
            assertThat(mapped.stats().memoryBytes()).isGreaterThan(8L << 20);
            requireSame(mapped, resident);
        }
    }

    @Test
    void endedRows_waitUntilThereIsMemory() {
        FaultyDirectory disk = filled(SPEC);
        CollectionName other = new CollectionName(NAME.tenant(), NAME.namespace(), "other");
        long[] half = LongStream.range(0, ROWS).filter(id -> id % 2 == 0).toArray();
        try (Engine engine = open(disk, 12L << 20)) {
            requireMapped(engine, true);
            engine.create(other, CollectionSpec.floats(DIMENSION, Metric.L2));
            engine.put(other, Put.append(rows(1200)));
            engine.delete(NAME, new Selection.Ids(half));
            assertThat(engine.compact(NAME)).isFalse();
            List<String> before = seen(engine);
            requireMapped(engine, true);
            engine.drop(other);
            engine.delete(NAME, new Selection.Ids(new long[] {1}));
            Await.until("compaction", () -> engine.stats().upkeep().garbageRows() == 0);
            requireMapped(engine, false);
            assertThat(info(engine).points()).isLessThan(before.size());
            assertThat(engine.checkpoint(NAME)).isTrue();
        }
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL), 12L << 20)) {
            requireMapped(engine, false);
            assertThat(engine.search(NAME, Query.nearest(rows(1), 3)).getFirst().count())
                    .isEqualTo(3);
        }
    }

    @Test
    @Tag("slow")
    void checkpoint_ofAMappedCollection_powerLostAtEveryCall_losesNothing() {
        FaultyDirectory base = filled(SPEC);
        VectorBlock more = rows(50);
        VectorBlock updates = rows(3);
        List<String> expected;
        try (Engine engine = open(base.copy(FOLDERS), LARGE)) {
            change(engine, more, updates);
            expected = seen(engine);
        }
        for (CrashPolicy policy : List.of(CrashPolicy.DROP_ALL, CrashPolicy.seeded(3))) {
            boolean failed = true;
            for (int call = 1; failed; call++) {
                assertThat(call).isLessThan(CALLS_MAX);
                FaultyDirectory disk = base.copy(FOLDERS);
                try (Engine engine = open(disk, SMALL)) {
                    change(engine, more, updates);
                    disk.failAt(disk.calls() + call, Kind.CRASH);
                    failed = !engine.checkpoint(NAME);
                } catch (StorageException expectedOne) {
                    // The disk is gone; threads and memory are let go.
                }
                try (Engine engine = open(disk.crash(policy), SMALL)) {
                    requireMapped(engine, true);
                    assertThat(seen(engine).equals(expected))
                            .as("%s, call %d", policy, call)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void aDamagedSegment_isFoundWhenItIsOpened_mappedOrNot() {
        FaultyDirectory disk = filled(SPEC);
        String name = disk.folder("collections").folder("0000000000000001").names().stream()
                .filter(each -> each.startsWith("segment-"))
                .findFirst()
                .orElseThrow();
        int length = disk.content(FOLDER + "/" + name).length;
        for (int i = 0; i < 12; i++) {
            int offset = i == 0 ? 128 : i == 1 ? length - 1 : random.nextInt(length);
            FaultyDirectory damaged = disk.copy(FOLDERS);
            damaged.flipBit(FOLDER + "/" + name, offset, random.nextInt(8));
            for (long memory : new long[] {SMALL, LARGE}) {
                try (Engine engine = open(damaged, memory)) {
                    assertThat(info(engine).unavailable().map(Rejection::text).orElse("none"))
                            .as("offset %d", offset)
                            .contains(name, " at ");
                    assertThat(engine.stats().memoryBytes()).isZero();
                }
            }
        }
        FaultyDirectory cut = disk.copy(FOLDERS);
        cut.truncate(FOLDER + "/" + name, length / 2);
        try (Engine engine = open(cut, SMALL)) {
            assertThat(info(engine).unavailable()).isPresent();
        }
    }

    @Test
    void drop_whileSearchesRun_letsGoOfTheMappingAfterTheLast() throws InterruptedException {
        FaultyDirectory disk = filled(SPEC);
        try (Engine engine = open(disk, SMALL)) {
            requireMapped(engine, true);
            List<Thread> searches = new ArrayList<>();
            List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
            for (int i = 0; i < 3; i++) {
                VectorBlock vectors = rows(4);
                searches.add(Thread.ofPlatform().start(() -> {
                    try {
                        while (true) {
                            engine.search(NAME, Query.nearest(vectors, 10));
                        }
                    } catch (Rejection dropped) {
                        // As it must end.
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                }));
            }
            engine.drop(NAME);
            for (Thread search : searches) {
                search.join();
            }
            assertThat(failures).isEmpty();
            assertThat(engine.stats().memoryBytes()).isZero();
        }
    }

    @Test
    void aGraph_overMappedRows_servesAndGrows() {
        IndexSpec index = Graphs.index(Metric.L2, "", 8, 40);
        Seeded seeded = new Seeded(4);
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = open(disk, LARGE)) {
            engine.create(NAME, Graphs.spec(DIMENSION, index));
            engine.put(NAME, Put.append(Graphs.clustered(seeded, ROWS, DIMENSION, 20)));
            Graphs.awaitGrown(engine);
            Await.until(
                    "a graph that is kept",
                    () -> engine.checkpoint(NAME)
                            && disk.folder("collections").folder("0000000000000001").names().stream()
                                    .anyMatch(name -> name.startsWith("graph-")));
            // Whatever is being written now is to come to its end.
            assertThat(engine.checkpoint(NAME)).isTrue();
        }
        try (Engine engine = open(disk.crash(CrashPolicy.DROP_ALL), 10L << 20)) {
            requireMapped(engine, true);
            assertThat(info(engine).servedBy()).isEqualTo("hnsw");
            assertThat(Graphs.recall(engine, Query.nearest(Graphs.clustered(seeded, 50, DIMENSION, 20), 10)))
                    .isGreaterThan(0.8);
            engine.put(NAME, Put.append(Graphs.clustered(seeded, 200, DIMENSION, 20)));
            Graphs.awaitGrown(engine);
            assertThat(Graphs.recall(engine, Query.nearest(Graphs.clustered(seeded, 50, DIMENSION, 20), 10)))
                    .isGreaterThan(0.8);
        }
    }
}
