package dev.kith.engine.segment;

import dev.kith.storage.StorageFile;
import java.nio.ByteBuffer;

/**
 * Writes a file from its head's end on, a piece after the other, and forces it every few MiB: one large force at the
 * end would hold up the forces of the log. One thread.
 */
final class BlockWriter {
    private static final long FORCE_BYTES = 8 << 20;

    private final StorageFile file;
    private final Runnable pulse;
    private long end = FileHead.BYTES;
    private long forced;

    /** @param pulse runs after every piece; what it throws ends the writing */
    BlockWriter(StorageFile file, Runnable pulse) {
        this.file = file;
        this.pulse = pulse;
    }

    /** Where the next piece goes. */
    long position() {
        return end;
    }

    /** Writes what remains in {@code piece}. */
    void write(ByteBuffer piece) {
        pulse.run();
        int bytes = piece.remaining();
        file.write(piece, end);
        end += bytes;
        if (end - forced >= FORCE_BYTES) {
            file.force();
            forced = end;
        }
    }

    /** Writes the head and forces all. */
    void finish(ByteBuffer head) {
        file.write(head.duplicate().clear(), 0);
        file.force();
    }
}
