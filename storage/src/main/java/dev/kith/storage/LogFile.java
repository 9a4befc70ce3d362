package dev.kith.storage;

import java.nio.ByteBuffer;

/**
 * The file that a log appends to. Owned by the log's writing thread; another thread may force {@link #file} meanwhile.
 */
final class LogFile implements AutoCloseable {

    /** Written over and over to preallocate; read-only, so that all logs can share it. */
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(256 << 10).asReadOnlyBuffer();

    /** What is read and written at once when bytes are written once more. */
    private static final int REWRITE_BYTES = 64 << 10;

    private final String path;
    private final StorageFile file;
    private final long base;
    private volatile long size;

    private LogFile(String path, StorageFile file, long base) {
        this.path = path;
        this.file = file;
        this.base = base;
        this.size = file.size();
    }

    /** Creates the file with its header; neither that nor its name is forced. */
    static LogFile create(Directory folder, LogFileHeader header) {
        String name = LogFileHeader.name(header.base());
        StorageFile file = folder.open(name, Directory.Mode.CREATE_NEW);
        try {
            file.write(header.encode(), 0);
            return new LogFile(folder.path() + "/" + name, file, header.base());
        } catch (StorageException e) {
            file.close();
            throw e;
        }
    }

    static LogFile open(Directory folder, long base) {
        String name = LogFileHeader.name(base);
        return new LogFile(folder.path() + "/" + name, folder.open(name, Directory.Mode.WRITE), base);
    }

    String path() {
        return path;
    }

    StorageFile file() {
        return file;
    }

    /** Logical offset of the first record. */
    long base() {
        return base;
    }

    /** Bytes, what is preallocated included. Any thread may ask. */
    long size() {
        return size;
    }

    /** Where in this file the byte at that logical offset of the log is. */
    long position(long offset) {
        return LogFileHeader.BYTES + offset - base;
    }

    /**
     * Preallocates up to that size.
     *
     * @throws DiskFullException when there is no room; the file is then as large as before
     */
    void grow(long bytes) {
        long before = size;
        long at = before;
        try {
            while (at < bytes) {
                ByteBuffer zeros = ZEROS.duplicate();
                zeros.limit((int) Math.min(zeros.capacity(), bytes - at));
                int count = zeros.remaining();
                file.write(zeros, at);
                at += count;
            }
        } catch (DiskFullException e) {
            file.truncate(before);
            throw e;
        }
        size = at;
    }

    /**
     * Writes the header, and the bytes between two logical offsets, once more as they are. After a force that failed
     * the operating system may have them without ever bringing them to the disk; so it will.
     */
    void rewrite(long from, long to) {
        rewriteBytes(0, LogFileHeader.BYTES);
        rewriteBytes(position(Math.max(from, base)), position(to));
    }

    private void rewriteBytes(long from, long to) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.clamp(to - from, 0, REWRITE_BYTES));
        long at = from;
        while (at < to) {
            bytes.clear().limit((int) Math.min(bytes.capacity(), to - at));
            int count = file.read(bytes, at);
            if (count == 0) {
                throw new StorageException("%s: expected bytes up to %d, found %d".formatted(path, to, at));
            }
            file.write(bytes.flip(), at);
            at += count;
        }
    }

    void truncate(long bytes) {
        file.truncate(bytes);
        size = Math.min(size, bytes);
    }

    @Override
    public void close() {
        file.close();
    }
}
