package dev.kith.storage;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Brings records into a file: gathers header and body in one small direct buffer, and passes large direct bodies by
 * it. Handing heap buffers to a channel would make the JDK keep a direct copy of the largest for every thread. One
 * thread at a time.
 */
final class RecordWriter implements AutoCloseable {

    /** A record of up to so many bytes is one write; open logs are many, so it is small. */
    private static final int BUFFER_BYTES = 64 << 10;

    private final RecordFormat format = new RecordFormat();
    private final Arena arena = Arena.ofShared();
    private final ByteBuffer buffer =
            arena.allocate(BUFFER_BYTES, Long.BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);

    /** Writes the record at its logical offset; the pieces of its body stay as they are. */
    void write(LogFile to, RecordHeader header, long offset, ByteBuffer... body) {
        buffer.clear();
        format.encode(buffer, header, offset, body);
        buffer.position(RecordFormat.HEADER_BYTES);
        long position = to.position(offset);
        int length = 0;
        for (ByteBuffer piece : body) {
            length += piece.remaining();
            position = put(to.file(), position, piece.duplicate());
        }
        int padding = (int) (RecordFormat.bytes(length) - RecordFormat.HEADER_BYTES - length);
        position = put(to.file(), position, ByteBuffer.allocate(padding));
        flush(to.file(), position);
    }

    /** Takes a piece, and returns the position in the file that the buffer's start will be written to. */
    private long put(StorageFile file, long from, ByteBuffer piece) {
        long position = from;
        if (piece.isDirect() && piece.remaining() >= BUFFER_BYTES) {
            position = flush(file, position);
            int bytes = piece.remaining();
            file.write(piece, position);
            return position + bytes;
        }
        while (piece.hasRemaining()) {
            int count = Math.min(piece.remaining(), buffer.remaining());
            buffer.put(piece.slice(piece.position(), count));
            piece.position(piece.position() + count);
            if (!buffer.hasRemaining()) {
                position = flush(file, position);
            }
        }
        return position;
    }

    private long flush(StorageFile file, long position) {
        int bytes = buffer.position();
        if (bytes > 0) {
            file.write(buffer.flip(), position);
        }
        buffer.clear();
        return position + bytes;
    }

    @Override
    public void close() {
        arena.close();
    }
}
