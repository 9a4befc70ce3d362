package dev.kith.engine.collection;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Direct little-endian buffers of one record body each, lent to writers. Safe on any thread. */
public final class Buffers {
    private final int bytes;
    private final BlockingQueue<ByteBuffer> idle;

    /** @param idleMax how many are kept when nobody needs them */
    public Buffers(int bytes, int idleMax) {
        this.bytes = bytes;
        this.idle = new ArrayBlockingQueue<>(idleMax);
    }

    int bytes() {
        return bytes;
    }

    /** An empty buffer; to be given back. */
    ByteBuffer take() {
        ByteBuffer buffer = idle.poll();
        return buffer == null ? ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN) : buffer.clear();
    }

    void giveBack(ByteBuffer buffer) {
        var _ = idle.offer(buffer);
    }
}
