package dev.kith.bench.rivals;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/** The commands over one rival, timed here. The main thread alone calls. */
final class Trial {
    /** The JVM gives its heap back in steps of some milliseconds. */
    private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private static final long SETTLED_BYTES = 1 << 20;
    private static final int SETTLE_POLLS_MAX = 40;

    private final Supplier<Rival> make;
    private @Nullable Rival rival;
    private @Nullable FloatFile rows;
    private float[][] queries = {};
    private long baseBytes;

    /** What to search: {@code count} queries from the {@code first} on. */
    record Ask(int ef, int first, int count, int k) {
        /** Every {@code of}-th of the queries, from the {@code part}-th on. */
        Stream<Integer> part(int part, int of) {
            return Stream.iterate(first + part, i -> i < first + count, i -> i + of);
        }
    }

    /** @param make an empty rival; each build has a new one */
    Trial(Supplier<Rival> make) {
        this.make = make;
    }

    Map<String, Object> about() {
        try (Rival empty = make.get()) {
            return Map.of("version", empty.about());
        }
    }

    Map<String, Object> load(FloatFile file, Path queriesFile) throws IOException {
        rows = file;
        int count = (int) (Files.size(queriesFile) / Float.BYTES / file.dimension());
        queries = new FloatFile(queriesFile, file.dimension(), file.metric()).readEach(0, count);
        baseBytes = residentBytes();
        return Map.of();
    }

    Map<String, Object> build(Rival.Plan plan) throws IOException {
        if (rival != null) {
            rival.close();
            rival = null;
        }
        residentBytes();
        Rival next = make.get();
        long started = System.nanoTime();
        next.build(Objects.requireNonNull(rows), plan);
        double seconds = (System.nanoTime() - started) / 1e9;
        next.settle();
        rival = next;
        return Map.of(
                "seconds",
                seconds,
                "resident",
                residentBytes() - baseBytes,
                "own",
                next.bytes(),
                "huge",
                bytes("AnonHugePages"));
    }

    private Rival built() {
        return Objects.requireNonNull(rival, "nothing was built");
    }

    /** Writes the ids of all queries, {@code int64[count × k]}. */
    Map<String, Object> answer(Ask ask, Path idsFile) throws IOException {
        Rival.Searcher searcher = built().searcher();
        ByteBuffer ids = ByteBuffer.allocate(ask.count() * ask.k() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        ask.part(0, 1).forEach(i -> {
            for (long id : searcher.search(queries[i], ask.ef(), ask.k())) {
                ids.putLong(id);
            }
        });
        Files.write(idsFile, ids.array());
        return Map.of();
    }

    /** The seconds that so many threads take for all queries, each for its own part of them. */
    Map<String, Object> search(Ask ask, int threads) {
        long started = System.nanoTime();
        try (ExecutorService callers = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("rival-caller-", 0).factory())) {
            List<Future<?>> running = new ArrayList<>();
            for (int part = 0; part < threads; part++) {
                int own = part;
                running.add(callers.submit(() -> {
                    Rival.Searcher searcher = built().searcher();
                    ask.part(own, threads).forEach(i -> searcher.search(queries[i], ask.ef(), ask.k()));
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while callers ran", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a caller failed", e.getCause());
        }
        return Map.of("seconds", (System.nanoTime() - started) / 1e9);
    }

    /** Microseconds of single searches, one after the other. */
    Map<String, Object> latency(Ask ask) {
        Rival.Searcher searcher = built().searcher();
        Latencies taken = new Latencies();
        ask.part(0, 1).forEach(i -> taken.time(() -> searcher.search(queries[i], ask.ef(), ask.k())));
        return Map.of("p50", taken.micros(0.5), "p99", taken.micros(0.99));
    }

    /** Microseconds of single searches while the second half of the rows is put, and before that. */
    Map<String, Object> building(Ask ask) {
        if (!(built() instanceof KithRival kith)) {
            throw new IllegalStateException("only Kith is searched while it builds");
        }
        return kith.searchWhileBuilding(ask, queries);
    }

    /** Searches while half of the rows are deleted, and then, with each ef, beside a graph that never had them. */
    Map<String, Object> halved(Ask ask, int[] efs) {
        if (!(built() instanceof KithRival kith)) {
            throw new IllegalStateException("only Kith is searched after a deletion");
        }
        return kith.searchWithoutHalf(ask, queries, efs);
    }

    /**
     * Resident bytes of this process without the free part of its heap, which is resident as a whole, and after the C
     * library gave back its own.
     */
    private static long residentBytes() throws IOException {
        System.gc();
        System.gc();
        try {
            ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "systemTrimNativeHeap",
                            new Object[0],
                            new String[0]);
        } catch (JMException e) {
            throw new IllegalStateException("this JVM does not trim its native heap", e);
        }
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        return settledRss() - (heap.getCommitted() - heap.getUsed());
    }

    /** The collector gives memory back a little later than it says: waits until no more of it goes. */
    private static long settledRss() throws IOException {
        long before = Long.MAX_VALUE;
        long now = bytes("Rss");
        for (int i = 0; i < SETTLE_POLLS_MAX && now < before - SETTLED_BYTES; i++) {
            LockSupport.parkNanos(SETTLE_NANOS);
            before = now;
            now = bytes("Rss");
        }
        return now;
    }

    private static long bytes(String field) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/smaps_rollup"))) {
            return lines.filter(line -> line.startsWith(field + ":"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .findFirst()
                    .orElseThrow();
        }
    }
}
