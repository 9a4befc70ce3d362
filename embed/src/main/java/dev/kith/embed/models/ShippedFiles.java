package dev.kith.embed.models;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Puts the files of shipped models where they can be opened by path: networks that are read as bytes are in memory
 * twice. A file is named for its checksum, so that another version's is another file.
 */
public final class ShippedFiles {
    private final Path cache;

    /** @param cache a folder that may be deleted whenever nothing runs */
    public ShippedFiles(Path cache) {
        this.cache = cache;
    }

    /** A folder with the descriptor's files under their names. Writes what is not there, or not as it should be. */
    public synchronized Path unpacked(Descriptor descriptor) {
        Path home = cache.resolve(
                descriptor.name() + "-" + descriptor.files().getFirst().sha256().substring(0, 16));
        try {
            Files.createDirectories(home);
            for (ModelFile file : descriptor.files()) {
                Path target = home.resolve(file.name());
                if (!Files.exists(target) || Files.size(target) != file.bytes()) {
                    unpack(file, target);
                }
            }
            return home;
        } catch (IOException failed) {
            throw new UncheckedIOException("the files of %s could not be written".formatted(descriptor.name()), failed);
        }
    }

    /** Deletes what was unpacked and is damaged, so that it is unpacked again. */
    public synchronized void discard(Path home) {
        try {
            FileTree.delete(home);
        } catch (IOException failed) {
            throw new UncheckedIOException(home + " could not be deleted", failed);
        }
    }

    /** Another process may unpack the same file: each writes its own and renames it. */
    private static void unpack(ModelFile file, Path target) throws IOException {
        Path part = Files.createTempFile(target.getParent(), file.name(), ".part");
        try (InputStream in = ShippedFiles.class.getResourceAsStream("/" + file.path())) {
            if (in == null) {
                throw new IllegalStateException(file.path() + " is not on the class path");
            }
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
