package dev.kith.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder of the file system. Durable on Linux, where a folder can be opened and forced like a file; on macOS a force
 * does not reach the disk's own cache, so that is for development. Any thread may call it.
 */
public final class FileDirectory implements Directory {

    private final Path path;
    private final @Nullable FileDirectory parent;

    private FileDirectory(Path path, @Nullable FileDirectory parent) {
        this.path = path;
        this.parent = parent;
    }

    /** The folder at that path, which is where the names that we choose begin; it need not exist. */
    public static FileDirectory open(Path root) {
        return new FileDirectory(root.toAbsolutePath().normalize(), null);
    }

    @Override
    public FileDirectory folder(String name) {
        return new FileDirectory(path.resolve(Directory.checked(name)), this);
    }

    @Override
    public void create() {
        if (parent != null && !parent.exists()) {
            parent.create();
        }
        try {
            // Two threads may create the same folders at once: one that is there by now is as good.
            Files.createDirectories(path);
        } catch (IOException e) {
            throw StorageException.of("create the folder", path(), e);
        }
        forceFolder(path.getParent());
    }

    @Override
    public boolean exists() {
        return Files.isDirectory(path);
    }

    @Override
    public List<String> names() {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.map(entry -> String.valueOf(entry.getFileName()))
                    .filter(Directory::isName)
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw StorageException.of("list the folder", path(), e);
        }
    }

    @Override
    public StorageFile open(String name, Mode mode) {
        return ChannelFile.open(file(name), mode);
    }

    @Override
    public void delete(String name) {
        try {
            Files.deleteIfExists(file(name));
        } catch (IOException e) {
            throw StorageException.of("delete", file(name).toString(), e);
        }
    }

    @Override
    public void deleteFolder(String name) {
        Path folder = file(name);
        if (!Files.isDirectory(folder)) {
            return;
        }
        try {
            Files.walkFileTree(folder, DELETING);
        } catch (IOException e) {
            throw StorageException.of("delete the folder", folder.toString(), e);
        }
        force();
    }

    @Override
    public void rename(String from, String to) {
        try {
            Files.move(file(from), file(to), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw StorageException.of("rename to " + to, file(from).toString(), e);
        }
    }

    @Override
    public void force() {
        forceFolder(path);
    }

    @Override
    public Lock lock(String fileName) {
        Path file = file(fileName);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock held = channel.tryLock();
            if (held != null) {
                return new ChannelLock(channel, file);
            }
        } catch (OverlappingFileLockException e) {
            // Held within this process: the same answer as for another one, below.
        } catch (IOException e) {
            closeQuietly(channel);
            throw StorageException.of("lock", file.toString(), e);
        }
        closeQuietly(channel);
        throw new StorageException("%s is locked: another process is using %s".formatted(file, path));
    }

    @Override
    public String path() {
        return path.toString();
    }

    @Override
    public String toString() {
        return path();
    }

    private Path file(String name) {
        return path.resolve(Directory.checked(name));
    }

    private static void forceFolder(@Nullable Path folder) {
        if (folder == null) {
            return; // The root of the file system has no parent that could name it.
        }
        try (ChannelFile opened = ChannelFile.open(folder, Mode.READ)) {
            opened.force();
        }
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // Nothing was written through it, and the caller hears of the real fault.
        }
    }

    private static final SimpleFileVisitor<Path> DELETING = new SimpleFileVisitor<>() {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException fault) throws IOException {
            if (fault != null) {
                throw fault;
            }
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
        }
    };

    private record ChannelLock(FileChannel channel, Path file) implements Lock {
        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw StorageException.of("unlock", file.toString(), e);
            }
        }
    }
}
