package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.storage.FaultyDirectory;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many threads on one collection. Each writer owns some ids and gives them ascending versions; a vector says which id
 * and version it is of, and every other component follows from these two, so that a torn one shows. What everybody saw
 * and when is kept, and checked afterwards to be explainable by one order of all calls.
 */
class EngineStressTest {
    private static final CollectionName NAME = new CollectionName("t", "n", "points");
    private static final int DIMENSION = 20;
    private static final int WRITERS = 4;
    private static final int IDS_EACH = 8;
    private static final int IDS = WRITERS * IDS_EACH;
    /** The version of an id that is not there. */
    private static final int ABSENT = 0;

    private final AtomicLong ticks = new AtomicLong();

    /** One write of one id, or one sight of it; the ticks say when the call began and ended. */
    private record Event(long id, int version, long began, long ended) {}

    /** One sight of all ids at one moment. */
    private record Picture(Map<Long, Integer> versions, long began, long ended) {}

    @Test
    @Timeout(60)
    void registers_underConcurrentUse_areLinearizable() throws Exception {
        registers(1, 1000);
    }

    @Tag("stress")
    @Test
    void registers_underLongConcurrentUse_areLinearizable() throws Exception {
        for (long seed = 10; seed < 20; seed++) {
            registers(seed, 3000);
        }
    }

    private static float component(long id, int version, int j) {
        return switch (j) {
            case 0 -> id;
            case 1 -> version;
            default -> (id * 31 + version * 17L + j * 7L) % 1021;
        };
    }

    private static VectorBlock vectors(long[] ids, int version) {
        float[] values = new float[ids.length * DIMENSION];
        for (int i = 0; i < values.length; i++) {
            values[i] = component(ids[i / DIMENSION], version, i % DIMENSION);
        }
        return new VectorBlock.Floats(values, ids.length, DIMENSION);
    }

    /** The version in a vector, which must be whole. */
    private static int version(Points points, int i) {
        float[] values = ((VectorBlock.Floats) points.vectors()).values();
        int version = (int) values[i * DIMENSION + 1];
        for (int j = 0; j < DIMENSION; j++) {
            assertThat(values[i * DIMENSION + j]).isEqualTo(component(points.ids()[i], version, j));
        }
        return version;
    }

