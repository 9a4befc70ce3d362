package dev.kith.engine.segment;

import dev.kith.engine.rows.RowsLoader;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Loads the blocks of some segments, several at once. Once, from one thread. */
final class SegmentLoading implements AutoCloseable {
    /** Blocks for which another thread is worth while: they take some milliseconds. */
    private static final int BLOCKS_PER_THREAD_MIN = 16;

    private final RowsLoader loader;
    private final List<SegmentReader> readers = new ArrayList<>();
    private final List<Task> tasks = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    private record Task(SegmentReader reader, int block) {}

    SegmentLoading(RowsLoader loader) {
        this.loader = loader;
    }

    /** Takes a segment, which is closed with this. */
    void add(SegmentReader reader) {
        readers.add(reader);
        for (int block = 0; block < reader.blocks(); block++) {
            tasks.add(new Task(reader, block));
        }
    }

    void run(int threads) {
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < Math.min(threads, tasks.size() / BLOCKS_PER_THREAD_MIN); i++) {
            others.add(Thread.ofPlatform().daemon().name("kith-loader-" + i).start(this::loadSome));
        }
        loadSome();
        boolean interrupted = false;
        for (Thread other : others) {
            interrupted |= join(other);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(failure);
        }
    }

    /** Waits for a thread that only reads files; answers whether somebody interrupted that. */
    private static boolean join(Thread other) {
        boolean interrupted = false;
        while (true) {
            try {
                other.join();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    private void loadSome() {
        try (Arena arena = Arena.ofConfined()) {
            ByteBuffer scratch = arena.allocate(SegmentLayout.BLOCK_BYTES).asByteBuffer();
            for (int i = next.getAndIncrement(); i < tasks.size() && failure == null; i = next.getAndIncrement()) {
                tasks.get(i).reader().load(tasks.get(i).block(), loader, scratch);
            }
        } catch (Throwable e) {
            failure = e;
        }
    }

    @Override
    public void close() {
        readers.forEach(SegmentReader::close);
    }
}
