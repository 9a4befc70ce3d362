package dev.kith.app;

import dev.kith.embed.models.Puller;
import java.io.PrintStream;

/** Shows how far a pull is: one line that changes on a terminal, one line a file elsewhere. Used by one thread. */
final class PullProgress implements Puller.Progress {
    private static final long MIB = 1 << 20;

    private final PrintStream err;
    private final boolean terminal;
    private String file = "";
    private long shown = -1;

    PullProgress(PrintStream err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
    }

    @Override
    public void came(String name, long bytes, long total) {
        if (!name.equals(file)) {
            end();
            file = name;
            shown = -1;
            if (!terminal) {
                err.println(total > 0 ? "%s, %d bytes".formatted(name, total) : name);
            }
        }
        if (terminal && bytes / MIB != shown) {
            shown = bytes / MIB;
            err.print(
                    total > 0
                            ? "\r%s %d %% (%d of %d MiB) ".formatted(name, 100 * bytes / total, shown, total / MIB)
                            : "\r%s %d MiB ".formatted(name, shown));
            err.flush();
        }
    }

    /** Ends the line of the last file. */
    void end() {
        if (terminal && !file.isEmpty()) {
            err.println();
        }
    }
}
