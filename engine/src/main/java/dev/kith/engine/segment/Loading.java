package dev.kith.engine.segment;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Reads many blocks, several at once: on the caller's thread, and on others where there is much. */
final class Loading {
    /** Blocks for which another thread is worth while: they take some milliseconds. */
    private static final int BLOCKS_PER_THREAD_MIN = 16;

    private final int count;
    private final Work work;
    private final AtomicInteger next = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    /** What is done with each block. */
    interface Work {
        /** @param scratch direct, of {@link SegmentLayout#BLOCK_BYTES}; one thread's own */
        void read(int block, ByteBuffer scratch);
    }

    private Loading(int count, Work work) {
        this.count = count;
        this.work = work;
    }

    /** Does the work for 0 up to but without {@code count}; what one of them throws is thrown, after all have ended. */
    static void run(int count, int threads, Work work) {
        new Loading(count, work).run(threads);
    }

    private void run(int threads) {
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < Math.min(threads, count / BLOCKS_PER_THREAD_MIN); i++) {
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
            for (int i = next.getAndIncrement(); i < count && failure == null; i = next.getAndIncrement()) {
                work.read(i, scratch);
            }
        } catch (Throwable e) {
            failure = e;
        }
    }
}
