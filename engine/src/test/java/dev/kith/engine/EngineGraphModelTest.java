package dev.kith.engine;

import static dev.kith.engine.Graphs.NAME;
import static dev.kith.engine.Graphs.info;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.engine.index.hnsw.HardRows;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.StorageException;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Long random lists of changes to a collection that has a graph, with checkpoints, compactions, restarts and losses of
 * power among them, agree with a plain map: what is found is there, at its distance, and it is nearly all of what
 * comparing with every point of the map finds, in whatever state the graph is.
 */
@Timeout(180)
@ExtendWith(Quiet.class)
class EngineGraphModelTest {
    private static final int DIMENSION = 256;
    /** A graph is made of half as many. */
    private static final int ROWS = 8_000;

    private static final int BATCH_MAX = 600;
    private static final int STEPS = 120;
    private static final int K = 10;
    private static final int EF_SEARCH = 200;

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void changes_withRestartsAndCrashes_agreeWithAMap(long seed) {
        new Life(new Seeded(seed), Metric.L2).run();
    }

    /** One run. */
    private static final class Life {
        private final Seeded seeded;
        private final Random random;
        private final HardRows rows;
        private final Map<Long, float[]> points = new TreeMap<>();
        private FaultyDirectory disk = FaultyDirectory.empty();
        private Engine engine;
        private long nextId;
        private int wanted;
        private int found;
        private int served;

        Life(Seeded seeded, Metric metric) {
            this.seeded = seeded;
            this.random = seeded.random();
            this.rows = new HardRows(seeded, DIMENSION);
            this.engine = open();
            engine.create(NAME, Graphs.spec(DIMENSION, Graphs.index(metric, "", 16, 60)));
        }

        private Engine open() {
            CheckpointOptions often = new CheckpointOptions(8L << 20, 1 << 20);
            return Engine.open(EngineOptions.durable(disk, 1L << 30, 2).with(often));
        }

        void run() {
            while (points.size() < ROWS) {
                put(BATCH_MAX);
            }
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(20)) {
                    case 0 -> restart(disk::kill, true);
                    case 1 -> restart(disk::kill, false);
                    case 2 -> restart(() -> disk.crash(random.nextLong()), false);
                    case 3, 4 -> engine.checkpoint(NAME);
                    case 5 -> engine.compact(NAME);
                    case 6 -> Graphs.awaitGrown(engine);
                    case 7, 8, 9 -> replace();
                    case 10, 11, 12, 13 -> delete();
                    default -> put(1 + random.nextInt(BATCH_MAX));
                }
                search();
            }
            Graphs.awaitGrown(engine);
            search();
            engine.close();
            assertThat(served).as("%s, searches in a graph", seeded).isGreaterThan(STEPS / 4);
            assertThat(found / (double) wanted).as("%s, recall", seeded).isGreaterThan(0.95);
        }

        private void restart(Supplier<FaultyDirectory> left, boolean clean) {
            if (clean) {
                engine.close();
            }
            disk = left.get();
            if (!clean) {
                closeWithoutDisk();
            }
            engine = open();
        }

        private void closeWithoutDisk() {
            try {
                engine.close();
            } catch (StorageException expected) {
                // Nothing can be forced any more; threads and memory are let go.
            }
        }

        private void put(int count) {
            write(LongStream.range(nextId, nextId + count).toArray());
            nextId += count;
        }

        private void replace() {
            write(some(1 + random.nextInt(BATCH_MAX / 4)));
        }

        private void write(long[] ids) {
            if (ids.length == 0) {
                return;
            }
            float[][] vectors = rows.next(ids.length);
            engine.put(NAME, Put.withIds(Engines.block(vectors), ids));
            for (int i = 0; i < ids.length; i++) {
                points.put(ids[i], vectors[i]);
            }
        }

        private void delete() {
            long[] ids = some(1 + random.nextInt(BATCH_MAX));
            assertThat(engine.delete(NAME, new Selection.Ids(ids)))
                    .as("%s", seeded)
                    .isEqualTo(ids.length);
            LongStream.of(ids).forEach(points::remove);
        }

        /** Points that there are, each once. */
        private long[] some(int most) {
            List<Long> all = new ArrayList<>(points.keySet());
            return IntStream.range(0, Math.min(most, all.size()))
                    .mapToLong(i -> all.get(random.nextInt(all.size())))
                    .distinct()
                    .toArray();
        }

        private void search() {
            assertThat(info(engine).points()).as("%s", seeded).isEqualTo(points.size());
            float[] query = rows.next(1)[0];
            VectorBlock one = Engines.block(new float[][] {query});
            Hits hits = engine.search(NAME, Query.nearest(one, K).withEfSearch(EF_SEARCH))
                    .getFirst();
            served += info(engine).tailRows() < points.size() / 2 ? 1 : 0;
            assertThat(hits.count()).as("%s", seeded).isEqualTo(K);
            for (int i = 0; i < K; i++) {
                float[] point = points.get(hits.ids()[i]);
                assertThat(point).as("%s, point %d", seeded, hits.ids()[i]).isNotNull();
                double distance = distance(point, query);
                assertThat(-hits.scores()[i]).as("%s", seeded).isBetween((float) (distance * 0.9999 - 1e-3), (float)
                        (distance * 1.0001 + 1e-3));
            }
            Set<Double> nearest = new HashSet<>();
            points.values().stream()
                    .map(point -> distance(point, query))
                    .sorted(Comparator.naturalOrder())
                    .limit(K)
                    .forEach(nearest::add);
            double farthest = nearest.stream().max(Comparator.naturalOrder()).orElseThrow();
            wanted += K;
            for (long id : hits.ids()) {
                found += distance(points.get(id), query) <= farthest ? 1 : 0;
            }
            assertThat(LongStream.of(hits.ids()).distinct().count())
                    .as("%s", seeded)
                    .isEqualTo(K);
        }

        private static double distance(float[] point, float[] query) {
            double sum = 0;
            for (int i = 0; i < query.length; i++) {
                double difference = (double) point[i] - query[i];
                sum += difference * difference;
            }
            return sum;
        }
    }
}
