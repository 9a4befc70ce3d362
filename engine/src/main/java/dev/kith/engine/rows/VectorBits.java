package dev.kith.engine.rows;

import dev.kith.vectors.VectorBlock;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * A vector as a key: two are equal when they are so bit for bit, so that 0 and −0 differ. Safe on any thread.
 *
 * @param bytes the vector without padding; does not change
 * @param hash {@link #hash} of it
 */
public record VectorBits(MemorySegment bytes, long hash) {
    /** Another one in every process: a client cannot choose vectors that collide. */
    private static final long SEED = new SplittableRandom().nextLong();

    /** Odd, with bits in no pattern: what SplitMix64 steps by (Steele, Lea and Flood, OOPSLA 2014). */
    private static final long FACTOR = 0x9E3779B97F4A7C15L;

    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;

    /** The {@code index}-th vector of a block. */
    public static VectorBits of(VectorBlock block, int index) {
        long bytes = block.element().bytesPerVector(block.dimension());
        MemorySegment all = switch (block) {
            case VectorBlock.Floats floats -> MemorySegment.ofArray(floats.values());
            case VectorBlock.Bits bits -> MemorySegment.ofArray(bits.values());
        };
        MemorySegment own = all.asSlice(index * bytes, bytes);
        return new VectorBits(own, hash(own, 0, bytes));
    }

    /** Mixes {@code length} bytes from {@code offset} on; two words at a time, so that one product waits for one. */
    static long hash(MemorySegment memory, long offset, long length) {
        long one = SEED;
        long other = ~SEED;
        long at = offset;
        long end = offset + length;
        for (; at + 2 * Long.BYTES <= end; at += 2 * Long.BYTES) {
            one = Long.rotateLeft((one ^ memory.get(WORD, at)) * FACTOR, 29);
            other = Long.rotateLeft((other ^ memory.get(WORD, at + Long.BYTES)) * FACTOR, 31);
        }
        for (; at < end; at++) {
            one = Long.rotateLeft((one ^ memory.get(ValueLayout.JAVA_BYTE, at)) * FACTOR, 29);
        }
        long mixed = (one ^ Long.rotateLeft(other, 32)) * FACTOR;
        return (mixed ^ mixed >>> 32) * FACTOR;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VectorBits those && hash == those.hash && bytes.mismatch(those.bytes) == -1;
    }

    @Override
    public int hashCode() {
        return (int) (hash >>> 32);
    }
}
