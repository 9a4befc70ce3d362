package dev.kith.engine.rows;

import dev.kith.kernel.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of rows that never move, with what belongs to each:
 *
 * <pre>
 *   vectors     rows × strideBytes   padded with zeros, 64-byte aligned; or mapped from a file, and never written
 *   norms       rows × f32           squared Euclidean norm of a float row, or 0 while nobody has asked for it
 *   ids         rows × i64
 *   deletedAt   rows × i64           0, or the sequence of the mutation that ended the row
 *   previous    rows × i32           1 + the older row of the same id, or 0
 * </pre>
 *
 * Pages that no row has touched are not resident. The single writer fills a row before a view covers it; afterwards
 * only {@code deletedAt} changes, from 0 to a sequence that is newer than every view in use, so that a reader that
 * sees it early judges the row the same.
 */
final class Chunk {
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final MemorySegment memory;
    /** Norms and what follows them. */
    private final MemorySegment side;

    private final Runnable free;
    private final long ids;
    private final long deletedAt;
    private final long previous;
    private final RowLayout layout;
    /** A bit a row that has ended: the sequences are far away in memory, and few rows need them. */
    private volatile long @Nullable [] ended;

    private byte @Nullable [] @Nullable [] keys;
    private byte @Nullable [] @Nullable [] payloads;

    /**
     * @param huge whether to ask for huge pages
     * @param mapped vectors that lie elsewhere, which is not this one's to free; null: they get memory
     */
    Chunk(RowLayout layout, boolean huge, @Nullable MemorySegment mapped) {
        this.layout = layout;
        int rows = layout.rowsPerChunk();
        ids = (long) rows * Float.BYTES;
        deletedAt = ids + (long) rows * Long.BYTES;
        previous = deletedAt + (long) rows * Long.BYTES;
        long sideBytes = previous + (long) rows * Integer.BYTES;
        long vectorBytes = mapped == null ? (long) rows * layout.strideBytes() : 0;
        NativeMemory.Mapping mapping = NativeMemory.map(vectorBytes + sideBytes, huge && mapped == null);
        memory = mapped == null ? mapping.segment().asSlice(0, vectorBytes) : mapped;
        side = mapping.segment().asSlice(vectorBytes, sideBytes);
        free = mapping.free();
    }

    /** Whether vectors are mapped from a file. */
    boolean isMapped() {
        return memory.isReadOnly();
    }

    /** The vectors, from offset 0 on. */
    MemorySegment memory() {
        return memory;
    }

    /** Copies {@code count} vectors without padding into the slots from {@code slot} on. */
    void fill(int slot, int count, MemorySegment source) {
        long stride = layout.strideBytes();
        long bytes = layout.vectorBytes();
        if (stride == bytes) {
            MemorySegment.copy(source, 0, memory, slot * stride, count * bytes);
            return;
        }
        for (int i = 0; i < count; i++) {
            MemorySegment.copy(source, i * bytes, memory, (slot + i) * stride, bytes);
        }
    }

    /** Forgets what a row that was staged in vain has left beside its vector. */
    void clear(int slot) {
        side.set(ValueLayout.JAVA_FLOAT, (long) slot * Float.BYTES, 0);
        if (ended != null) {
            deletedAt(slot, 0);
        }
        previous(slot, -1);
        if (keys != null) {
            keys[slot] = null;
        }
        if (payloads != null) {
            payloads[slot] = null;
        }
    }

    /**
     * The squared norm of a float row. It is computed when it is first asked for; threads that ask at the same time
     * store the same number.
     */
    float norm(int slot) {
        long at = (long) slot * Float.BYTES;
        float known = side.get(ValueLayout.JAVA_FLOAT, at);
        if (known != 0) {
            return known;
        }
        float norm = Kernels.active().squaredNorm(memory, (long) slot * layout.strideBytes(), layout.paddedDimension());
        side.set(ValueLayout.JAVA_FLOAT, at, norm);
        return norm;
    }

    /** Where the ids of {@code count} slots are. */
    MemorySegment ids(int slot, int count) {
        return side.asSlice(ids + (long) slot * Long.BYTES, (long) count * Long.BYTES);
    }

    boolean hasKeys() {
        return keys != null;
    }

    long id(int slot) {
        return side.get(ValueLayout.JAVA_LONG, ids + (long) slot * Long.BYTES);
    }

    void id(int slot, long id) {
        side.set(ValueLayout.JAVA_LONG, ids + (long) slot * Long.BYTES, id);
    }

    long deletedAt(int slot) {
        return side.get(ValueLayout.JAVA_LONG, deletedAt + (long) slot * Long.BYTES);
    }

    /** False when no mutation that a reader can know of has ended the row. */
    boolean mayHaveEnded(int slot) {
        long[] bits = ended;
        return bits != null && ((long) WORD.getOpaque(bits, slot >>> 6) & 1L << slot) != 0;
    }

    /** The bits of the 64 slots from {@code slot} on that have ended, or are about to. */
    long endedWord(int slot) {
        long[] bits = ended;
        return bits == null ? 0 : (long) WORD.getOpaque(bits, slot >>> 6);
    }

    void deletedAt(int slot, long sequence) {
        long[] bits = ended;
        if (bits == null) {
            bits = new long[Math.ceilDiv(layout.rowsPerChunk(), Long.SIZE)];
            ended = bits;
        }
        long word = bits[slot >>> 6];
        WORD.setOpaque(bits, slot >>> 6, sequence == 0 ? word & ~(1L << slot) : word | 1L << slot);
        side.set(ValueLayout.JAVA_LONG, deletedAt + (long) slot * Long.BYTES, sequence);
    }

    int previous(int slot) {
        return side.get(ValueLayout.JAVA_INT, previous + (long) slot * Integer.BYTES) - 1;
    }

    void previous(int slot, int row) {
        side.set(ValueLayout.JAVA_INT, previous + (long) slot * Integer.BYTES, row + 1);
    }

    byte @Nullable [] key(int slot) {
        return keys == null ? null : keys[slot];
    }

    byte @Nullable [] payload(int slot) {
        return payloads == null ? null : payloads[slot];
    }

    /** The arrays are made when the first row of the chunk has a key or a payload. */
    void describe(int slot, byte @Nullable [] key, byte @Nullable [] payload) {
        if (key != null) {
            if (keys == null) {
                keys = new byte[layout.rowsPerChunk()][];
            }
            keys[slot] = key;
        }
        if (payload != null) {
            if (payloads == null) {
                payloads = new byte[layout.rowsPerChunk()][];
            }
            payloads[slot] = payload;
        }
    }

    void free() {
        free.run();
    }
}
