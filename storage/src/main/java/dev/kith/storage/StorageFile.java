package dev.kith.storage;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * An open file. Positions are bytes from its start. Any thread may call it, several at once; writes to overlapping
 * places must not run at the same time. Every failure is a {@link StorageException} that names file and offset.
 */
public interface StorageFile extends AutoCloseable {

    /**
     * Reads until {@code into} is full or the file ends.
     *
     * @return the bytes read; fewer than there was room for only at the end of the file, 0 beyond it
     */
    int read(ByteBuffer into, long at);

    /**
     * Writes all that remains in {@code from}. The file grows where needed; what it skips over reads as zero.
     *
     * @throws DiskFullException when there is no room; some of the bytes may be written
     */
    void write(ByteBuffer from, long at);

    /**
     * Makes all bytes, and the size, durable. After a failure nothing is known of the bytes written since the last
     * force, and a second force that succeeds proves nothing: do not retry.
     */
    void force();

    /**
     * Maps a part of the file for reading, until the arena is closed; closing and deleting the file do not matter. It
     * must neither be written nor shortened there while it is mapped. Who reads the memory when the disk fails meets an
     * {@link InternalError} at best, and the end of the process at worst.
     *
     * @param arena shared
     */
    MemorySegment map(long at, long bytes, Arena arena);

    /** Bytes. */
    long size();

    /** Shortens the file to {@code bytes}; a file that is not longer stays as it is. */
    void truncate(long bytes);

    /** Closes without forcing; a second time does nothing. */
    @Override
    void close();
}
