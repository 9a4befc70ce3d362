package dev.kith.engine.rows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The vectors of whole chunks as they lie in files, mapped for reading, in place of memory that the budget does not
 * have. Filled by one thread before any row is there, then only read; whoever has the rows closes it after the last.
 */
public final class MappedVectors {
    /** None: all vectors are in memory. Closing it does nothing. */
    static final MappedVectors NONE = new MappedVectors(Arena.global());

    private final Arena arena;
    private final Map<Integer, MemorySegment> chunks = new HashMap<>();
    private long bytes;

    /** A part of a file. */
    public interface Source {
        /** Maps what begins so many bytes after the first vector. */
        MemorySegment map(long offset, long bytes, Arena arena);
    }

    private MappedVectors(Arena arena) {
        this.arena = arena;
    }

    static MappedVectors begin() {
        return new MappedVectors(Arena.ofShared());
    }

    /** Maps what of rows {@code first} up to but without {@code end} makes whole chunks. */
    void add(RowLayout layout, int first, int end, Source source) {
        long rows = layout.rowsPerChunk();
        long chunkBytes = rows * layout.strideBytes();
        int from = Math.toIntExact(Math.ceilDiv(first, rows));
        int to = Math.toIntExact(end / rows);
        if (from >= to) {
            return;
        }
        long offset = (from * rows - first) * layout.strideBytes();
        MemorySegment all = source.map(offset, (to - from) * chunkBytes, arena);
        for (int chunk = from; chunk < to; chunk++) {
            chunks.put(chunk, all.asSlice((chunk - from) * chunkBytes, chunkBytes));
        }
        bytes += (to - from) * chunkBytes;
    }

    /** The vectors of a chunk; null where they are to be in memory. */
    @Nullable
    MemorySegment chunk(int at) {
        return chunks.get(at);
    }

    /** Bytes of all that is mapped. */
    long bytes() {
        return bytes;
    }

    void close() {
        if (this != NONE) {
            arena.close();
        }
    }
}
