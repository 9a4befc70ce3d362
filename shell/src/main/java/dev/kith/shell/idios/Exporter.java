package dev.kith.shell.idios;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Dumps a collection into files {@code PREFIX_00000001.json} and so on, each a page. A file gets its name when it is
 * whole and on the disk, so an export that was interrupted goes on after the last one.
 */
public final class Exporter {
    /** Everything was written. */
    public static final int OK = 0;
    /** Something failed; what was written before stays. */
    public static final int FAILED = 1;
    /** Entries of a page, as the original's script asks for. */
    public static final int BATCH_DEFAULT = 1_000;
    /** The most that a server gives at once. */
    public static final int BATCH_MAX = 16_384;

    private static final int FILES_MAX = 99_999_999;

    private final ModelEndpoint server;
    private final PrintStream err;

    /** @throws IllegalArgumentException where the URL is none of HTTP */
    public Exporter(String url, Optional<String> key, PrintStream err) {
        this.server = new ModelEndpoint(url, key);
        this.err = err;
    }

    /** Exports all entries; answers the exit code. */
    public int run(String prefix, int batch) {
        try (server) {
            Path folder = Path.of(prefix).toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Done done = alreadyThere(prefix);
            if (done.files > 0) {
                err.println("%d files with %,d entries are there; going on after them (delete them to begin anew)"
                        .formatted(done.files, done.entries));
            }
            while (done.files < FILES_MAX) {
                Done next = page(prefix, done, batch);
                if (next.files == done.files) {
                    err.println("%s: %,d entries in %d files".formatted(server.url(), done.entries, done.files));
                    return OK;
                }
                done = next;
                err.println("%s: %,d entries so far".formatted(file(prefix, done.files), done.entries));
            }
            throw new TransferException("there are more than %d files".formatted(FILES_MAX));
        } catch (TransferException failed) {
            err.println("kith: " + failed.getMessage());
        } catch (IOException failed) {
            err.println("kith: cannot write the files: " + failed);
        }
        return FAILED;
    }

    /** What was written: files, their entries, and the URL of the last. */
    private record Done(int files, long entries, String cursor) {}

    /** The files that are there and whole, from the first on. */
    private static Done alreadyThere(String prefix) throws IOException {
        Done done = new Done(0, 0, "");
        while (Files.exists(file(prefix, done.files + 1))) {
            try {
                EntryFile whole = EntryFile.read(file(prefix, done.files + 1));
                if (whole.entries() == 0) {
                    return done;
                }
                done = new Done(done.files + 1, done.entries + whole.entries(), whole.last());
            } catch (TransferException cut) {
                // The original's script leaves such a file when it is interrupted; it is written again.
                return done;
            }
        }
        return done;
    }

    private Done page(String prefix, Done done, int batch) throws IOException, TransferException {
        Path file = file(prefix, done.files + 1);
        Path part = Path.of(file + ".part");
        server.dump(done.cursor, batch, part);
        EntryFile page = EntryFile.read(part);
        if (page.entries() == 0) {
            Files.delete(part);
            return done;
        }
        if (page.last().equals(done.cursor)) {
            throw new TransferException("%s gives the same page again".formatted(server.url()));
        }
        try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
            written.force(true);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return new Done(done.files + 1, done.entries + page.entries(), page.last());
    }

    private static Path file(String prefix, int number) {
        return Path.of("%s_%08d.json".formatted(prefix, number));
    }
}
