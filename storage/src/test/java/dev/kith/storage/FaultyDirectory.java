package dev.kith.storage;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A folder in memory that behaves as badly as a disk may, for crash tests of whatever stands on {@link Directory}.
 *
 * <p>It keeps what was forced apart from what was not, for the bytes of files and for the names in folders. {@link
 * #crash} gives the disk as it may be found after a loss of power: of what was not forced, every sector of 512 bytes,
 * every truncation and every name may or may not be there, whatever its order. {@link #kill} gives it as it is found
 * after the end of the process alone: nothing is lost and nothing more is durable.
 *
 * <p>Every call that changes something is counted, from 1, over all folders of the disk; {@link #failAt} makes one of
 * them fail, so that a test can make every step of an operation its last one. Any thread may call it.
 */
public final class FaultyDirectory implements Directory {

    /** What happens at a chosen call. */
    public enum Kind {
        /** The call is begun (a write may survive or not; a force does nothing), and every later call fails too. */
        CRASH,
        /** The call fails; a write has written half of its bytes. */
        IO_ERROR,
        /** The call fails for want of room; a write has written half of its bytes. */
        DISK_FULL,
        /**
         * A force fails, and the bytes that it was for never become durable, though they can be read and later forces
         * succeed. Sizes and names, which a file system keeps in its journal, wait for the next force. Another call
         * than a force just fails.
         */
        FAILED_FORCE
    }

    /** Decides at a loss of power, for each thing that was not forced, whether it is there afterwards. */
    public interface CrashPolicy {

        CrashPolicy DROP_ALL = () -> false;
        CrashPolicy KEEP_ALL = () -> true;

        boolean keep();

        /** Keeps a tenth, a half or nine tenths, by the seed. */
        static CrashPolicy seeded(long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            double share = new double[] {0.1, 0.5, 0.9}[random.nextInt(3)];
            return () -> random.nextDouble() < share;
        }
    }

    private static final long MAPPING_ALIGNMENT = 4096;

    private final FaultyDisk disk;
    private final List<String> names;

    private FaultyDirectory(FaultyDisk disk, List<String> names) {
        this.disk = disk;
        this.names = names;
    }

    /** The root of a new, empty disk. */
    public static FaultyDirectory empty() {
        return new FaultyDirectory(new FaultyDisk(), List.of());
    }

    /** Makes the call of that number fail, once; the numbers are those of {@link #calls}. */
    public void failAt(long call, Kind kind) {
        disk.failAt(call, kind);
    }

    /** How many changing calls the disk has had. */
    public long calls() {
        return disk.calls();
    }

    /** All files together may have so many bytes; unbounded at first, and may be changed at any time. */
    public void capacity(long bytes) {
        disk.capacity(bytes);
    }

    /** Bytes that all files have together. */
    public long used() {
        return disk.used();
    }

    /** Ends this disk, and gives the same folder as it is found after a loss of power that only the seed decides. */
    public FaultyDirectory crash(long seed) {
        return crash(CrashPolicy.seeded(seed));
    }

    /** Ends this disk, and gives the same folder as it is found after a loss of power. */
    public FaultyDirectory crash(CrashPolicy policy) {
        return new FaultyDirectory(disk.crash(policy), names);
    }

    /** Ends this disk's use by one process, and gives the same folder as the next process finds it. */
    public FaultyDirectory kill() {
        return new FaultyDirectory(disk.kill(), names);
    }

    /**
     * Another disk, with the files of some folders, all durable.
     *
     * @param folders paths relative to this one
     */
    public FaultyDirectory copy(List<String> folders) {
        FaultyDirectory copy = empty();
        for (String folder : folders) {
            FaultyDirectory from = this;
            FaultyDirectory to = copy;
            for (String part : folder.split("/")) {
                from = from.folder(part);
                to = to.folder(part);
            }
            to.create();
            for (String name : from.names()) {
                try (StorageFile file = to.open(name, Directory.Mode.CREATE_NEW)) {
                    file.write(ByteBuffer.wrap(from.content(name)), 0);
                    file.force();
                }
            }
            to.force();
        }
        return copy;
    }

    /** Turns one bit of a file over, durably and uncounted. The path is relative to this folder. */
    public void flipBit(String file, long offset, int bit) {
        disk.damage(names, file, bytes -> bytes.flip(offset, bit));
    }

    /** Shortens a file, durably and uncounted. The path is relative to this folder. */
    public void truncate(String file, long bytes) {
        disk.damage(names, file, content -> content.truncate(bytes));
    }

    /** What a file holds, forced or not. The path is relative to this folder. */
    public byte[] content(String file) {
        return disk.content(names, file);
    }

    @Override
    public FaultyDirectory folder(String name) {
        return new FaultyDirectory(disk, FaultyDisk.join(names, Directory.checked(name)));
    }

    @Override
    public void create() {
        disk.createFolders(names);
    }

    @Override
    public boolean exists() {
        return disk.folderAt(names) != null;
    }

    @Override
    public List<String> names() {
        return disk.list(names);
    }

    @Override
    public StorageFile open(String name, Mode mode) {
        String path = path(Directory.checked(name));
        return new OpenFile(disk.open(names, name, mode), path, mode);
    }

    @Override
    public void delete(String name) {
        disk.delete(names, Directory.checked(name));
    }

    @Override
    public void deleteFolder(String name) {
        disk.delete(names, Directory.checked(name));
        force();
    }

    @Override
    public void rename(String from, String to) {
        disk.rename(names, Directory.checked(from), Directory.checked(to));
    }

    @Override
    public void force() {
        disk.forceFolder(names);
    }

    @Override
    public Lock lock(String fileName) {
        return disk.lock(path(Directory.checked(fileName)));
    }

    @Override
    public String path() {
        return "/" + String.join("/", names);
    }

    @Override
    public String toString() {
        return path();
    }

    private String path(String name) {
        return (names.isEmpty() ? "" : path()) + "/" + name;
    }

    /** A file as one caller has it open. */
    private final class OpenFile implements StorageFile {
        private final FaultyDisk.File file;
        private final String path;
        private final Mode mode;
        private volatile boolean closed;

        private OpenFile(FaultyDisk.File file, String path, Mode mode) {
            this.file = file;
            this.path = path;
            this.mode = mode;
        }

        @Override
        public int read(ByteBuffer into, long at) {
            requireOpen(null);
            return disk.read(file, into, at);
        }

        @Override
        public void write(ByteBuffer from, long at) {
            requireOpen(Mode.READ);
            byte[] bytes = new byte[from.remaining()];
            from.get(bytes);
            disk.write(file, path, bytes, at);
        }

        @Override
        public void force() {
            requireOpen(null);
            disk.force(file, path);
        }

        /** As the file is now; as native memory, and aligned as a real mapping is. */
        @Override
        public MemorySegment map(long at, long bytes, Arena arena) {
            long before = at % MAPPING_ALIGNMENT;
            MemorySegment memory = arena.allocate(before + bytes, MAPPING_ALIGNMENT);
            ByteBuffer into = memory.asSlice(before).asByteBuffer();
            if (read(into, at) < bytes) {
                throw new StorageException(path + ": mapped beyond its end");
            }
            return memory.asSlice(before).asReadOnly();
        }

        @Override
        public long size() {
            requireOpen(null);
            return disk.size(file);
        }

        @Override
        public void truncate(long bytes) {
            requireOpen(Mode.READ);
            disk.truncate(file, path, bytes);
        }

        @Override
        public void close() {
            closed = true;
        }

        private void requireOpen(@Nullable Mode forbidden) {
            if (closed || mode == forbidden) {
                throw new StorageException(path + (closed ? ": the file is closed" : ": the file is read-only"));
            }
        }
    }
}
