package dev.kith.storage;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The part of a file that is in memory, moved forward over it with large reads. One thread at a time, the one that
 * the arena belongs to.
 */
final class FileWindow {

    /** Bytes read at once: two of the largest records, so that at least one whole record comes with every read. */
    static final int READ_BYTES = 2 * RecordFormat.RECORD_BYTES_MAX;

    /** Small files get small buffers in steps of this many bytes; clearing megabytes would cost more than reading. */
    private static final int BUFFER_STEP = 64 << 10;

    private final Arena arena;
    private final ByteBuffer buffer;
    private final StorageFile file;
    private final long size;
    private long start;
    private int filled;

    /** A window on the file, which takes the buffer of the window before it, if that is large enough. */
    private FileWindow(Arena arena, ByteBuffer before, StorageFile file) {
        this.arena = arena;
        this.file = file;
        this.size = file.size();
        int wanted = (int) Math.min(READ_BYTES, (size + BUFFER_STEP - 1) / BUFFER_STEP * BUFFER_STEP);
        this.buffer = before.capacity() >= wanted
                ? before
                : arena.allocate(wanted, Long.BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    static FileWindow on(StorageFile file, Arena arena) {
        return new FileWindow(arena, ByteBuffer.allocate(0), file);
    }

    /** The window on the next file; this one must not be used any more. */
    FileWindow next(StorageFile nextFile) {
        return new FileWindow(arena, buffer, nextFile);
    }

    /** Size of the file when the window was opened, bytes. */
    long size() {
        return size;
    }

    /** Where {@link #locate} finds its bytes; direct, little-endian, read by index only. */
    ByteBuffer buffer() {
        return buffer;
    }

    /**
     * Brings bytes of the file into the buffer.
     *
     * @param bytes at most {@link RecordFormat#RECORD_BYTES_MAX}
     * @return the index in the buffer of the byte at {@code position}, or -1 when the file ends before so many bytes
     */
    int locate(long position, int bytes) {
        if (position >= start && position + bytes <= start + filled) {
            return (int) (position - start);
        }
        if (position + bytes > size) {
            return -1;
        }
        boolean within = position >= start && position < start + filled;
        int kept = within ? (int) (start + filled - position) : 0;
        if (kept > 0) {
            buffer.limit(filled).position((int) (position - start));
            buffer.compact();
        }
        buffer.limit((int) Math.min(buffer.capacity(), size - position)).position(kept);
        filled = kept + file.read(buffer, position + kept);
        start = position;
        buffer.clear();
        return filled >= bytes ? 0 : -1;
    }
}
