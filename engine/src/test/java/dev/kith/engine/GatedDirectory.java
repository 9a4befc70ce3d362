package dev.kith.engine;

import dev.kith.storage.Directory;
import dev.kith.storage.StorageFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A folder whose files' forces can be counted and held up. Any thread may call it. */
record GatedDirectory(Directory inner, Gate gate) implements Directory {

    /** What all files have in common. */
    static final class Gate {
        private volatile CountDownLatch closed = new CountDownLatch(0);
        private final AtomicInteger forces = new AtomicInteger();
        private final AtomicInteger waiting = new AtomicInteger();
        private volatile Consumer<String> onRead = path -> {};

        /** Calls {@code observer} with the path of every file that is opened for reading, before; it may throw. */
        void onRead(Consumer<String> observer) {
            onRead = observer;
        }

        /** Holds up all forces from now on. */
        void shut() {
            closed = new CountDownLatch(1);
        }

        void open() {
            closed.countDown();
        }

        int forces() {
            return forces.get();
        }

        /** Waits until so many forces are held up at the same time. */
        boolean reached(int held) {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (waiting.get() < held && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            return waiting.get() >= held;
        }

        private void pass() {
            forces.incrementAndGet();
            waiting.incrementAndGet();
            try {
                if (!closed.await(20, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("the gate was never opened");
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                waiting.decrementAndGet();
            }
        }
    }

    @Override
    public Directory folder(String name) {
        return new GatedDirectory(inner.folder(name), gate);
    }

    @Override
    public void create() {
        inner.create();
    }

    @Override
    public boolean exists() {
        return inner.exists();
    }

    @Override
    public List<String> names() {
        return inner.names();
    }

    @Override
    public StorageFile open(String name, Mode mode) {
        if (mode == Mode.READ) {
            gate.onRead.accept(inner.path() + "/" + name);
        }
        return new GatedFile(inner.open(name, mode), gate);
    }

    @Override
    public void delete(String name) {
        inner.delete(name);
    }

    @Override
    public void deleteFolder(String name) {
        inner.deleteFolder(name);
    }

    @Override
    public void rename(String from, String to) {
        inner.rename(from, to);
    }

    @Override
    public void force() {
        inner.force();
    }

    @Override
    public Lock lock(String fileName) {
        return inner.lock(fileName);
    }

    @Override
    public String path() {
        return inner.path();
    }

    private record GatedFile(StorageFile file, Gate gate) implements StorageFile {
        @Override
        public int read(ByteBuffer into, long at) {
            return file.read(into, at);
        }

        @Override
        public void write(ByteBuffer from, long at) {
            file.write(from, at);
        }

        @Override
        public void force() {
            gate.pass();
            file.force();
        }

        @Override
        public MemorySegment map(long at, long bytes, Arena arena) {
            return file.map(at, bytes, arena);
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        public void truncate(long bytes) {
            file.truncate(bytes);
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
