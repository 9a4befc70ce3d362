package dev.kith.shell.idios;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Sends files of entries to a server, one after another. What was sent is noted in a file, so that the same command
 * goes on where it was interrupted: a file is passed over when it is noted, has not changed since, and the server
 * still has its last entry. To send one again does no harm: an entry that is there is replaced by itself.
 */
public final class Restorer {
    /** All files are in the server. */
    public static final int OK = 0;
    /** A file could not be read or sent; those before it are in the server. */
    public static final int FAILED = 1;
    /** Where it is noted what was sent, in the folder of the first file. */
    public static final String NOTES = ".kith-import-idios";

    private final ModelEndpoint server;
    private final PrintStream err;

    /** @throws IllegalArgumentException where the URL is none of HTTP */
    public Restorer(String url, Optional<String> key, PrintStream err) {
        this.server = new ModelEndpoint(url, key);
        this.err = err;
    }

    /** Imports files; answers the exit code. */
    public int run(List<Path> files) {
        long entries = 0;
        int skipped = 0;
        try (server) {
            Path notes = files.getFirst().toAbsolutePath().resolveSibling(NOTES);
            Set<String> noted = Files.exists(notes) ? new HashSet<>(Files.readAllLines(notes)) : Set.of();
            for (Path file : files) {
                EntryFile content = EntryFile.read(file);
                String note = note(file);
                if (noted.contains(note) && isThere(content)) {
                    skipped++;
                    continue;
                }
                server.restore(file);
                Files.write(
                        notes,
                        List.of(note),
                        StandardCharsets.UTF_8,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
                entries += content.entries();
                err.println("%s: %,d entries, %,d so far".formatted(file, content.entries(), entries));
            }
            err.println("%s: %,d entries imported from %d files, %d files were there already"
                    .formatted(server.url(), entries, files.size() - skipped, skipped));
            return OK;
        } catch (TransferException failed) {
            err.println("kith: " + failed.getMessage());
        } catch (IOException failed) {
            err.println("kith: cannot read or note the files: " + failed);
        }
        err.println(
                "kith: %,d entries were imported before; the same command goes on with the rest".formatted(entries));
        return FAILED;
    }

    private boolean isThere(EntryFile content) throws IOException, TransferException {
        return content.entries() > 1 && server.hasNext(content.beforeLast(), content.last());
    }

    private String note(Path file) throws IOException {
        return "%s %d %d %s"
                .formatted(
                        server.url(),
                        Files.size(file),
                        Files.getLastModifiedTime(file).toMillis(),
                        file.toAbsolutePath().normalize());
    }
}
