package dev.kith.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Where a run finds its programs and leaves its files.
 *
 * @param repository the root of the checkout, with {@code bench/peers} and the launcher
 * @param work a folder of this run alone, on the disk that durable figures are about; gone when the run ends
 */
record Place(Path repository, Path work) {

    /** Makes a folder of its own inside {@code parent}. */
    static Place in(Path parent) {
        try {
            Files.createDirectories(parent);
            return new Place(findRepository(), Files.createTempDirectory(parent, "kith-bench-"));
        } catch (IOException e) {
            throw new UncheckedIOException("no folder to work in below " + parent, e);
        }
    }

    /** The nearest folder above this class's jar or class folder that holds the peers' programs. */
    private static Path findRepository() {
        try {
            Path at = Path.of(Place.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            for (Path folder = at; folder != null; folder = folder.getParent()) {
                if (Files.exists(folder.resolve("bench/peers/requirements.txt"))) {
                    return folder;
                }
            }
            throw new IllegalStateException("bench/peers is not above " + at + ": run the bench from a checkout");
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    Path peer(String program) {
        return repository.resolve("bench/peers").resolve(program);
    }

    Path launcher() {
        return repository.resolve("kith");
    }

    /** Where pictures stay after the run. */
    Path curves() {
        return repository.resolve("bench/target/curves");
    }

    Path file(String name) {
        return work.resolve(name);
    }

    /** A new, empty folder. */
    Path folder(String name) {
        try {
            return Files.createTempDirectory(work, name + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes everything that the run left. */
    void close() {
        delete(work);
    }

    /** Deletes a folder of this run before the run ends, to give its space back. */
    void delete(Path folder) {
        if (!folder.startsWith(work)) {
            throw new IllegalArgumentException(folder + " is not this run's own");
        }
        try {
            Files.walkFileTree(folder, new Deletion());
        } catch (IOException e) {
            throw new UncheckedIOException("could not delete " + folder, e);
        }
    }

    private static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @org.jspecify.annotations.Nullable IOException fault)
                throws IOException {
            if (fault != null) {
                throw fault;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
        }
    }
}