    private void registers(long seed, int millis) throws Exception {
        FaultyDirectory disk = FaultyDirectory.empty();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        Queue<Event> writes = new ConcurrentLinkedQueue<>();
        Queue<Picture> pictures = new ConcurrentLinkedQueue<>();
        Map<Long, Integer> last = Collections.synchronizedMap(new HashMap<>());
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 1 << 29, 2))) {
            engine.create(NAME, CollectionSpec.floats(DIMENSION, Metric.INNER_PRODUCT));
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            List<Thread> threads = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                int writer = w;
                threads.add(start(failures, () -> new RegisterWriter(engine, writer, seed).run(end, writes, last)));
            }
            for (int r = 0; r < 4; r++) {
                int kind = r;
                threads.add(start(failures, () -> {
                    Random random = new Seeded(seed * 100 + kind).random();
                    while (System.nanoTime() < end) {
                        pictures.add(look(engine, kind, random));
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).as("seed %d", seed).isEmpty();
            assertThat(writes.size()).isGreaterThan(10);
            assertThat(pictures.size()).isGreaterThan(10);
            requireLinearizable(seed, List.copyOf(writes), List.copyOf(pictures));
        }
        try (Engine engine = Engine.open(EngineOptions.durable(disk, 1 << 29, 2))) {
            Picture found = look(engine, 0, new Seeded(seed).random());
            last.forEach((id, version) -> assertThat(found.versions().getOrDefault(id, ABSENT))
                    .as("seed %d, id %d after restart", seed, id)
                    .isEqualTo(version));
        }
    }

    private static Thread start(Queue<Throwable> failures, Runnable action) {
        return Thread.ofPlatform().start(() -> {
            try {
                action.run();
            } catch (Throwable e) {
                failures.add(e);
            }
        });
    }

    /** The even writers write all their ids with every call, the odd ones some. */
    private final class RegisterWriter {
        private final Engine engine;
        private final Random random;
        private final boolean together;
        private final long firstId;
        private int version = ABSENT;

        RegisterWriter(Engine engine, int number, long seed) {
            this.engine = engine;
            this.random = new Seeded(seed * 1000 + number).random();
            this.together = number % 2 == 0;
            this.firstId = (long) number * IDS_EACH;
        }

        void run(long end, Queue<Event> writes, Map<Long, Integer> last) {
            while (System.nanoTime() < end) {
                long[] ids = LongStream.range(firstId, firstId + IDS_EACH)
                        .filter(id -> together || random.nextInt(3) == 0)
                        .toArray();
                version++;
                boolean remove = random.nextInt(5) == 0;
                long began = ticks.incrementAndGet();
                if (remove) {
                    engine.delete(NAME, new Selection.Ids(ids));
                } else {
                    engine.put(NAME, Put.withIds(vectors(ids, version), ids));
                }
                long ended = ticks.incrementAndGet();
                for (long id : ids) {
                    // A removal is a version of its own, so that sights of it can be told apart: −version.
                    writes.add(new Event(id, remove ? -version : version, began, ended));
                    last.put(id, remove ? ABSENT : version);
                }
            }
        }
    }

    private Picture look(Engine engine, int kind, Random random) {
        Map<Long, Integer> versions = new HashMap<>();
        long began = ticks.incrementAndGet();
        switch (kind) {
            case 0 -> {
                Points points = engine.scan(NAME, 0, 2 * IDS);
                for (int i = 0; i < points.ids().length; i++) {
                    versions.put(points.ids()[i], version(points, i));
                }
                assertThat(points.total()).isEqualTo(versions.size());
            }
            case 1, 2 -> {
                float[] axis = new float[DIMENSION * 10];
                for (int q = 0; q < 10; q++) {
                    axis[q * DIMENSION + 1] = 1; // The product with it is the version.
                }
                VectorBlock queries = new VectorBlock.Floats(axis, 10, DIMENSION);
                List<Hits> found =
                        engine.search(NAME, kind == 1 ? Query.nearest(queries, 2 * IDS) : Query.within(queries, -1));
                for (Hits hits : found) {
                    Map<Long, Integer> seen = new HashMap<>();
                    for (int i = 0; i < hits.count(); i++) {
                        assertThat(seen.put(hits.ids()[i], (int) hits.scores()[i]))
                                .isNull();
                    }
                    assertThat(versions.isEmpty() || versions.equals(seen)).isTrue();
                    versions.putAll(seen);
                }
            }
            default -> {
                long id = random.nextInt(IDS);
                Map<Long, Integer> one = new HashMap<>();
                try {
                    Points points = engine.get(NAME, new long[] {id});
                    one.put(id, version(points, 0));
                } catch (Rejection refused) {
                    assertThat(refused.code()).isEqualTo(Rejection.Code.NOT_FOUND);
                    one.put(id, ABSENT);
                }
                return new Picture(one, began, ticks.incrementAndGet());
            }
        }
        for (long id = 0; id < IDS; id++) {
            versions.putIfAbsent(id, ABSENT);
        }
        return new Picture(versions, began, ticks.incrementAndGet());
    }

    /**
     * Each id is a register with one writer. A sight of it must be of a write that had begun, with no later write that
     * had ended before the sight began; and no sight may be older than another that ended before it began. A picture of
     * all ids must show those of one call together.
     */
    private static void requireLinearizable(long seed, List<Event> writes, List<Picture> pictures) {
        for (long id = 0; id < IDS; id++) {
            long at = id;
            List<Event> history = new ArrayList<>(List.of(new Event(id, ABSENT, -1, 0)));
            writes.stream().filter(write -> write.id() == at).forEach(history::add);
            List<Picture> sights = pictures.stream()
                    .filter(picture -> picture.versions().containsKey(at))
                    .sorted(java.util.Comparator.comparingLong(Picture::began))
                    .toList();
            requireRegister(seed, id, history, sights);
        }
        for (Picture picture : pictures) {
            if (picture.versions().size() < IDS) {
                continue;
            }
            for (int writer = 0; writer < WRITERS; writer += 2) {
                long first = (long) writer * IDS_EACH;
                assertThat(LongStream.range(first, first + IDS_EACH)
                                .mapToObj(id -> picture.versions().get(id))
                                .distinct())
                        .as("seed %d, writer %d", seed, writer)
                        .hasSize(1);
            }
        }
    }

    private static void requireRegister(long seed, long id, List<Event> history, List<Picture> sights) {
        // The least write that each sight may be of, given all sights that ended before: ends in order of time.
        List<Picture> byEnd = new ArrayList<>(sights);
        byEnd.sort(java.util.Comparator.comparingLong(Picture::ended));
        Map<Picture, Integer> explained = new java.util.IdentityHashMap<>();
        int ended = 0;
        int least = 0;
        for (Picture sight : sights) {
            while (ended < byEnd.size() && byEnd.get(ended).ended() < sight.began()) {
                Integer known = explained.get(byEnd.get(ended++));
                least = Math.max(least, known == null ? 0 : known);
            }
            int from = least;
            while (from + 1 < history.size() && history.get(from + 1).ended() < sight.began()) {
                from++;
            }
            int version = sight.versions().get(id);
            while (from < history.size() && !shows(history.get(from), version)) {
                from++;
            }
            assertThat(from < history.size() && history.get(from).began() < sight.ended())
                    .as("seed %d, id %d seen as %d between %d and %d", seed, id, version, sight.began(), sight.ended())
                    .isTrue();
            explained.put(sight, from);
        }
    }

    private static boolean shows(Event write, int version) {
        return version == ABSENT ? write.version() <= ABSENT : write.version() == version;
    }

    @Test
    @Timeout(60)
    void lives_resetsDropsAndCreationsBesideEverything_keepTheirPointsApart() throws Exception {
        lives(2, 1000);
    }

    @Tag("stress")
    @Test
    void lives_forLong_keepTheirPointsApart() throws Exception {
        for (long seed = 30; seed < 40; seed++) {
            lives(seed, 3000);
        }
    }

    /** A put or an end of all points, and when. */
    private record Span(long began, long ended) {}

    private void lives(long seed, int millis) throws Exception {
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        Map<Integer, Span> puts = Collections.synchronizedMap(new HashMap<>());
        Queue<Span> ends = new ConcurrentLinkedQueue<>();
        Queue<Picture> pictures = new ConcurrentLinkedQueue<>();
        AtomicLong versions = new AtomicLong();
        try (Engine engine = Engine.open(EngineOptions.durable(FaultyDirectory.empty(), 1 << 29, 2))) {
            long base = engine.stats().memoryBytes();
            engine.create(NAME, CollectionSpec.floats(DIMENSION, Metric.INNER_PRODUCT));
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            List<Thread> threads = new ArrayList<>();
            for (int w = 0; w < 3; w++) {
                Random random = new Seeded(seed * 10 + w).random();
                threads.add(start(failures, () -> {
                    while (System.nanoTime() < end) {
                        int version = (int) versions.incrementAndGet();
                        long[] ids = random.longs(1 + random.nextInt(20), 0, IDS)
                                .distinct()
                                .toArray();
                        puts.put(version, new Span(ticks.incrementAndGet(), Long.MAX_VALUE));
                        if (unlessGone(() -> engine.put(NAME, Put.withIds(vectors(ids, version), ids)))) {
                            long ended = ticks.incrementAndGet();
                            puts.computeIfPresent(version, (v, put) -> new Span(put.began(), ended));
                        }
                    }
                }));
            }
            for (int r = 0; r < 3; r++) {
                int kind = r;
                Random random = new Seeded(seed * 20 + r).random();
                threads.add(start(failures, () -> {
                    while (System.nanoTime() < end) {
                        unlessGone(() -> pictures.add(look(engine, kind, random)));
                        engine.find(NAME);
                        engine.list("t");
                        engine.stats();
                    }
                }));
            }
            Random random = new Seeded(seed).random();
            threads.add(start(failures, () -> {
                while (System.nanoTime() < end) {
                    long began = ticks.incrementAndGet();
                    if (random.nextBoolean()) {
                        engine.reset(NAME);
                    } else {
                        engine.drop(NAME);
                        engine.create(NAME, CollectionSpec.floats(DIMENSION, Metric.INNER_PRODUCT));
                    }
                    ends.add(new Span(began, ticks.incrementAndGet()));
                    Thread.yield();
                }
            }));
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).as("seed %d", seed).isEmpty();
            assertThat(pictures.size()).isGreaterThan(10);
            assertThat(ends).isNotEmpty();
            requireApart(seed, puts, List.copyOf(ends), pictures);
            engine.drop(NAME);
            assertThat(engine.stats().memoryBytes()).isEqualTo(base);
        }
    }

    /** No picture shows a point of before an end that was over when the picture was begun. */
    private static void requireApart(long seed, Map<Integer, Span> puts, List<Span> ends, Iterable<Picture> pictures) {
        for (Picture picture : pictures) {
            long lastEnd = ends.stream()
                    .filter(span -> span.ended() < picture.began())
                    .mapToLong(Span::began)
                    .max()
                    .orElse(-1);
            picture.versions().forEach((id, version) -> {
                if (version == ABSENT) {
                    return;
                }
                Span put = puts.get(version);
                assertThat(put.ended())
                        .as("seed %d, id %d of put %d, seen at %d", seed, id, version, picture.began())
                        .isGreaterThan(lastEnd);
                assertThat(put.began()).isLessThan(picture.ended());
            });
        }
    }

    /** Answers whether it was done; a collection that is not there at the moment is no fault. */
    private static boolean unlessGone(Runnable action) {
        try {
            action.run();
            return true;
        } catch (Rejection refused) {
            assertThat(refused.code()).isEqualTo(Rejection.Code.NOT_FOUND);
            return false;
        }
    }
}
