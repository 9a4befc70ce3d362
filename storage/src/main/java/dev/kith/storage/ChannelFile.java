package dev.kith.storage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A file over a {@link FileChannel}.
 *
 * <p>Interrupting a thread that uses a channel closes it for all threads, and a log whose file is closed has failed
 * for good. A request that is cancelled must not end a collection: here the channel is opened again, the call is made
 * again, and the thread is interrupted as before when it returns. All calls are positional, so making one again
 * changes nothing. A force on the new channel covers what was written through the old one, since the operating system
 * forces files and not channels, and it reports an error that the old one did not live to report.
 */
final class ChannelFile implements StorageFile {

    /** Something to do with the open channel; it may be done twice. */
    private interface Call {
        long on(FileChannel channel) throws IOException;
    }

    private final Path path;
    private final Set<OpenOption> again;
    private volatile FileChannel channel;
    private boolean closed; // Guarded by this.

    private ChannelFile(Path path, FileChannel channel, Set<OpenOption> again) {
        this.path = path;
        this.channel = channel;
        this.again = again;
    }

    /** Also opens a folder, for {@link Directory.Mode#READ}: all that can be done with it is to force it. */
    static ChannelFile open(Path path, Directory.Mode mode) {
        Set<OpenOption> read = Set.of(StandardOpenOption.READ);
        Set<OpenOption> write = Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
        Set<OpenOption> create =
                Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        try {
            return switch (mode) {
                case CREATE_NEW -> new ChannelFile(path, FileChannel.open(path, create), write);
                case WRITE -> new ChannelFile(path, FileChannel.open(path, write), write);
                case READ -> new ChannelFile(path, FileChannel.open(path, read), read);
            };
        } catch (IOException e) {
            throw StorageException.of("open (" + mode + ")", path.toString(), e);
        }
    }

    @Override
    public int read(ByteBuffer into, long at) {
        int start = into.position();
        run("read at " + at, open -> {
            into.position(start);
            while (into.hasRemaining() && open.read(into, at + into.position() - start) >= 0) {
                // Reads may be short; only a negative count is the end of the file.
            }
            return 0;
        });
        return into.position() - start;
    }

    @Override
    public void write(ByteBuffer from, long at) {
        int start = from.position();
        run("write at " + at, open -> {
            from.position(start);
            while (from.hasRemaining()) {
                if (open.write(from, at + from.position() - start) == 0) {
                    throw new IOException("No space left on device (nothing written)");
                }
            }
            return 0;
        });
    }

    @Override
    public void force() {
        run("force", open -> {
            // Without times and owners; the file's size is forced all the same, since data cannot be read without it.
            open.force(false);
            return 0;
        });
    }

    @Override
    public MemorySegment map(long at, long bytes, Arena arena) {
        MemorySegment[] mapped = new MemorySegment[1];
        run("map %d bytes at %d".formatted(bytes, at), open -> {
            mapped[0] = open.map(FileChannel.MapMode.READ_ONLY, at, bytes, arena);
            return 0;
        });
        return mapped[0];
    }

    @Override
    public long size() {
        return run("read the size", FileChannel::size);
    }

    @Override
    public void truncate(long bytes) {
        run("truncate to " + bytes, open -> {
            open.truncate(bytes);
            return 0;
        });
    }

    @Override
    public synchronized void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            throw StorageException.of("close", path.toString(), e);
        }
    }

    private long run(String doing, Call call) {
        boolean interrupted = false;
        try {
            while (true) {
                FileChannel open = channel;
                interrupted |= Thread.interrupted();
                try {
                    return call.on(open);
                } catch (ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    reopen();
                }
            }
        } catch (IOException e) {
            throw StorageException.of(doing, path.toString(), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void reopen() throws IOException {
        if (closed) {
            throw new IOException("the file is closed");
        }
        if (!channel.isOpen()) {
            channel = FileChannel.open(path, again);
        }
    }
}
