package dev.kith.app;

import dev.kith.embed.models.FileTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Where files are put that can be made again: native libraries and shipped models. Below the data folder they stay for
 * the next start. A server without one has a folder of its own among the temporary files, which goes with it; what
 * servers left there that were killed goes when the next one starts, which their locks tell.
 */
final class CacheFolder implements AutoCloseable {
    private static final Logger LOG = System.getLogger(CacheFolder.class.getName());
    private static final String NAME = "cache";
    private static final String TEMPORARY = "kith-cache-";
    private static final String LOCK = "lock";

    private final Path path;
    private final Optional<FileChannel> lock;

    private CacheFolder(Path path, Optional<FileChannel> lock) {
        this.path = path;
        this.lock = lock;
    }

    /** @param data the data folder; empty: everything stays in memory */
    static CacheFolder of(Optional<Path> data) {
        try {
            if (data.isPresent()) {
                return new CacheFolder(Files.createDirectories(data.get().resolve(NAME)), Optional.empty());
            }
            Path own = Files.createTempDirectory(TEMPORARY);
            // Locked before it has its name, so that nobody finds it without its owner.
            Path unnamed = own.resolve(LOCK + ".new");
            FileChannel lock = FileChannel.open(unnamed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            lock.lock();
            Files.move(unnamed, own.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
            sweep(own);
            return new CacheFolder(own, Optional.of(lock));
        } catch (IOException unwritable) {
            throw new StartException("no folder can be made for the cache: " + unwritable.getMessage(), unwritable);
        }
    }

    Path path() {
        return path;
    }

    /** Deletes the folders of this user's servers that are gone; those of others cannot be opened. */
    private static void sweep(Path own) throws IOException {
        try (var others = Files.newDirectoryStream(own.getParent(), TEMPORARY + "*")) {
            for (Path other : others) {
                if (!other.equals(own)
                        && Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS)
                        && Files.getOwner(other, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own))
                        && isLeft(other.resolve(LOCK))) {
                    FileTree.delete(other);
                }
            }
        } catch (IOException unreadable) {
            LOG.log(Level.DEBUG, "What other servers left among the temporary files stays", unreadable);
        }
    }

    /** Whether nobody holds the lock any more. One that is not there is about to be made. */
    private static boolean isLeft(Path lock) throws IOException {
        if (!Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE)) {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException ofThisProcess) {
            return false;
        }
    }

    /** Deletes a temporary one. Libraries that are loaded stay usable. */
    @Override
    public void close() {
        lock.ifPresent(held -> {
            try {
                FileTree.delete(path);
                held.close();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        });
    }
}
